import { describe, expect, test } from 'vitest'
import { bar, linearShare, logarithmicShare } from '../../../../src/ui/lag/bar.ts'
import { formatAge, formatCount, formatRate } from '../../../../src/ui/lag/short-values.ts'
import {
  cut,
  cutMiddle,
  joined,
  padded,
  spread,
  widthOf,
  wrapCells,
  wrapIndented,
} from '../../../../src/ui/live/text/fit-text.ts'
import { sparkline } from '../../../../src/ui/live/text/sparkline.ts'

describe('a bar', () => {
  test.each([
    [0, ''],
    [1, '████'],
    [2, '████'],
    [0.5, '██'],
    [1 / 32, '▏'],
    [9 / 32, '█▏'],
  ])('a bar draws the share %d of four cells as %j', (share, drawn) => {
    expect(bar(share, 4)).toBe(drawn)
  })

  test('a bar is visible for any share above 0', () => {
    expect(bar(1e-9, 4)).toBe('▏')
  })

  test('a bar grows logarithmically for groups and linearly for partitions', () => {
    const steps = [9n, 99n, 999n].map((lag) => logarithmicShare(lag, 999n))
    expect(steps.map((share) => share.toFixed(3))).toEqual(['0.333', '0.667', '1.000'])
    expect([linearShare(250n, 1000n), linearShare(0n, 0n), logarithmicShare(0n, 0n)]).toEqual([0.25, 0, 0])
  })
})

describe('a sparkline', () => {
  test.each([
    ['scales values from 0 to the largest', [0, 1, 4, 7], '▁▂▅█'],
    ['scales large values from the smallest to the largest', [1000, 1004, 1007], '▂▅█'],
    ['draws values that do not change in the middle', [5, 5], '▄▄'],
    ['distinguishes a small value from 0', [0, 1, 1000], '▁▂█'],
    ['draws zeros as the lowest bar', [0, 0], '▁▁'],
    ['leaves unknown values blank', [Number.NaN, 7, Number.NaN], ' ▄ '],
    ['shows the last values that fit', [9, 9, 1, 2, 3, 4, 7], '▂▃▄▅█'],
  ])('a sparkline: %s', (_, values, drawn) => {
    expect(sparkline(values, Math.min(5, values.length))).toBe(drawn)
  })

  test('a sparkline is aligned to the right', () => {
    expect(sparkline([7], 4)).toBe('   ▄')
  })
})

describe('short values', () => {
  test.each([
    [0n, '0'],
    [999n, '999'],
    [12_345n, '12,345'],
    [999_999n, '999,999'],
    [1_000_000n, '1.00M'],
    [123_456_789n, '123M'],
    [999_600_000n, '1.00G'],
    [2n ** 63n, '9.22E'],
  ])('short values format %d events as %s', (count, shown) => {
    expect(formatCount(count)).toBe(shown)
  })

  test.each([
    [0, '0.0'],
    [12.34, '12.3'],
    [99.96, '100'],
    [9999.4, '9,999'],
    [9999.6, '10.0k'],
    [123_456, '123k'],
    [-12.34, '-12.3'],
    [-123_456, '-123k'],
  ])('short values format %d per second as %s, in at most six cells', (rate, shown) => {
    expect(formatRate(rate)).toBe(shown)
    expect(shown.length).toBeLessThanOrEqual(6)
  })

  test.each([
    [850, '850ms'],
    [86_399_000, '23h59m'],
    [100 * 86_400_000 + 13 * 3_600_000, '100d'],
    [1000 * 86_400_000, '1000d'],
  ])('short values format %d ms as %s', (time, shown) => {
    expect(formatAge(time)).toBe(shown)
  })
})

describe('text in cells', () => {
  test.each([
    ['ascii', 5],
    ['日本語', 6],
    ['отчёты', 6],
    ['👩‍🚀', 2],
    ['e\u0301', 1],
    ['█▏…', 3],
  ])('%s takes %d cells', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  test.each([
    ['order-events', 12, 'order-events'],
    ['order-events', 6, 'order…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['ab', 0, ''],
  ])('%s is cut to %d cells', (text, width, shown) => {
    expect(cut(text, width)).toBe(shown)
    expect(widthOf(shown)).toBeLessThanOrEqual(width)
  })

  test.each([
    ['composable-rust-order-events', 15, 'composa…-events'],
    ['日本語日本語', 8, '日本…語'],
    ['ab', 0, ''],
    ['abc', 1, '…'],
  ])('%s is cut in its middle to %d cells', (text, width, shown) => {
    expect(cutMiddle(text, width)).toBe(shown)
  })

  test.each([
    ['order-events', 6],
    ['an order of events', 8],
    ['日本語', 4],
    ['ab', 2],
  ])('%s is broken into lines of %d cells without leaving anything out', (text, width) => {
    expect(wrapCells(text, width).join('')).toBe(text)
    for (const line of wrapCells(text, width)) expect(widthOf(line)).toBeLessThanOrEqual(width)
  })

  test('text in cells is broken after a space near the end of a line', () => {
    expect(wrapCells('2 events skipped; by type: OrderCancelled.v1 2', 40)).toEqual([
      '2 events skipped; by type: ',
      'OrderCancelled.v1 2',
    ])
    expect(wrapCells('≤ 2 events skipped; by type: 注文 OrderCancelled.v1 2', 40)).toEqual([
      '≤ 2 events skipped; by type: 注文 ',
      'OrderCancelled.v1 2',
    ])
  })

  test('text in cells is broken into lines that are indented as the first, if there is room', () => {
    expect(wrapIndented('    "note": "two words"', 16)).toEqual(['    "note": ', '    "two words"'])
    expect(wrapIndented(`${' '.repeat(10)}abc`, 8)).toEqual([' '.repeat(8), '  abc'])
  })

  test('text in cells is padded or cut to exactly the width', () => {
    expect([padded('日本', 6), padded('日本', 6, 'right'), padded('日本語', 4)]).toEqual(['日本  ', '  日本', '日… '])
  })

  test('joined from several texts is cut at the width', () => {
    const texts = [{ text: 'billing' }, { text: ' stopped', paint: (text: string) => `<${text}>` }, { text: 'x' }]
    expect(joined(texts, 11)).toBe('billing< st…>')
    expect(joined(texts, 7)).toBe('billing')
  })

  test('joined from several texts cuts a name in the middle, so that the others stay whole', () => {
    const texts = [{ text: 'reset ' }, { text: 'composable-rust-order-projection', isName: true }, { text: '  t[0]' }]
    expect(joined(texts, 30)).toBe('reset composabl…ojection  t[0]')
    expect(joined(texts, 44)).toBe('reset composable-rust-order-projection  t[0]')
    expect(joined(texts, 10)).toBe('reset com…')
  })

  test('spread to both sides keeps the left side if there is no room for the right', () => {
    const [left, right] = [[{ text: 'crbus lag  7 groups · 1 stopped' }], [{ text: '10:00:00' }]]
    expect(spread(left, right, 44)).toBe('crbus lag  7 groups · 1 stopped     10:00:00')
    expect(spread(left, right, 32)).toBe('crbus lag  7 groups ·…  10:00:00')
    expect(spread(left, right, 20)).toBe('crbus lag  7 groups…')
  })
})
