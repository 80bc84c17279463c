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
])('the topic of %s is %s', (aggregate, topic) => {
  expect(topicFor(aggregate)).toBe(topic)
  expect(isEventTopic(topic)).toBe(true)
})

test.each(['events', '-events', 'Order-events', 'order_events', 'order--events', 'order-events-v2', ' order-events'])(
  '%j does not follow the convention',
  (topic) => {
    expect(isEventTopic(topic)).toBe(false)
  },
)

describe('the group of a subscription that names none', () => {
  test.each([
    [['order-events'], 'composable-rust-order-events'],
    [['payment-events', 'order-events'], 'composable-rust-order-events-payment-events'],
    [['b', 'B', 'a', '10', '9'], 'composable-rust-10-9-B-a-b'],
    // By bytes, as Rust sorts: U+FF5E comes before U+1F600, which UTF-16 orders the other way round.
    [['\u{1F600}', '\uFF5E'], 'composable-rust-\uFF5E-\u{1F600}'],
    // Rust joins without a separator of its own, so these two meet in one group.
    [['a-b'], 'composable-rust-a-b'],
    [['b', 'a'], 'composable-rust-a-b'],
  ])('of %j is %j', (topics, group) => {
    const given = [...topics]

    expect(defaultGroup(topics)).toBe(group)
    expect(topics).toEqual(given)
  })
})

describe('a topic name', () => {
  test.each(['a', 'order-events', 'A.b_C-9', '...', '-', '_', '.a', 'x'.repeat(249)])('may be %j', (topic) => {
    expect(topicNameError(topic)).toBeUndefined()
  })

  test.each([
    ['', "Invalid topic: '' is empty"],
    ['.', "Invalid topic: '.' is reserved"],
    ['..', "Invalid topic: '..' is reserved"],
    ['a b', "Invalid topic: 'a b' may hold only letters, digits, dot, underscore and hyphen"],
    ['a/b', "Invalid topic: 'a/b' may hold only letters, digits, dot, underscore and hyphen"],
    ['^a', "Invalid topic: '^a' may hold only letters, digits, dot, underscore and hyphen"],
    ['é', "Invalid topic: 'é' may hold only letters, digits, dot, underscore and hyphen"],
    ['a\n', "Invalid topic: 'a\n' may hold only letters, digits, dot, underscore and hyphen"],
  ])('may not be %j', (topic, message) => {
    expect(topicNameError(topic)).toMatchObject({ code: 'INVALID_TOPIC', topic, message })
  })

  test('may not have 250 characters', () => {
    expect(topicNameError('x'.repeat(250))?.message).toMatch(/has 250 characters; 249 are allowed$/)
  })
})

describe('the topics of an automatic group name', () => {
  const known = ['order-events', 'payment-events', 'order', 'events', 'a-b', 'a', 'b']

  test.each([
    ['composable-rust-order-events', ['order-events']],
    ['composable-rust-order-events-payment-events', ['order-events', 'payment-events']],
    ['composable-rust-a-b', ['a-b']],
    // Not sorted, so no service has this name of its own accord.
    ['composable-rust-payment-events-order-events', []],
    ['composable-rust-order-events-gone-events', []],
    ['composable-rust-', []],
    ['billing', []],
  ])('%s', (group, topics) => {
    expect(topicsOfDefaultGroup(group, known)).toEqual(topics)
  })

  test('are told from those of other names', () => {
    expect(isDefaultGroup(defaultGroup(['order-events']))).toBe(true)
    expect(isDefaultGroup('composable-rust-')).toBe(false)
    expect(isDefaultGroup('billing')).toBe(false)
  })
})
