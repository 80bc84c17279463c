import { expect, test } from 'vitest'
import { cborCodec } from '../../../src/saga/codecs/plain-codecs.ts'
import {
  append,
  appendTo,
  delay,
  dispatch,
  leavesOf,
  none,
  parallel,
  publish,
  reject,
  sequence,
} from '../../../src/saga/effects.ts'

const placed = { type: 'OrderPlaced', order_id: 'o-1' } as const
const codec = cborCodec({ OrderPlaced: 1 })

test.each([
  ['none', none, { kind: 'none' }],
  ['append', append(placed, placed), { kind: 'append', events: [placed, placed] }],
  [
    'appendTo',
    appendTo('audit-1', 'any', placed),
    { kind: 'appendTo', streamId: 'audit-1', expectedVersion: 'any', events: [placed] },
  ],
  ['publish', publish('order-events', placed), { kind: 'publish', topic: 'order-events', action: placed }],
  ['publish with a key', publish('t', placed, { key: 'k' }), { kind: 'publish', topic: 't', action: placed, key: 'k' }],
  ['dispatch', dispatch('t', placed, { codec }), { kind: 'dispatch', topic: 't', action: placed, codec }],
  [
    'dispatch to an aggregate',
    dispatch({ commands: 't', idOf: ({ order_id }: typeof placed) => order_id, codec }, placed),
    { kind: 'dispatch', topic: 't', action: placed, key: 'o-1', codec },
  ],
  ['reject', reject('too early'), { kind: 'reject', reason: 'too early' }],
  ['delay', delay('30s', placed), { kind: 'delay', delay: 30_000, action: placed }],
  ['delay by an id', delay(5, placed, { id: 'a' }), { kind: 'delay', delay: 5, action: placed, id: 'a' }],
  ['sequence', sequence(none), { kind: 'sequence', effects: [{ kind: 'none' }] }],
  ['parallel', parallel(none, none), { kind: 'parallel', effects: [none, none] }],
])('%s is plain frozen data', (_, effect, data) => {
  expect(effect).toEqual(data)
  expect(Object.isFrozen(effect)).toBe(true)
  for (const part of Object.values(effect)) if (Array.isArray(part)) expect(Object.isFrozen(part)).toBe(true)
})

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  [12.4, 12],
  [0, 0],
] as const)('delay takes the duration %s', (duration, milliseconds) => {
  expect(delay(duration, placed)).toMatchObject({ delay: milliseconds })
})

test.each(['', '30', 's', '30 s', '-1s', '1.5s', -1, Number.NaN, Number.POSITIVE_INFINITY])(
  'delay refuses the duration %o',
  (wrong) => {
    expect(() => delay(wrong as never, placed)).toThrow(
      /invalid duration .*: use milliseconds, or a text such as '250ms'/,
    )
  },
)

test('publish and dispatch refuse a key that is empty or not a string', () => {
  const empty = { commands: 't', idOf: () => '' }
  expect(() => publish('t', placed, { key: '' })).toThrow('the key of publish OrderPlaced is empty')
  expect(() => dispatch('t', placed, { key: 7 as never })).toThrow('the key of dispatch OrderPlaced is not a string')
  expect(() => dispatch(empty, placed)).toThrow('the key of dispatch OrderPlaced is empty')
})

test('dispatch refuses a codec as third argument, and names the option', () => {
  expect(() => dispatch('t', placed, codec as never)).toThrow('dispatch takes the codec as an option: { codec }')
})

test('reject refuses an empty reason', () => {
  expect(() => reject('')).toThrow('reject needs a reason')
})

test('leavesOf flattens nested groups in order', () => {
  const [a, b, c] = [publish('a', placed), publish('b', placed), append(placed)]

  expect(leavesOf([none, sequence(a, parallel(none, c), sequence()), b])).toEqual([a, c, b])
})
