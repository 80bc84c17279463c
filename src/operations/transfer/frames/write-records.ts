import type { BusRecord } from '../../../bus/record.ts'

/** Bits of the first byte of a record. */
export const bits = {
  key: 1,
  value: 2,
  headers: 4,
  /** The broker set the timestamp. */
  append: 8,
  /** The timestamp has 8 bytes, because its difference to the one before is too large. */
  wholeTimestamp: 16,
  /** The offset does not follow the one before. */
  gap: 32,
} as const

/** The largest difference of timestamps that is stored as a varint, about 4000 years in milliseconds. */
const MAX_TIME_DELTA = 2n ** 47n
/** The most bytes of a record without key, value and headers: flags, three varints of 10 bytes, a timestamp. */
const MAX_FIXED_BYTES = 64
const INITIAL_BYTES = 256 * 1024

/** Encodes records into the payload of a frame: runs of records of one partition. See README.md for the layout. */
export class RecordsWriter {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES)
  #end = 0
  /** The number of records since the last `take`. */
  count = 0

  /** The size of the payload so far. */
  get size(): number {
    return this.#end
  }

  /** Adds records of one partition in offset order. `topic` is the index of the topic in the header of the file. */
  addRun(topic: number, records: readonly BusRecord[]): void {
    const [first] = records
    if (first === undefined) return
    this.#reserve(MAX_FIXED_BYTES)
    this.#varint(topic)
    this.#varint(first.partition)
    this.#int64(first.offset)
    this.#int64(first.timestamp)
    this.#varint(records.length)
    let next = first.offset
    let time = first.timestamp
    for (const record of records) {
      this.#record(record, next, time)
      next = record.offset + 1n
      time = record.timestamp
    }
    this.count += records.length
  }

  /** Returns a copy of the payload, and begins the next one. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#end))
    this.#end = 0
    this.count = 0
    return taken
  }

  #record(record: BusRecord, next: bigint, time: bigint): void {
    const { key, value, headers, offset, timestamp } = record
    this.#reserve(MAX_FIXED_BYTES + (key?.length ?? 0) + (value?.length ?? 0))
    const delta = timestamp - time
    const isWhole = delta > MAX_TIME_DELTA || delta < -MAX_TIME_DELTA
    this.#bytes[this.#end++] =
      (key === null ? 0 : bits.key) |
      (value === null ? 0 : bits.value) |
      (headers.length === 0 ? 0 : bits.headers) |
      (record.timestampType === 'append' ? bits.append : 0) |
      (isWhole ? bits.wholeTimestamp : 0) |
      (offset === next ? 0 : bits.gap)
    if (offset !== next) this.#int64(offset)
    if (isWhole) this.#int64(timestamp)
    else {
      const difference = Number(delta)
      // Zigzag: small negative numbers stay small.
      this.#varint(difference < 0 ? -2 * difference - 1 : 2 * difference)
    }
    if (key !== null) this.#sized(key)
    if (value !== null) this.#sized(value)
    if (headers.length === 0) return
    this.#varint(headers.length)
    for (const [name, bytes] of headers) {
      const nameBytes = Buffer.from(name)
      this.#reserve(MAX_FIXED_BYTES + nameBytes.length + (bytes?.length ?? 0))
      this.#sized(nameBytes)
      this.#varint(bytes === null ? 0 : bytes.length + 1)
      if (bytes !== null) this.#copy(bytes)
    }
  }

  #sized(bytes: Uint8Array): void {
    this.#varint(bytes.length)
    this.#copy(bytes)
  }

  #copy(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  #varint(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#end++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#end++] = rest
  }

  #int64(value: bigint): void {
    this.#bytes.writeBigInt64BE(value, this.#end)
    this.#end += 8
  }

  #reserve(more: number): void {
    const wanted = this.#end + more
    if (wanted <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#bytes.length))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}
