import { compareNumbers, compareText } from '../../bus/compare.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { BusRecord } from '../../bus/record.ts'
import { type LogSlice, type PartitionRange, stableEndOf } from '../../bus/topic-log.ts'
import { decodeEnvelope } from '../../codecs/envelope.ts'
import { decodePayload } from '../../codecs/payload.ts'
import type { Schema } from '../../schema/model.ts'
import { CompiledSchema } from './compiled.ts'
import { detectByNames, isNamedCodec, type NamedCodec } from './named-payload.ts'

/** The records to check, and the schema. */
export interface SchemaCheckRequest {
  readonly topic: string
  readonly schema: Schema
  /** The codec of the topic. Absent: bincode, or by looking if bincode cannot contain the payloads. */
  readonly codec?: NamedCodec | 'bincode' | undefined
  /** Number of newest records to check. Absent: all records. */
  readonly last?: number | undefined
  readonly signal: AbortSignal
}

/** A problem, the position of the first record with it, and the number of records with it. */
interface Finding {
  readonly partition: number
  readonly offset: bigint
  /** The field path, such as `OrderPlaced.items[2].quantity`; empty for the whole payload. */
  readonly path: string
  readonly reason: string
  readonly count: number
}

/** The result for one event type. */
interface TypeCheck {
  readonly eventType: string
  /** Number of payloads that decode to the variant of their event type. */
  readonly decoded: number
  /** Number of payloads that the schema does not decode. */
  readonly failed: number
  /** Number of payloads that decode to another variant than that of their event type. */
  readonly warned: number
  /** The first three different problems. */
  readonly findings: readonly Finding[]
}

export interface SchemaCheck {
  readonly topic: string
  readonly recordCount: number
  /** Most failures first, then most warnings, then by name. */
  readonly types: readonly TypeCheck[]
  /** The sums over all event types. */
  readonly failed: number
  readonly warned: number
  /** Number of records with an undecodable envelope. */
  readonly undecodableCount: number
  readonly tombstoneCount: number
}

/** Decodes the newest records of a topic by a schema, and counts the results by event type. Joins no group. */
export async function checkTopic(bus: EventBus, request: SchemaCheckRequest): Promise<SchemaCheck> {
  const { topic, schema, codec, last, signal } = request
  const slices = slicesToCheck(topic, await bus.log.ranges(topic), last)
  const tally = new Tally(schema, codec)
  for await (const batch of bus.log.read(slices, { signal })) for (const record of batch) tally.add(record)
  const types = [...tally.types.values()].map(
    ({ findings, ...counts }): TypeCheck => ({ ...counts, findings: [...findings.values()] }),
  )
  const sum = (key: 'failed' | 'warned') => types.reduce((total, type) => total + type[key], 0)
  return {
    topic,
    recordCount: tally.records,
    types: types.sort((a, b) => b.failed - a.failed || b.warned - a.warned || compareText(a.eventType, b.eventType)),
    failed: sum('failed'),
    warned: sum('warned'),
    undecodableCount: tally.undecodable,
    tombstoneCount: tally.tombstones,
  }
}

/** Divides the newest `last` records equally among the partitions. If a partition has fewer than its share, others get more. */
function slicesToCheck(topic: string, ranges: readonly PartitionRange[], last: number | undefined): LogSlice[] {
  let remaining = last === undefined ? undefined : BigInt(last)
  const sizes = ranges
    .map(({ partition, start, ...ends }) => {
      const end = stableEndOf(ends)
      return { partition, end, size: end - start }
    })
    .sort((a, b) => compareNumbers(a.size, b.size))
  return sizes.flatMap(({ partition, end, size }, index) => {
    // The smallest partitions come first, so the larger ones share what these leave. The division rounds up.
    const sharers = BigInt(sizes.length - index)
    const share = remaining === undefined ? size : (remaining + sharers - 1n) / sharers
    const taken = share < size ? share : size
    if (remaining !== undefined) remaining -= taken
    return taken > 0n ? [{ topic, partition, from: end - taken, to: end }] : []
  })
}

/** The counts of one event type so far. */
interface Counts {
  readonly eventType: string
  decoded: number
  failed: number
  warned: number
  /** By path and reason without their numbers. */
  readonly findings: Map<string, Finding & { count: number }>
}

