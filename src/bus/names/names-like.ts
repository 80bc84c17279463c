import { distance } from 'fastest-levenshtein'

/** Longer names are pasted rather than typed, and the cost of a comparison grows with the product of both lengths. */
const MAX_TYPED_CHARS = 100

/**
 * Finds the known names that a misspelled name may stand for, closest first: those at an edit distance of at most 2 or a third
 * of the typed length, whichever is larger. Case and the separators `_` and `-` do not count.
 */
export function namesLike(typed: string, known: Iterable<string>): string[] {
  if (typed.length > MAX_TYPED_CHARS) return []
  const wanted = normalized(typed)
  // At most all letters but one, because otherwise a name of two letters would match every other one.
  const maxDistance = Math.max(Math.min(2, wanted.length - 1), Math.floor(wanted.length / 3))
  return (
    [...known]
      .map((name) => ({ name, plain: normalized(name) }))
      // The edit distance is at least the difference in length, which is cheaper to compute.
      .filter(({ plain }) => Math.abs(plain.length - wanted.length) <= maxDistance)
      .map(({ name, plain }) => ({ name, distance: distance(plain, wanted) }))
      .filter((match) => match.distance <= maxDistance)
      .sort((a, b) => a.distance - b.distance)
      .map(({ name }) => name)
  )
}

const normalized = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase()
