/**
 * As formatters sort imports and what is imported: numbers by their value, a folder before what begins like it, and a
 * capital letter just before its small one.
 */
export function inNaturalOrder(a: string, b: string): number {
  const [left, right] = [tokensOf(a), tokensOf(b)]
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [x, y] = [left[index] as string, right[index] as string]
    const bothNumbers = /^\d/.test(x) && /^\d/.test(y)
    const difference = bothNumbers ? Number(x) - Number(y) : rankOf(x) - rankOf(y)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

const tokensOf = (text: string): string[] => text.match(/\d+|\D/g) ?? []

function rankOf(token: string): number {
  if (token === '/') return -1
  const small = token.toLowerCase()
  return small.charCodeAt(0) * 2 + (token === small ? 1 : 0)
}
