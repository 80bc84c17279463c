import { distance } from 'fastest-levenshtein'

/** Further from what was typed than this, a name is not what was meant. */
const MISTYPED = 3

/** The known names that somebody who typed this may have meant, the nearest first. */
export function namesLike(typed: string, known: Iterable<string>): string[] {
  return [...known]
    .map((name) => ({ name, away: distance(name.toLowerCase(), typed.toLowerCase()) }))
    .filter(({ name, away }) => away <= Math.min(MISTYPED, name.length - 1))
    .sort((a, b) => a.away - b.away)
    .map(({ name }) => name)
}
