import { expect, test } from 'vitest'
import { formatTable, tableParts } from '../../../src/ui/text/table.ts'

test('formatTable pads columns to their widest cell and aligns numbers to the right', () => {
  expect(
    formatTable(
      ['TOPIC', 'LAG', 'MEMBER'],
      [
        ['order-events', 7n, 'a\nb'],
        ['payments', 1200, ''],
      ],
    ),
  ).toBe(['TOPIC          LAG  MEMBER', 'order-events     7  a\\nb', 'payments      1200  -', ''].join('\n'))
})

test('formatTable aligns a column with numbers in some rows only to the left', () => {
  expect(
    formatTable(
      ['A', 'B'],
      [
        [1, ''],
        [20, 3],
      ],
    ),
  ).toBe(' A  B\n 1  -\n20  3\n')
})

test('formatTable writes the header when there are no rows', () => {
  expect(formatTable(['TOPIC', 'LAG'], [])).toBe('TOPIC  LAG\n')
})

test('tableParts divides many rows into parts with the same column widths', () => {
  const rows = Array.from({ length: 2500 }, (_, index) => ['x', index])

  const parts = [...tableParts(['NAME', 'N'], rows)]

  expect(parts.length).toBe(3)
  const lines = parts.join('').split('\n')
  expect(lines).toHaveLength(2502)
  expect([lines[0], lines[1], lines[2500]]).toEqual(['NAME     N', 'x        0', 'x     2499'])
})
