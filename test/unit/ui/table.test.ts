import { expect, test } from 'vitest'
import { cellWidth } from '../../../src/ui/text/cell-width.ts'
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

const cells = (line: string) => cellWidth(line)
const linesOf = (table: string) => table.split('\n').slice(0, -1)

test('formatTable shortens long texts in the middle so that every line fits the terminal', () => {
  const rows = [
    ['billing', 12n, 'order-events'],
    [`${'very-long-'.repeat(24)}end`, 7n, 'payment-events'],
    ['請求書グループ-'.repeat(8), 1n, '🚚'.repeat(50)],
  ]
  for (const width of [40, 80, 120, 200]) {
    const lines = linesOf(formatTable(['GROUP', 'LAG', 'TOPICS'], rows, width))
    for (const line of lines) expect(cells(line)).toBeLessThanOrEqual(width)
    expect(lines[1]).toMatch(/^billing +12 {2}order-events$/)
    expect(lines[2]).toMatch(/^very-.*….*-end +7 {2}payment-events$/)
  }
})

test('formatTable gives a long name at most 40 cells or a third of the terminal, whichever is more', () => {
  const rows = [['x'.repeat(240), 1]]
  const nameCells = (width: number) => linesOf(formatTable(['NAME', 'N'], rows, width))[1]?.split(' ')[0]?.length
  expect([80, 120, 240].map(nameCells)).toEqual([40, 40, 80])
  expect(nameCells(260)).toBe(240)
})

test('formatTable leaves out extra columns first, then the last ones, and names them', () => {
  const headers = [{ title: 'NAME', isWhole: true }, { title: 'HOST', isExtra: true }, 'LAG', 'MEMBER']
  const rows = [['n'.repeat(20), 'h'.repeat(20), 5, 'm'.repeat(20)]]
  expect(linesOf(formatTable(headers, rows, 44))).toEqual([
    `NAME${' '.repeat(16)}  LAG  MEMBER`,
    `${'n'.repeat(20)}    5  ${'m'.repeat(8)}…${'m'.repeat(8)}`,
    '(--wide also shows HOST)',
  ])
  expect(linesOf(formatTable(headers, rows, 30)).at(-1)).toBe('(--wide also shows HOST, MEMB…')
})

test('formatTable never shortens numbers, and cuts the only column that is left to the terminal', () => {
  expect(formatTable(['A', 'N'], [['a', 123_456_789_012]], 10)).toBe('A\na\n(--wide a…\n')
  expect(formatTable(['NAME'], [['n'.repeat(30)]], 9)).toBe('NAME\nnnnn…nnnn\n')
})

test('formatTable paints texts without counting the colors', () => {
  const paint = (text: string) => `\u001b[31m${text}\u001b[39m`
  const rows = [
    [{ text: 'stopped', paint }, 'a'],
    [{ text: '', paint }, 'b'],
  ]
  expect(formatTable(['VERDICT', 'GROUP'], rows)).toBe(
    `VERDICT  GROUP\n${paint('stopped')}  a\n${paint('-')}        b\n`,
  )
})
