import { describe, expect, test } from 'vitest'
import {
  defaultGroup,
  isDefaultGroup,
  isEventTopic,
  topicFor,
  topicNameError,
  topicsOfDefaultGroup,
} from '../../../src/bus/names/names.ts'

test.each([
  ['order', 'order-events'],
  ['payment', 'payment-events'],
  ['inventory', 'inventory-events'],
])('the topic of aggregate type %s is %s', (aggregate, topic) => {
  expect(topicFor(aggregate)).toBe(topic)
  expect(isEventTopic(topic)).toBe(true)
})

test.each(['events', '-events', 'Order-events', 'order_events', 'order--events', 'order-events-v2', ' order-events'])(
  '%j is not the name of an event topic',
  (topic) => {
    expect(isEventTopic(topic)).toBe(false)
  },
)

describe('defaultGroup', () => {
  test.each([
    [['order-events'], 'composable-rust-order-events'],
    [['payment-events', 'order-events'], 'composable-rust-order-events-payment-events'],
    [['b', 'B', 'a', '10', '9'], 'composable-rust-10-9-B-a-b'],
    // By bytes, as Rust sorts: U+FF5E comes before U+1F600, which UTF-16 orders the other way round.
    [['\u{1F600}', '\uFF5E'], 'composable-rust-\uFF5E-\u{1F600}'],
    // Rust joins with a hyphen, which topics may contain, so these two subscriptions share one group.
    [['a-b'], 'composable-rust-a-b'],
    [['b', 'a'], 'composable-rust-a-b'],
  ])('names the group of %j %j', (topics, group) => {
    const given = [...topics]

    expect(defaultGroup(topics)).toBe(group)
    expect(topics).toEqual(given)
  })
})

describe('topicNameError', () => {
  test.each(['a', 'order-events', 'A.b_C-9', '...', '-', '_', '.a', 'x'.repeat(249)])(
    'accepts the topic %j',
    (topic) => {
      expect(topicNameError(topic)).toBeUndefined()
    },
  )

  test.each([
    ['', "Invalid topic: '' is empty"],
    ['.', "Invalid topic: '.' is reserved"],
    ['..', "Invalid topic: '..' is reserved"],
    ['a b', "Invalid topic: 'a b' may hold only letters, digits, dot, underscore and hyphen"],
    ['a/b', "Invalid topic: 'a/b' may hold only letters, digits, dot, underscore and hyphen"],
    ['^a', "Invalid topic: '^a' may hold only letters, digits, dot, underscore and hyphen"],
    ['é', "Invalid topic: 'é' may hold only letters, digits, dot, underscore and hyphen"],
    ['a\n', "Invalid topic: 'a\n' may hold only letters, digits, dot, underscore and hyphen"],
  ])('refuses the topic %j', (topic, message) => {
    expect(topicNameError(topic)).toMatchObject({ code: 'INVALID_TOPIC', topic, message })
  })

  test('refuses a topic of 250 characters', () => {
    expect(topicNameError('x'.repeat(250))?.message).toMatch(/has 250 characters; 249 are allowed$/)
  })
})

describe('topicsOfDefaultGroup', () => {
  const known = ['order-events', 'payment-events', 'order', 'events', 'a-b', 'a', 'b']

  test.each([
    ['composable-rust-order-events', ['order-events']],
    ['composable-rust-order-events-payment-events', ['order-events', 'payment-events']],
    ['composable-rust-a-b', ['a-b']],
    // Not sorted, so it is not a default group.
    ['composable-rust-payment-events-order-events', []],
    ['composable-rust-order-events-gone-events', []],
    ['composable-rust-', []],
    ['billing', []],
  ])('splits %s into topics', (group, topics) => {
    expect(topicsOfDefaultGroup(group, known)).toEqual(topics)
  })

  test('isDefaultGroup recognizes default group names', () => {
    expect(isDefaultGroup(defaultGroup(['order-events']))).toBe(true)
    expect(isDefaultGroup('composable-rust-')).toBe(false)
    expect(isDefaultGroup('billing')).toBe(false)
  })
})
