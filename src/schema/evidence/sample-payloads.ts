import { compileDecoder, type Decoder } from '../bincode/compile-decoder.ts'
import { compileEncoder } from '../bincode/compile-encoder.ts'
import type { Schema } from '../model.ts'
import { haveSameLeaves, type Leaf, leafLister } from './leaves.ts'
import { payloadMaker } from './random-payload.ts'
import { seededRandom } from './seeded-random.ts'

/** What happened to random payloads of the old types that were read with the new types. The four counts add up to `count`. */
export interface SampledReads {
  readonly count: number
  /** Read as the value that was written. */
  readonly same: number
  /** Read as another value, to the last byte and without an error. */
  readonly other: number
  /** Refused because bytes are left over at the end. A reader that ignores such bytes (`bincode::deserialize`) reads a value. */
  readonly leftover: number
  /** Refused by every reader. */
  readonly failed: number
  /** The smallest payload that was read as another value; if there is none, the smallest one whose first bytes were. */
  readonly example?: ReadExample
}

export interface ReadExample {
  /** The value as the old types decode it. */
  readonly written: unknown
  /** The value that the new types read from the same bytes. */
  readonly read: unknown
}

/** Payloads of each variant. More of them find rarer values, at the cost of time. */
const PAYLOADS = 300
/** Limit for the parts of all payloads together, which bounds the time to less than a second. */
const MAX_LEAVES = 150_000
/** Limit for the variants that are sampled; real schemas stay below it. */
const MAX_PATHS = 500
/** Always the same, so that the same two schemas give the same result. */
const SEED = 1

/**
 * Writes random payloads with the types `before` and reads them with the types `after`. `paths` are variants of the old root
 * (`Inventory.SeatReserved`), or the empty text for a root that is not an enum. A variant without small payloads is left out.
 */
export function samplePayloads(before: Schema, after: Schema, paths: readonly string[]): Map<string, SampledReads> {
  const sampled = paths.slice(0, MAX_PATHS)
  const make = payloadMaker(before)
  const { encode } = compileEncoder(before)
  const readers = { before: reader(before), after: reader(after) }
  const results = new Map<string, SampledReads>()
  for (const path of sampled) {
    const random = seededRandom(SEED)
    const steps = path === '' ? [] : path.split('.')
    const counts = { count: 0, same: 0, other: 0, leftover: 0, failed: 0 }
    const examples: { other?: SizedExample; leftover?: SizedExample } = {}
    let leaves = MAX_LEAVES / sampled.length
    for (let turn = 0; turn < PAYLOADS && leaves > 0; turn += 1) {
      const value = make(random, steps)
      const encoded = value === undefined ? undefined : encode(value)
      if (encoded === undefined || !encoded.ok) break
      // The encoder accepts several spellings of a value, so take the value that the decoder returns.
      const written = readers.before(encoded.bytes)
      if (written === undefined) break
      leaves -= written.leaves.length + 1
      const read = readers.after(encoded.bytes)
      counts.count += 1
      if (read === undefined) {
        counts.failed += 1
        continue
      }
      const isSame = !read.hasLeftover && isSameValue(written, read)
      const outcome = read.hasLeftover ? 'leftover' : isSame ? 'same' : 'other'
      counts[outcome] += 1
      // A value that only lost what its bytes left over is not an example of a wrong value.
      const isShorter = read.hasLeftover && haveSameLeaves(written.leaves.slice(0, read.leaves.length), read.leaves)
      if (outcome === 'same' || isShorter) continue
      const size = written.leaves.length
      if (size >= (examples[outcome]?.size ?? Number.POSITIVE_INFINITY)) continue
      examples[outcome] = { size, example: { written: written.value, read: read.value } }
    }
    const found = examples.other ?? examples.leftover
    if (counts.count > 0) results.set(path, { ...counts, ...(found === undefined ? {} : { example: found.example }) })
  }
  return results
}

/** Adds the counts of several variants. The example is the first one, of another value if there is one. */
export function addReads(all: readonly SampledReads[]): SampledReads | undefined {
  const sum = (key: 'count' | 'same' | 'other' | 'leftover' | 'failed') =>
    all.reduce((total, one) => total + one[key], 0)
  if (all.length === 0) return undefined
  const { example } = all.find(({ other }) => other > 0) ?? all.find((one) => one.example !== undefined) ?? {}
  return {
    ...{
      count: sum('count'),
      same: sum('same'),
      other: sum('other'),
      leftover: sum('leftover'),
      failed: sum('failed'),
    },
    ...(example === undefined ? {} : { example }),
  }
}

interface SizedExample {
  readonly size: number
  readonly example: ReadExample
}

interface Read {
  readonly value: unknown
  readonly leaves: readonly Leaf[]
  /** Whether the value ends before the bytes do. */
  readonly hasLeftover: boolean
}

/** Returns a function that decodes bytes as `bincode::deserialize` does, and says whether bytes are left over. */
function reader(schema: Schema): (bytes: Uint8Array) => Read | undefined {
  const { decode }: Decoder = compileDecoder(schema)
  const leavesOf = leafLister(schema)
  return (bytes) => {
    const decoded = decode(bytes)
    if (decoded.ok) return { value: decoded.value, leaves: leavesOf(decoded.value), hasLeftover: false }
    // The bytes before the error are a whole value only if the error is that more bytes follow it.
    const shorter = decoded.offset < bytes.length ? decode(bytes.subarray(0, decoded.offset)) : decoded
    return shorter.ok ? { value: shorter.value, leaves: leavesOf(shorter.value), hasLeftover: true } : undefined
  }
}

const isSameValue = (a: Read, b: Read): boolean => haveSameLeaves(a.leaves, b.leaves) || isEqual(a.value, b.value)

/** Whether two decoded values are equal, in any order of their fields. */
function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b)
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(Reflect.get(a, key), Reflect.get(b, key)))
  )
}
