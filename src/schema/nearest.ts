import { distance } from 'fastest-levenshtein'

/** The name somebody most likely meant, if one is near enough: two letters or one in three may be wrong. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > 100) return undefined
  let best: string | undefined
  let least = Math.max(Math.min(2, name.length - 1), Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const found = distance(plain(name), plain(candidate))
    if (found < least) [best, least] = [candidate, found]
  }
  return best
}

/** `customerId` and `customer_id` are one name to whoever types it. */
const plain = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase()
