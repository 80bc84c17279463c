import { Flags } from '@oclif/core'
import { type ListColumn, type SortOrder, sortItems, titleOf } from '../../ui/text/list-columns.ts'
import { tableFlags } from '../base/flags.ts'
import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'

/** Flags of commands that print a list. */
export const listFlags = {
  sort: Flags.string({
    description: 'Sort by the column with this header; :desc sorts the largest first',
    helpGroup: 'TABLE',
    helpValue: 'COLUMN[:desc]',
  }),
  limit: Flags.integer({ description: 'Show at most this many', min: 1, helpGroup: 'TABLE', helpValue: 'NUMBER' }),
  ...tableFlags,
}

const DIRECTIONS: Readonly<Record<string, boolean>> = { asc: false, desc: true }

/** Parses `--sort` by the headers of the columns, in any case. Rejects with `UsageError` with similar headers. */
export async function parseSort<Item>(
  given: string | undefined,
  columns: readonly ListColumn<Item>[],
): Promise<SortOrder<Item> | undefined> {
  if (given === undefined) return undefined
  const [name = '', direction = 'asc', ...rest] = given.split(':')
  const titles = columns.map(titleOf)
  const column = columns.find((one) => titleOf(one) === name.toUpperCase())
  const isDescending = Object.hasOwn(DIRECTIONS, direction) ? DIRECTIONS[direction] : undefined
  if (column !== undefined && isDescending !== undefined && rest.length === 0) return { column, isDescending }
  if (column !== undefined) {
    throw new UsageError(`--sort ${given} has no valid direction: the directions are asc and desc`, [
      flag(`--sort ${name}:desc`),
    ])
  }
  const { namesLike } = await import('../../bus/names/names-like.ts')
  const similar = namesLike(name, titles)
  const suggested = similar.length === 0 ? titles : similar
  throw new UsageError(
    `--sort ${given} names no column; the columns are ${titles.join(', ')}`,
    suggested.slice(0, 3).map((title) => flag(`--sort ${title.toLowerCase()}${isDescending ? ':desc' : ''}`)),
  )
}

interface Arranged<Item> {
  readonly shown: readonly Item[]
  /** Says how many items are not shown; absent if all are. */
  readonly notice: string | undefined
}

/** Sorts items and takes the first `limit` of them. `noun` is the plural for the notice. */
export function arrangeItems<Item>(
  items: readonly Item[],
  {
    order,
    limit = items.length,
    noun,
  }: {
    readonly order: SortOrder<Item> | undefined
    readonly limit: number | undefined
    readonly noun: string
  },
): Arranged<Item> {
  const sorted = order === undefined ? items : sortItems(items, order)
  if (sorted.length <= limit) return { shown: sorted, notice: undefined }
  const notice = `the first ${limit} of ${items.length} ${noun}; without --limit, all are shown`
  return { shown: sorted.slice(0, limit), notice }
}
