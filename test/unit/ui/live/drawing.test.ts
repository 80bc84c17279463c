import { describe, expect, test } from 'vitest'
import { bar, shareOfFigures, shareOfLargest } from '../../../../src/ui/live/bar.ts'
import { formatAge, formatCount, formatRate } from '../../../../src/ui/live/figures.ts'
import { cut, cutMiddle, joined, padded, spread, widthOf } from '../../../../src/ui/live/pieces.ts'
import { sparkline } from '../../../../src/ui/live/sparkline.ts'

describe('a bar', () => {
  test.each([
    [0, ''],
    [1, '████'],
    [2, '████'],
    [0.5, '██'],
    [1 / 32, '▏'],
    [9 / 32, '█▏'],
  ])('of %d', (share, drawn) => {
    expect(bar(share, 4)).toBe(drawn)
  })

  test('shows what is more than nothing', () => {
    expect(bar(1e-9, 4)).toBe('▏')
  })

  test('of a group grows by figures, that of a partition by events', () => {
    const steps = [9n, 99n, 999n].map((lag) => shareOfFigures(lag, 999n))
    expect(steps.map((share) => share.toFixed(3))).toEqual(['0.333', '0.667', '1.000'])
    expect([shareOfLargest(250n, 1000n), shareOfLargest(0n, 0n), shareOfFigures(0n, 0n)]).toEqual([0.25, 0, 0])
  })
})

describe('a sparkline', () => {
  test.each([
    ['from nothing to the largest', [0, 1, 4, 7], '▁▂▅█'],
    ['a little is more than nothing', [0, 1, 1000], '▁▂█'],
    ['nothing at all', [0, 0], '▁▁'],
    ['what is not known', [Number.NaN, 7, Number.NaN], ' █ '],
    ['the last that there is room for', [9, 9, 1, 2, 3, 4, 7], '▂▃▄▅█'],
  ])('%s', (_, values, drawn) => {
    expect(sparkline(values, Math.min(5, values.length))).toBe(drawn)
  })

  test('begins on the right', () => {
    expect(sparkline([7], 4)).toBe('   █')
  })
})

describe('figures', () => {
  test.each([
    [0n, '0'],
    [999n, '999'],
    [12_345n, '12,345'],
    [999_999n, '999,999'],
    [1_000_000n, '1.00M'],
    [123_456_789n, '123M'],
    [999_600_000n, '1.00G'],
    [2n ** 63n, '9.22E'],
  ])('%d events', (count, shown) => {
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
  ])('%d a second', (rate, shown) => {
    expect(formatRate(rate)).toBe(shown)
    expect(shown.length).toBeLessThanOrEqual(6)
  })

  test.each([
    [850, '850ms'],
    [86_399_000, '23h59m'],
    [100 * 86_400_000 + 13 * 3_600_000, '100d'],
    [1000 * 86_400_000, '1000d'],
  ])('a time of %d ms', (time, shown) => {
    expect(formatAge(time)).toBe(shown)
  })
})

describe('texts in cells', () => {
  test.each([
    ['ascii', 5],
    ['日本語', 6],
    ['отчёты', 6],
    ['👩‍🚀', 2],
    ['e\u0301', 1],
    ['█▏…', 3],
  ])('%s takes %d', (text, width) => {
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

  test('are padded to exactly their cells', () => {
    expect([padded('日本', 6), padded('日本', 6, 'right'), padded('日本語', 4)]).toEqual(['日本  ', '  日本', '日… '])
  })

  test('pieces end where the line does', () => {
    const pieces = [{ text: 'billing' }, { text: ' stopped', paint: (text: string) => `<${text}>` }, { text: 'x' }]
    expect(joined(pieces, 11)).toBe('billing< st…>')
    expect(joined(pieces, 7)).toBe('billing')
  })

  test('the right side gives way when the left has no room', () => {
    const [left, right] = [[{ text: 'crbus lag  7 groups · 1 stopped' }], [{ text: '10:00:00' }]]
    expect(spread(left, right, 44)).toBe('crbus lag  7 groups · 1 stopped     10:00:00')
    expect(spread(left, right, 32)).toBe('crbus lag  7 groups ·…  10:00:00')
    expect(spread(left, right, 20)).toBe('crbus lag  7 groups…')
  })
})
