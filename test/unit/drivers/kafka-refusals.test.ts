import { describe, expect, test } from 'vitest'
import { protocolFailure } from '../../../src/drivers/kafka/connection/wire.ts'
import { type FailurePlace, toBusError } from '../../../src/drivers/kafka/kafka-errors.ts'

const brokers = ['127.0.0.1:9092']
const told = (code: number, place: FailurePlace, asked = {}) =>
  toBusError(protocolFailure(code, null, place), { brokers, ...asked })

describe('an operation that an ACL is missing for', () => {
  test.each([
    [29, { request: 'Produce', topic: 'orders' }, "do Write on topic 'orders'", '--operation Write --topic orders'],
    [29, { request: 'Fetch', topic: 'orders' }, "do Read on topic 'orders'", '--operation Read --topic orders'],
    [30, { request: 'JoinGroup', group: 'billing' }, "do Read on group 'billing'", '--operation Read --group billing'],
    [
      30,
      { request: 'DeleteGroups', group: 'billing' },
      "do Delete on group 'billing'",
      '--operation Delete --group billing',
    ],
    [31, { request: 'ListGroups' }, 'do Describe on the cluster', '--operation Describe --cluster'],
    [31, { request: 'CreateTopics', topic: 'orders' }, 'do Create on the cluster', '--operation Create --cluster'],
    [30, { group: 'billing' }, "use group 'billing'", '--operation All --group billing'],
  ])('%i to %o is named with its resource and its ACL', (code, place, words, acl) => {
    const error = told(code, place)

    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', suggestions: [expect.stringContaining(acl)] })
    expect(error.message).toContain(`Not allowed: the user may not ${words} (`)
    expect(error.message).toMatch(/_AUTHORIZATION_FAILED\)$/)
  })

  test.each([53, 65])('%i is told in the words of Kafka', (code) => {
    expect(told(code, {})).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringMatching(/^Not allowed: .*AUTHORIZATION_FAILED\)$/),
    })
  })

  test('is told of the topic that was refused, not of the first that was asked for', () => {
    const place = { request: 'ListOffsets', topic: 'payments' }
    expect(told(29, place, { topic: 'orders' })).toMatchObject({ topic: 'payments' })
  })
})

test('a request that a broker names and does not support is UNSUPPORTED', () => {
  expect(told(35, { request: 'OffsetDelete' })).toMatchObject({ code: 'UNSUPPORTED', isPassing: false })
})

test('GROUP_ID_NOT_FOUND names the group that was asked for', () => {
  expect(told(69, { request: 'DeleteGroups' }, { group: 'billing' })).toMatchObject({
    code: 'GROUP_NOT_FOUND',
    message: "group 'billing' does not exist",
  })
})
