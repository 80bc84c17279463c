import { describe, expect, test } from 'vitest'
import { emptyList, moved, type ScrollList, visibleRows, withRows } from '../../../../src/ui/live/state/scroll-list.ts'

const rows = (...keys: string[]) => keys.map((key) => ({ key }))
const HEIGHT = 3
const list = withRows(emptyList, rows('a', 'b', 'c', 'd', 'e'), HEIGHT)
const move = (from: ScrollList<{ key: string }>, ...steps: number[]) =>
  steps.reduce((now, step) => moved(now, step, HEIGHT), from)
const shown = (one: ScrollList<{ key: string }>) => [
  one.rows[one.at]?.key,
  visibleRows(one, HEIGHT)
    .map(({ key }) => key)
    .join(''),
]

describe('a scroll list', () => {
  test.each([
    ['starts at the top', [], 'a', 'abc'],
    ['moves the selection within the visible rows', [1, 1], 'c', 'abc'],
    ['scrolls just far enough', [1, 1, 1], 'd', 'bcd'],
    ['does not scroll back while the selection is visible', [1, 1, 1, -1, -1], 'b', 'bcd'],
    ['scrolls up to the selection', [3, -3], 'a', 'abc'],
    ['stops at the end', [Infinity], 'e', 'cde'],
    ['stops at the start', [Infinity, -Infinity], 'a', 'abc'],
  ] as const)('a scroll list: %s', (_, steps, key, window) => {
    expect(shown(move(list, ...steps))).toEqual([key, window])
  })

  test('a scroll list returns the same object if it cannot move', () => {
    const atEnd = move(list, Infinity)
    expect(moved(atEnd, 1, HEIGHT)).toBe(atEnd)
    expect(moved(list, -1, HEIGHT)).toBe(list)
    expect(moved(emptyList, 1, HEIGHT)).toBe(emptyList)
  })

  test('a scroll list follows the selected row when rows are sorted again, but stays at the top if the first row is selected', () => {
    const turned = rows('e', 'd', 'c', 'b', 'a')
    expect(shown(withRows(move(list, 1), turned, HEIGHT))).toEqual(['b', 'dcb'])
    expect(shown(withRows(list, turned, HEIGHT))).toEqual(['e', 'edc'])
    expect(shown(withRows(move(list, 2, -Infinity), turned, HEIGHT))).toEqual(['e', 'edc'])
  })

  test('a scroll list selects the row at the same index if the selected row is gone', () => {
    expect(shown(withRows(move(list, 2), rows('a', 'b', 'd', 'e'), HEIGHT))).toEqual(['d', 'abd'])
    expect(shown(withRows(move(list, Infinity), rows('a', 'b'), HEIGHT))).toEqual(['b', 'ab'])
    expect(shown(withRows(move(list, 2), [], HEIGHT))).toEqual([undefined, ''])
  })

  test('a scroll list shows more rows if there is more room', () => {
    const tall = withRows(move(list, Infinity), list.rows, 5)
    expect([tall.top, tall.at]).toEqual([0, 4])
  })
})
