import { describe, expect, test } from 'vitest'
import { emptyList, moved, type ScrollList, seen, withRows } from '../../../../src/ui/live/scroll-list.ts'

const rows = (...keys: string[]) => keys.map((key) => ({ key }))
const HEIGHT = 3
const list = withRows(emptyList, rows('a', 'b', 'c', 'd', 'e'), HEIGHT)
const move = (from: ScrollList<{ key: string }>, ...steps: number[]) =>
  steps.reduce((now, step) => moved(now, step, HEIGHT), from)
const shown = (one: ScrollList<{ key: string }>) => [
  one.rows[one.at]?.key,
  seen(one, HEIGHT)
    .map(({ key }) => key)
    .join(''),
]

describe('a list that scrolls', () => {
  test.each([
    ['begins at the top', [], 'a', 'abc'],
    ['moves within what is seen', [1, 1], 'c', 'abc'],
    ['scrolls as little as it must', [1, 1, 1], 'd', 'bcd'],
    ['keeps its place on the way back', [1, 1, 1, -1, -1], 'b', 'bcd'],
    ['scrolls up again', [3, -3], 'a', 'abc'],
    ['ends at the end', [Infinity], 'e', 'cde'],
    ['and at the beginning', [Infinity, -Infinity], 'a', 'abc'],
  ] as const)('%s', (_, steps, key, window) => {
    expect(shown(move(list, ...steps))).toEqual([key, window])
  })

  test('is the same list where it cannot move', () => {
    const atEnd = move(list, Infinity)
    expect(moved(atEnd, 1, HEIGHT)).toBe(atEnd)
    expect(moved(list, -1, HEIGHT)).toBe(list)
    expect(moved(emptyList, 1, HEIGHT)).toBe(emptyList)
  })

  test('follows the chosen row, and at the top stays there', () => {
    const turned = rows('e', 'd', 'c', 'b', 'a')
    expect(shown(withRows(move(list, 1), turned, HEIGHT))).toEqual(['b', 'dcb'])
    expect(shown(withRows(list, turned, HEIGHT))).toEqual(['e', 'edc'])
    expect(shown(withRows(move(list, 2, -Infinity), turned, HEIGHT))).toEqual(['e', 'edc'])
  })

  test('chooses the neighbour of a row that is gone', () => {
    expect(shown(withRows(move(list, 2), rows('a', 'b', 'd', 'e'), HEIGHT))).toEqual(['d', 'abd'])
    expect(shown(withRows(move(list, Infinity), rows('a', 'b'), HEIGHT))).toEqual(['b', 'ab'])
    expect(shown(withRows(move(list, 2), [], HEIGHT))).toEqual([undefined, ''])
  })

  test('shows more when there is more room', () => {
    const tall = withRows(move(list, Infinity), list.rows, 5)
    expect([tall.top, tall.at]).toEqual([0, 4])
  })
})
