import type { BusRecord } from '../bus/record.ts'
import { hashText } from './hash.ts'
import { kinds } from './layout.ts'
import type { RecordFacts } from './record-facts.ts'

/** The most records that a buffer holds: about 6 MB, and half a second of indexing. */
const BUFFER_RECORDS = 131_072

/** The records of one partition that arrived together: the indices from `start` to before `end`. */
export interface Chunk<Owner> {
  readonly owner: Owner
  readonly start: number
  end: number
}

/** Returns the values of the chosen fields of a record, in their order; `undefined` for a field that it does not have. */
export type FieldReader = (record: BusRecord) => readonly (string | undefined)[]

/** The facts of records in columns, until they are written. `Owner` is what the caller knows of a partition. */
export class IndexBuffer<Owner> {
  readonly offsets = new BigInt64Array(BUFFER_RECORDS)
  readonly timestamps = new BigInt64Array(BUFFER_RECORDS)
  readonly types = new Uint32Array(BUFFER_RECORDS)
  /** The hashes of each kind; 0 for a record without such a value. */
  readonly hashes: ReadonlyMap<number, Uint32Array>
  readonly #correlation = new Uint32Array(BUFFER_RECORDS)
  readonly #causation = new Uint32Array(BUFFER_RECORDS)
  readonly #message = new Uint32Array(BUFFER_RECORDS)
  readonly #key = new Uint32Array(BUFFER_RECORDS)
  readonly #fields: readonly Uint32Array[]
  readonly #readFields: FieldReader | undefined
  readonly #seed: number
  chunks: Chunk<Owner>[] = []
  count = 0

  /** `fieldIds` are the ids of the chosen fields, whose values `readFields` returns in the same order. */
  constructor(seed: number, fieldIds: readonly number[], readFields: FieldReader | undefined) {
    this.#seed = seed
    this.#readFields = fieldIds.length === 0 ? undefined : readFields
    this.#fields = fieldIds.map(() => new Uint32Array(BUFFER_RECORDS))
    this.hashes = new Map([
      [kinds.correlation, this.#correlation],
      [kinds.causation, this.#causation],
      [kinds.message, this.#message],
      [kinds.key, this.#key],
      ...fieldIds.map((id, at) => [kinds.field + id, this.#fields[at] as Uint32Array] as const),
    ])
  }

  get isFull(): boolean {
    return this.count === BUFFER_RECORDS
  }

  /** Adds a record of a partition. `type` is the id of its event type. The buffer must not be full. */
  add(owner: Owner, record: BusRecord, facts: RecordFacts, type: number): void {
    const at = this.count
    this.offsets[at] = record.offset
    this.timestamps[at] = record.timestamp
    this.types[at] = type
    this.#correlation[at] = facts.correlation
    this.#causation[at] = facts.causation
    this.#message[at] = facts.message
    this.#key[at] = facts.key
    if (this.#readFields !== undefined) this.#addFields(this.#readFields(record), at)
    this.count = at + 1
    const last = this.chunks.at(-1)
    if (last?.owner === owner) last.end = this.count
    else this.chunks.push({ owner, start: at, end: this.count })
  }

  #addFields(values: readonly (string | undefined)[], at: number): void {
    for (const [field, column] of this.#fields.entries()) {
      const value = values[field]
      column[at] = value === undefined ? 0 : hashText(value, this.#seed)
    }
  }

  clear(): void {
    this.count = 0
    this.chunks = []
  }
}
