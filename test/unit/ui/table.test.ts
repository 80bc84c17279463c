import { expect, test } from 'vitest'
import { formatTable, tableParts } from '../../../src/ui/text/table.ts'

test('columns are as wide as their widest cell, and numbers stand on the right', () => {
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

test('a column that is a number in some rows only is text', () => {
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

test('no rows are a head', () => {
  expect(formatTable(['TOPIC', 'LAG'], [])).toBe('TOPIC  LAG\n')
})

test('many rows come in parts, as wide as the widest of all', () => {
  const rows = Array.from({ length: 2500 }, (_, index) => ['x', index])

  const parts = [...tableParts(['NAME', 'N'], rows)]

  expect(parts.length).toBe(3)
  const lines = parts.join('').split('\n')
  expect(lines).toHaveLength(2502)
  expect([lines[0], lines[1], lines[2500]]).toEqual(['NAME     N', 'x        0', 'x     2499'])
})
