import { expect, test } from 'vitest'
import { type ListColumn, sortItems } from '../../../src/ui/text/list-columns.ts'

interface Row {
  readonly name: string
  readonly lag?: bigint
}

const rows: readonly Row[] = [{ name: 'b', lag: 9n }, { name: 'c' }, { name: 'a', lag: 10n }, { name: 'd', lag: 9n }]
const lag: ListColumn<Row> = { header: 'LAG', cell: ({ lag }) => lag ?? '' }
const sorted = (isDescending: boolean, column = lag) =>
  sortItems(rows, { column, isDescending })
    .map(({ name }) => name)
    .join('')

test('sortItems compares numbers by value, keeps the order of equal items, and puts unknown values last', () => {
  expect([sorted(false), sorted(true)]).toEqual(['bdac', 'abdc'])
})

test('sortItems sorts by sortBy instead of the cell where a column has it', () => {
  expect(sorted(true, { header: 'NAME', cell: () => '', sortBy: ({ name }) => name })).toBe('dcba')
})
