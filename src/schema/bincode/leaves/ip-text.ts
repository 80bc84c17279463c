import { isIPv4, isIPv6 } from 'node:net'

/** Converts IP addresses between bytes and the text of Rust's `Display`. A parser returns `undefined` for invalid text. */

export const formatIpv4 = (bytes: Uint8Array): string => bytes.join('.')

export const parseIpv4 = (text: string): readonly number[] | undefined =>
  isIPv4(text) ? text.split('.').map(Number) : undefined

export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => {
    return ((bytes[index * 2] as number) << 8) | (bytes[index * 2 + 1] as number)
  })
  // Rust writes the IPv4 address in an IPv4-mapped address with dots.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatIpv4(bytes.subarray(12))}`
  }
  const [start, length] = longestZeroRun(groups)
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  // A single zero group is not shortened to `::` (RFC 5952, section 4.2.2).
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

/** Finds the longest run of zero groups; the first one, if several are equally long. */
function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0]
  let length = 0
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0
    if (length > best[1]) best = [index - length + 1, length]
  }
  return best
}

export function parseIpv6(text: string): readonly number[] | undefined {
  // Rust does not parse a zone, as in `fe80::1%eth0`.
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [head = '', tail] = text.split('::')
  const front = bytesOfGroups(head)
  if (tail === undefined) return front
  const back = bytesOfGroups(tail)
  return [...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back]
}

/** The bytes of hexadecimal groups of 16 bits, such as `2001:db8`. The last group may be an IPv4 address. */
const bytesOfGroups = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        if (group.includes('.')) return group.split('.').map(Number)
        const value = Number.parseInt(group, 16)
        return [value >> 8, value & 0xff]
      })
