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

/** Letters to change, insert or drop, to make one of the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1]
    for (let column = 0; column < to.length; column += 1) {
      const change = (row[column] as number) + (from[index] === to[column] ? 0 : 1)
      next.push(Math.min(change, (row[column + 1] as number) + 1, (next[column] as number) + 1))
    }
    row = next
  }
  return row[to.length] as number
}
