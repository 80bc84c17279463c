import { distance } from 'fastest-levenshtein'

/** Nobody mistypes a name this long, and comparing takes as long as both names multiplied. */
const LONGEST = 100

/** The known names that somebody who typed this may have meant, the nearest first: two letters or one in three may be wrong. */
export function namesLike(typed: string, known: Iterable<string>): string[] {
  if (typed.length > LONGEST) return []
  const most = Math.max(Math.min(2, typed.length - 1), Math.floor(typed.length / 3))
  return [...known]
    .filter((name) => Math.abs(name.length - typed.length) <= most)
    .map((name) => ({ name, away: distance(plain(name), plain(typed)) }))
    .filter(({ away }) => away <= most)
    .sort((a, b) => a.away - b.away)
    .map(({ name }) => name)
}

/** `customerId` and `customer_id` are one name to whoever types it. */
const plain = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase()
