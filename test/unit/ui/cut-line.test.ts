import { expect, test } from 'vitest'
import { cellWidth } from '../../../src/ui/text/cell-width.ts'
import { cutLine } from '../../../src/ui/text/cut-line.ts'

test.each([
  ['short', 5, 'short'],
  ['longer', 5, 'long…'],
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['a👨‍👩‍👧b', 4, 'a👨‍👩‍👧b'],
  ['a👨‍👩‍👧b', 3, 'a…'],
  ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ['abc', 1, '…'],
])('cuts %s to %i cells as %s', (line, columns, cut) => {
  expect(cutLine(line, columns)).toBe(cut)
  expect(cellWidth(cutLine(line, columns))).toBeLessThanOrEqual(columns)
})

test('does not count colors, and keeps those after the cut', () => {
  const line = '\u001b[2m10:00\u001b[22m \u001b[36mOrderPlaced\u001b[39m {"id":1}'
  expect(cutLine(line, 26)).toBe(line)
  expect(cutLine(line, 10)).toBe('\u001b[2m10:00\u001b[22m \u001b[36mOrd…\u001b[39m')
  expect(cutLine(line, 6)).toBe('\u001b[2m10:00\u001b[22m…\u001b[36m\u001b[39m')
})