/** Maximum number of different problems to report for an event type. */
const MAX_FINDINGS = 3

/** Decodes records by a schema and counts the results. */
class Tally {
  readonly types = new Map<string, Counts>()
  records = 0
  undecodable = 0
  tombstones = 0
  readonly #schema: CompiledSchema
  readonly #codec: NamedCodec | 'bincode' | undefined

  constructor(schema: Schema, codec: NamedCodec | 'bincode' | undefined) {
    this.#schema = new CompiledSchema(schema)
    this.#codec = codec
  }

  add(record: BusRecord): void {
    this.records += 1
    if (record.value === null) {
      this.tombstones += 1
      return
    }
    const envelope = decodeEnvelope(record.value)
    if (!envelope.ok) {
      this.undecodable += 1
      return
    }
    const { eventType, data } = envelope.event
    const counts = this.#countsOf(eventType)
    const { variant, problem } = this.#read(data, eventType)
    if (problem !== undefined) {
      counts.failed += 1
      countProblem(counts, record, problem.path, problem.reason)
      return
    }
    const warning = this.#schema.warningOf(eventType, variant)
    if (warning === undefined) counts.decoded += 1
    else {
      counts.warned += 1
      countProblem(counts, record, '', warning)
    }
  }

  /** Reads a payload with the codec of the topic. */
  #read(data: Uint8Array, eventType: string): Checked {
    const schema = this.#schema
    if (this.#codec === undefined ? schema.needsNames : this.#codec !== 'bincode')
      return this.#readNamed(data, eventType)
    const decoded = schema.decoder.decode(data)
    if (decoded.ok) return { variant: decoded.variant }
    const cause = schema.causeOfFailure(eventType, decoded.variant)
    const hint = schema.warningOf(eventType, decoded.variant) === undefined ? otherCodecHint(data) : ''
    const why = hint || (cause === undefined ? '' : `; ${cause}`)
    return {
      variant: undefined,
      problem: { path: decoded.path, reason: `${decoded.reason} (byte ${decoded.offset})${why}` },
    }
  }

  #readNamed(data: Uint8Array, eventType: string): Checked {
    const schema = this.#schema
    const codec = this.#codec
    if (codec === undefined || codec === 'bincode') {
      const found = detectByNames(data, schema, eventType)
      if (found === undefined) return failed('', 'the payload is neither JSON, CBOR nor MessagePack')
      if (!('misfit' in found)) return { variant: found.variant }
      const { path, reason } = found.at
      return failed(path, reason)
    }
    const read = schema.serde.decode(data, codec)
    return read.ok ? { variant: read.variant } : failed(read.path, read.reason)
  }

  #countsOf(eventType: string): Counts {
    const known = this.types.get(eventType)
    if (known) return known
    const counts: Counts = { eventType, decoded: 0, failed: 0, warned: 0, findings: new Map() }
    this.types.set(eventType, counts)
    return counts
  }
}

/** The variant of a payload, or why the schema does not read it. */
interface Checked {
  readonly variant: string | undefined
  readonly problem?: { readonly path: string; readonly reason: string }
}

const failed = (path: string, reason: string): Checked => ({ variant: undefined, problem: { path, reason } })

/** Says if an undecodable payload is in a codec with names, which TypeScript services publish in the same envelope; else empty. */
function otherCodecHint(data: Uint8Array): string {
  const payload = decodePayload(data)
  return payload.ok && isNamedCodec(payload.codec)
    ? `; the payload is ${payload.codec === 'msgpack' ? 'MessagePack' : payload.codec.toUpperCase()}, which services that use bincode do not read`
    : ''
}

/** Counts a problem. Problems that differ only in numbers, such as the index of a list item, count as the same problem. */
function countProblem({ findings }: Counts, { partition, offset }: BusRecord, path: string, reason: string): void {
  const key = `${path} ${reason}`.replace(/\d+/g, '0')
  const known = findings.get(key)
  if (known) known.count += 1
  else if (findings.size < MAX_FINDINGS) findings.set(key, { partition, offset, path, reason, count: 1 })
}
