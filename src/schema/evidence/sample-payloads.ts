import { compileDecoder, type Decoder } from '../bincode/compile-decoder.ts'
import { compileEncoder } from '../bincode/compile-encoder.ts'
import type { Schema } from '../model.ts'
import { haveSameLeaves, type Leaf, leafLister } from './leaves.ts'
import { payloadMaker, type ValueRange } from './random-payload.ts'
import { type SeededRandom, seededRandom } from './seeded-random.ts'

/** What happened to random payloads of the old types that were read with the new types. The four counts add up to `count`. */
export interface SampledReads {
  readonly count: number
  /** Read as the value that was written. */
  readonly unchanged: number
  /** Read as another value, to the last byte and without an error. */
  readonly other: number
  /** Refused because bytes are left over at the end. A reader that ignores such bytes (`bincode::deserialize`) reads a value. */
  readonly leftover: number
  /** Refused by every reader. */
  readonly failed: number
  /** The smallest payload that was read as another value. If none was, one that a longer search has found. */
  readonly example?: ReadExample
  /** The smallest payload that was read as another value although bytes were left over. */
  readonly leftoverExample?: ReadExample
}

export interface ReadExample {
  /** The value as the old types decode it. */
  readonly written: unknown
  /** The value that the new types read from the same bytes. */
  readonly read: unknown
}

/** Payloads of each variant. More of them find rarer values, at the cost of time. */
const PAYLOADS = 300
/** Payloads of a longer search, if none of the first ones was read as another value and some were refused. */
const SEARCHED_PAYLOADS = 2_000
/** Limit for the bytes of all searches together, which bounds the time of large schemas. */
const MAX_SEARCHED_BYTES = 400_000
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
  const write = writer(before, 'usual')
  const readers = { before: reader(before), after: reader(after) }
  const results = new Map<string, SampledReads>()
  const search: Search = {
    writers: [writer(before, 'unusual'), writer(after, 'unusual')],
    readers,
    bytes: MAX_SEARCHED_BYTES,
  }
  for (const path of sampled) {
    const random = seededRandom(SEED)
    const steps = path === '' ? [] : path.split('.')
    const counts = { count: 0, unchanged: 0, other: 0, leftover: 0, failed: 0 }
    const examples: { other?: SizedExample; leftover?: SizedExample } = {}
    let leaves = MAX_LEAVES / sampled.length
    for (let turn = 0; turn < PAYLOADS && leaves > 0; turn += 1) {
      const bytes = write(random, steps)
      // The encoder accepts several spellings of a value, so take the value that the decoder returns.
      const written = bytes === undefined ? undefined : readers.before(bytes)
      if (bytes === undefined || written === undefined) break
      leaves -= written.leaves.length + 1
      const read = readers.after(bytes)
      counts.count += 1
      if (read === undefined) {
        counts.failed += 1
        continue
      }
      const isSame = !read.hasLeftover && isSameValue(written, read)
      const outcome = read.hasLeftover ? 'leftover' : isSame ? 'unchanged' : 'other'
      counts[outcome] += 1
      // A value that only lost what its bytes left over is not an example of a wrong value.
      const isShorter = read.hasLeftover && haveSameLeaves(written.leaves.slice(0, read.leaves.length), read.leaves)
      if (outcome === 'unchanged' || isShorter) continue
      const size = written.leaves.length
      if (size >= (examples[outcome]?.size ?? Number.POSITIVE_INFINITY)) continue
      examples[outcome] = { size, example: { written: written.value, read: read.value } }
    }
    if (counts.count === 0) continue
    const isUndecided = counts.other === 0 && counts.unchanged < counts.count
    const example = examples.other?.example ?? (isUndecided ? findMisread(search, steps) : undefined)
    const leftoverExample = examples.leftover?.example
    results.set(path, {
      ...counts,
      ...(example === undefined ? {} : { example }),
      ...(leftoverExample === undefined ? {} : { leftoverExample }),
    })
  }
  return results
}

/** Adds the counts of several variants. The example is the first one, of another value if there is one. */
export function addReads(all: readonly SampledReads[]): SampledReads | undefined {
  const sum = (key: 'count' | 'unchanged' | 'other' | 'leftover' | 'failed') =>
    all.reduce((total, one) => total + one[key], 0)
  if (all.length === 0) return undefined
  const { example } = all.find(({ other }) => other > 0) ?? all.find((one) => one.example !== undefined) ?? {}
  const { leftoverExample } = all.find((one) => one.leftoverExample !== undefined) ?? {}
  return {
    ...{
      count: sum('count'),
      unchanged: sum('unchanged'),
      other: sum('other'),
      leftover: sum('leftover'),
      failed: sum('failed'),
    },
    ...(example === undefined ? {} : { example }),
    ...(leftoverExample === undefined ? {} : { leftoverExample }),
  }
}

/** The schemas of a search for a payload that is read as another value, and how many bytes it may still read. */
interface Search {
  readonly writers: readonly [before: Writer, after: Writer]
  readonly readers: { readonly before: Reader; readonly after: Reader }
  bytes: number
}

/**
 * Looks longer for a payload that the new types read as another value. Bytes that both sides decode are found from either side: half
 * of the payloads are written with the new types, and count if the old types would write the same bytes.
 */
function findMisread(search: Search, steps: readonly string[]): ReadExample | undefined {
  const { writers, readers } = search
  const random = seededRandom(SEED + 1)
  for (let turn = 0; turn < SEARCHED_PAYLOADS && search.bytes > 0; turn += 1) {
    const bytes = writers[turn % 2 === 0 ? 0 : 1](random, steps)
    // A schema without small payloads costs time as well.
    search.bytes -= bytes === undefined ? MAX_SEARCHED_BYTES / 100 : bytes.length
    if (bytes === undefined) continue
    const written = readers.before(bytes)
    const read = written === undefined || written.hasLeftover ? undefined : readers.after(bytes)
    if (written === undefined || read === undefined) continue
    if (!read.hasLeftover && !isSameValue(written, read)) return { written: written.value, read: read.value }
  }
  return undefined
}

type Writer = (random: SeededRandom, steps: readonly string[]) => Uint8Array | undefined

/** Returns a function that encodes random payloads of a schema. */
function writer(schema: Schema, range: ValueRange): Writer {
  const make = payloadMaker(schema, range)
  const { encode } = compileEncoder(schema)
  return (random, steps) => {
    const value = make(random, steps)
    const encoded = value === undefined ? undefined : encode(value)
    return encoded?.ok ? encoded.bytes : undefined
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

type Reader = (bytes: Uint8Array) => Read | undefined

/** Returns a function that decodes bytes as `bincode::deserialize` does, and says whether bytes are left over. */
function reader(schema: Schema): Reader {
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
