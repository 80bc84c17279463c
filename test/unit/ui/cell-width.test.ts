import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { cellWidth } from '../../../src/ui/text/cell-width.ts'
import { printable } from '../../../src/ui/text/printable.ts'
import { formatTable } from '../../../src/ui/text/table.ts'

test.each([
  ['orders', 6],
  ['注文', 4],
  ['ｱﾞ', 2],
  ['e\u0301', 1],
  ['👨‍👩‍👧', 2],
  ['❤️', 2],
  ['🇩🇪', 2],
  ['한글', 4],
])('cellWidth of %s is %i', (text, cells) => expect(cellWidth(text)).toBe(cells))

test('cellWidth of printable text equals the width on the live screen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(cellWidth(printable(text))).toBe(stringWidth(printable(text)))
    }),
    { numRuns: 1000 },
  )
})

test('table columns are aligned beside wide characters and combining marks', () => {
  expect(
    formatTable(
      ['GROUP', 'LAG'],
      [
        ['注文-группа', 7],
        ['cafe\u0301', 12],
      ],
    ),
  ).toBe(['GROUP        LAG', '注文-группа    7', 'cafe\u0301          12', ''].join('\n'))
})
