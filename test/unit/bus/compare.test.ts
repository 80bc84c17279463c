import { expect, test } from 'vitest'
import { compareNumbers, comparePartitions, compareText } from '../../../src/bus/compare.ts'

test('compareText sorts by code units and finds equal texts equal', () => {
  expect(['b', 'a', 'B', 'ä', ''].sort(compareText)).toEqual(['', 'B', 'a', 'b', 'ä'])
  expect(compareText('a', 'a')).toBe(0)
})

test('compareNumbers sorts offsets that differ by more than a double can hold', () => {
  const large = 2n ** 62n
  expect([large, -large, 0n, large + 1n].sort(compareNumbers)).toEqual([-large, 0n, large, large + 1n])
  expect([10, 9, -1].sort(compareNumbers)).toEqual([-1, 9, 10])
  expect(compareNumbers(7n, 7n)).toBe(0)
})

test('comparePartitions sorts by topic, then by number', () => {
  const names = [
    { topic: 'b', partition: 0 },
    { topic: 'a', partition: 10 },
    { topic: 'a', partition: 9 },
  ]
  expect(names.sort(comparePartitions).map(({ topic, partition }) => `${topic}${partition}`)).toEqual([
    'a9',
    'a10',
    'b0',
  ])
  expect(comparePartitions({ topic: 'a', partition: 1 }, { topic: 'a', partition: 1 })).toBe(0)
})
