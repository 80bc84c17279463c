import { globMatcher, isGlob } from '../../../bus/names/glob.ts'

/** What a filter compares. */
interface Searched {
  readonly name: string
  /** Words that a filter matches besides the name. */
  readonly searchText: string
}

/**
 * Returns whether a row matches a filter, ignoring case. A filter with `*` or `?` is a glob of the whole name or of a word; another
 * filter is a part of the name or of the words. An empty filter matches every row.
 */
export function rowFilter(filter: string): (row: Searched) => boolean {
  const wanted = filter.toLowerCase()
  if (!isGlob(wanted)) return ({ name, searchText }) => `${name} ${searchText}`.toLowerCase().includes(wanted)
  const matches = globMatcher(wanted)
  return ({ name, searchText }) =>
    [name, ...searchText.split(' ')].some((word) => word !== '' && matches(word.toLowerCase()))
}
