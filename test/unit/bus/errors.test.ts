import { expect, test } from 'vitest'
import {
  connectionFailed,
  deserializationFailed,
  EventBusError,
  type EventBusErrorCode,
  eventBusErrorCodes,
  groupActive,
  invalidTopic,
  publishFailed,
  recordRefused,
  subscriptionFailed,
  topicExists,
  topicNotFound,
  transportError,
} from '../../../src/bus/errors.ts'
import { advice, busHints } from '../../../src/bus/hints.ts'

// The output of Rust's `EventBusError`, taken from a run of the crate.
test.each([
  [connectionFailed('x'), 'CONNECTION_FAILED', 'Connection failed: x'],
  [publishFailed('t', 'r'), 'PUBLISH_FAILED', "Publish failed for topic 't': r"],
  [subscriptionFailed(['a', 'b"q'], 'r'), 'SUBSCRIPTION_FAILED', 'Subscription failed for topics ["a", "b\\"q"]: r'],
  [deserializationFailed('x'), 'DESERIALIZATION_FAILED', 'Deserialization failed: x'],
  [transportError('x'), 'TRANSPORT_ERROR', 'Transport error: x'],
])('an error has the message of the Rust variant: %s', (error, code, message) => {
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'EventBusError', code, message })
})

test.each([
  [connectionFailed('a: b'), undefined, 'a: b'],
  [publishFailed('t', 'broker down'), 't', 'broker down'],
  [subscriptionFailed(['a', 'b"]: q'], 'r'), undefined, 'r'],
  [deserializationFailed('x', { topic: 't' }), 't', 'x'],
  [transportError('Transport error: x', { topic: 't' }), 't', 'Transport error: x'],
  [invalidTopic('a b', 'is odd'), 'a b', "'a b' is odd"],
  [topicNotFound('t'), 't', "topic 't' does not exist"],
  [recordRefused('t', { index: 0, reason: 'is too large' }, 1, []), 't', 'the record is too large'],
])('an error has the topic and the reason of the Rust variant: %s', (error, topic, reason) => {
  expect([error.topic, error.reason]).toEqual([topic, reason])
})

test('an invalid topic error begins with the words of the Rust variant', () => {
  expect(invalidTopic('a b', 'is odd').message).toBe("Invalid topic: 'a b' is odd")
})

test('an error has its topics or group, hints and a cause', () => {
  const cause = new Error('refused')

  expect(publishFailed('t', 'r', { cause, hints: [advice('try again')] })).toMatchObject({
    topic: 't',
    hints: [advice('try again')],
    cause,
  })
  expect(subscriptionFailed(['a', 'b'], 'r')).toMatchObject({ topics: ['a', 'b'], hints: [] })
  expect(groupActive('billing', ['m-1', 'm-2'])).toMatchObject({
    group: 'billing',
    message: "group 'billing' has running members: m-1, m-2",
  })
  expect(topicNotFound('t').hints).toContainEqual(busHints.listTopics())
  expect(topicExists('t').hints).toContainEqual(busHints.describeTopic('t'))
  expect('cause' in new EventBusError('REFUSED', 'no')).toBe(false)
})

test('isPassing says whether a retry may succeed, and is undefined when that is unknown', () => {
  expect([connectionFailed('x'), transportError('x')].map(({ isPassing }) => isPassing)).toEqual([true, true])
  expect(invalidTopic('a b', 'is odd').isPassing).toBe(false)
  expect(publishFailed('t', 'r').isPassing).toBeUndefined()
  expect(publishFailed('t', 'r', { isPassing: false }).isPassing).toBe(false)
})

// Public: a code is never renamed and an exit code never renumbered.
test('error codes and exit codes are unchanged', () => {
  const published: Record<EventBusErrorCode, number> = {
    CONNECTION_FAILED: 3,
    AUTHENTICATION_FAILED: 3,
    TOPIC_NOT_FOUND: 4,
    GROUP_NOT_FOUND: 4,
    PUBLISH_FAILED: 5,
    SUBSCRIPTION_FAILED: 5,
    CONSUMER_GROUP_ERROR: 5,
    INVALID_TOPIC: 6,
    TOPIC_EXISTS: 6,
    GROUP_ACTIVE: 6,
    PLAN_STALE: 6,
    REFUSED: 6,
    DESERIALIZATION_FAILED: 7,
    TRANSPORT_ERROR: 8,
    UNSUPPORTED: 8,
  }
  expect(eventBusErrorCodes).toEqual(published)
})
