import { readFileSync } from 'node:fs'

/** Answers of Kafka 4.1.0 in base64 without the correlation id, by name, key and version of the request. */
interface Recorded {
  readonly answers: Readonly<Record<string, string>>
  /** By compression: 3 batches of 8 records, which are {@link recordedRecord} of 0 to 23. */
  readonly batches: Readonly<Record<string, string>>
}

export const recorded: Recorded = JSON.parse(readFileSync(new URL('./kafka-recorded.json', import.meta.url), 'utf8'))

/** Returns the record at an offset of the recorded batches. */
export function recordedRecord(offset: number) {
  const index = offset % 24
  const value = { order_id: `o-${index}`, total: index * 7, items: ['a', 'b', 'a', 'b'] }
  return {
    topic: 't-events',
    partition: 0,
    offset: BigInt(offset),
    timestamp: 1_790_000_000_000n + BigInt(index % 3),
    key: index % 7 === 0 ? null : Buffer.from('OrderPlaced.v1'),
    value: index % 5 === 0 ? null : Buffer.from(JSON.stringify(value)),
    headers: index % 3 === 0 ? [['trace', Buffer.from('abc')] as const, ['trace', null] as const] : [],
  }
}

/** Returns a generator of numbers from 0 to below `below`, the same for a seed on every machine (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Returns a copy with 1 to 8 bits flipped, from a position on. */
export function flipBits(bytes: Buffer, random: (below: number) => number, from = 0): Buffer {
  const flipped = Buffer.from(bytes)
  for (let left = 1 + random(8); left > 0; left -= 1) {
    const at = from + random(flipped.length - from)
    flipped[at] = (flipped[at] as number) ^ (1 << random(8))
  }
  return flipped
}

/** Extreme lengths, counts and deltas, as 1, 4 and 5 bytes. */
const EXTREMES = [
  '00',
  'ff',
  '7f',
  '80',
  '01',
  'ffffffff',
  '7fffffff',
  '80000000',
  'fffffff4',
  'ffffffff0f',
  'feffffff0f',
].map((hex) => Buffer.from(hex, 'hex'))

/** Returns a copy that is damaged in one way: bits flipped, bytes inserted, removed, cut off, repeated or replaced. */
export function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  const at = random(bytes.length)
  const end = Math.min(bytes.length, at + 1 + random(16))
  switch (random(6)) {
    case 0:
      return flipBits(bytes, random)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + random(8), random(256)), bytes.subarray(at)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])
    case 3:
      return Buffer.from(bytes.subarray(0, at))
    case 4:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
    default: {
      const extreme = EXTREMES[random(EXTREMES.length)] as Buffer
      return Buffer.concat([bytes.subarray(0, at), extreme, bytes.subarray(at + extreme.length)])
    }
  }
}
