import { expect, test } from 'vitest'
import { duration } from '../../../src/bus/time/duration.ts'

test('duration adds up its parts and takes whole numbers only', () => {
  expect(duration('1w2d3h4m5s6ms')).toBe(788_645_006)
  expect(['', '1', 'h', '1.5h', '-1h', '1h ', '1y'].map(duration)).toEqual(Array(7).fill(undefined))
})
