import { describe, expect, test } from 'vitest'
import { toSuggestion } from '../../../src/cli/suggestions.ts'
import { protocolFailure } from '../../../src/drivers/kafka/connection/wire.ts'
import { type FailureSubject, toBusError } from '../../../src/drivers/kafka/kafka-errors.ts'

const brokers = ['127.0.0.1:9092']
const errorFor = (code: number, subject: FailureSubject, requested = {}) =>
  toBusError(protocolFailure(code, null, subject), { brokers, ...requested })

describe('the error for a missing ACL', () => {
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
  ])(
    'the error for a missing ACL names the operation, the resource and the ACL for code %i to %o',
    (code, subject, words, acl) => {
      const error = errorFor(code, subject)

      expect(error.code).toBe('AUTHENTICATION_FAILED')
      expect(error.hints.map(toSuggestion)).toEqual([
        { run: expect.stringMatching(new RegExp(`^crbus acls allow USER ${acl}$`)), note: 'grants the ACL' },
      ])
      expect(error.message).toContain(`Not allowed: the user may not ${words} (`)
      expect(error.message).toMatch(/_AUTHORIZATION_FAILED\)$/)
    },
  )

  test.each([53, 65])('the error for a missing ACL repeats the message of Kafka for code %i', (code) => {
    expect(errorFor(code, {})).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringMatching(/^Not allowed: .*AUTHORIZATION_FAILED\)$/),
    })
  })

  test('the error for a missing ACL names the topic that was refused, not the first topic of the request', () => {
    const subject = { request: 'ListOffsets', topic: 'payments' }
    expect(errorFor(29, subject, { topic: 'orders' })).toMatchObject({ topic: 'payments' })
  })
})

test('UNSUPPORTED_VERSION in answer to a request that the broker reports as supported is UNSUPPORTED', () => {
  expect(errorFor(35, { request: 'OffsetDelete' })).toMatchObject({ code: 'UNSUPPORTED', isPassing: false })
})

test('the error for GROUP_ID_NOT_FOUND names the requested group', () => {
  expect(errorFor(69, { request: 'DeleteGroups' }, { group: 'billing' })).toMatchObject({
    code: 'GROUP_NOT_FOUND',
    message: "group 'billing' does not exist",
  })
})
