/**
 * Compares names like formatters that sort imports: numbers by value, a folder before names that begin with its name, and a
 * capital letter just before its lowercase letter.
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
