import { compareNumbers, compareText } from '../../bus/compare.ts'
import { type Cell, formatTable, type Header } from './table.ts'

/** A value that rows are sorted by. */
type SortValue = string | number | bigint | undefined

/** A column of a list. */
export interface ListColumn<Item> {
  readonly header: Header
  /** Returns the cell of an item. */
  readonly cell: (item: Item) => Cell
  /** Returns the value that items are sorted by. Default: the cell. */
  readonly sortBy?: (item: Item) => SortValue
}

/** The column that a list is sorted by. */
export interface SortOrder<Item> {
  readonly column: ListColumn<Item>
  readonly isDescending: boolean
}

/** Returns the title of a column. */
export const titleOf = ({ header }: Pick<ListColumn<never>, 'header'>): string =>
  typeof header === 'string' ? header : header.title

/** Formats a list as a table. `width` is that of the terminal, if there is one. */
export const formatList = <Item>(
  columns: readonly ListColumn<Item>[],
  items: readonly Item[],
  width: number | undefined,
): string =>
  formatTable(
    columns.map(({ header }) => header),
    items.map((item) => columns.map(({ cell }) => cell(item))),
    width,
  )

/** Sorts items by a column. Items that compare equal keep their order, and items without a value are the last in both directions. */
export function sortItems<Item>(
  items: readonly Item[],
  { column: { cell, sortBy = (item) => sortValue(cell(item)) }, isDescending }: SortOrder<Item>,
): Item[] {
  const valued = items.map((item) => ({ item, value: sortBy(item) }))
  const direction = isDescending ? -1 : 1
  const isMissing = (value: SortValue) => value === undefined || value === ''
  return valued
    .sort((a, b) => {
      if (isMissing(a.value) || isMissing(b.value)) return Number(isMissing(a.value)) - Number(isMissing(b.value))
      return direction * compareValues(a.value, b.value)
    })
    .map(({ item }) => item)
}

const sortValue = (cell: Cell): SortValue => (typeof cell === 'object' ? cell.text : cell)

function compareValues(a: SortValue, b: SortValue): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return compareNumbers(a, b)
  return typeof a === 'number' && typeof b === 'number' ? compareNumbers(a, b) : compareText(String(a), String(b))
}
