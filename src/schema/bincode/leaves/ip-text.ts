import { isIPv4, isIPv6 } from 'node:net'

/** Internet addresses as Rust's `Display` writes them. */

export const formatIpv4 = (bytes: Uint8Array): string => bytes.join('.')

export const parseIpv4 = (text: string): readonly number[] | undefined =>
  isIPv4(text) ? text.split('.').map(Number) : undefined

export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => {
    return ((bytes[index * 2] as number) << 8) | (bytes[index * 2 + 1] as number)
  })
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatIpv4(bytes.subarray(12))}`
  }
  const [from, length] = longestZeros(groups)
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`
}

function longestZeros(groups: readonly number[]): [from: number, length: number] {
  let best: [number, number] = [0, 0]
  let length = 0
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0
    if (length > best[1]) best = [index - length + 1, length]
  }
  return best
}

export function parseIpv6(text: string): readonly number[] | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [head = '', tail] = text.split('::')
  const front = groupsOf(head)
  if (tail === undefined) return front
  const back = groupsOf(tail)
  return [...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back]
}

/** The bytes of groups of 16 bits; the last group may be an IPv4 address. */
const groupsOf = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        if (group.includes('.')) return group.split('.').map(Number)
        const value = Number.parseInt(group, 16)
        return [value >> 8, value & 0xff]
      })
