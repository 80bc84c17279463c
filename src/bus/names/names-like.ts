import { distance } from 'fastest-levenshtein'

/** Longer names are pasted rather than typed, and the cost of a comparison grows with the product of both lengths. */
const MAX_TYPED_CHARS = 100

/** Finds the known names that a misspelled name may stand for, closest first: two letters, or one letter in three, may differ. */
export function namesLike(typed: string, known: Iterable<string>): string[] {
  if (typed.length > MAX_TYPED_CHARS) return []
  const most = Math.max(Math.min(2, typed.length - 1), Math.floor(typed.length / 3))
  return [...known]
    .filter((name) => Math.abs(name.length - typed.length) <= most)
    .map((name) => ({ name, away: distance(plain(name), plain(typed)) }))
    .filter(({ away }) => away <= most)
    .sort((a, b) => a.away - b.away)
    .map(({ name }) => name)
}

/** Ignores case and separators, so that `customerId` and `customer_id` are equal. */
const plain = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase()
