import type { BusRecord, Header } from '../../../bus/record.ts'
import { bits } from './write-records.ts'

/** The payload of a frame does not follow the format, although its checksum is right. */
export class InvalidRecords extends Error {
  override readonly name = 'InvalidRecords'
}

/** The fewest bytes of a record: flags and timestamp. */
const MIN_RECORD_BYTES = 2
/** The fewest bytes of a header: the sizes of name and value. */
const MIN_HEADER_BYTES = 2
const MAX_INT64 = 2n ** 63n - 1n
const NO_HEADERS: readonly Header[] = []

/**
 * Decodes the records of a frame, run by run. Key, value and headers are views of `bytes`. Every size is checked against the bytes
 * that are left. Throws {@link InvalidRecords}.
 */
export function readRecords(bytes: Buffer, topics: readonly string[]): readonly (readonly BusRecord[])[] {
  const reader = new RecordsReader(bytes)
  const runs: (readonly BusRecord[])[] = []
  while (!reader.isAtEnd) runs.push(reader.run(topics))
  return runs
}

class RecordsReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  run(topics: readonly string[]): readonly BusRecord[] {
    const index = this.#varint()
    const topic = topics[index]
    if (topic === undefined) throw new InvalidRecords(`topic ${index} is not in the header`)
    const partition = this.#varint()
    let next = this.#int64()
    let time = this.#int64()
    const count = this.#count(MIN_RECORD_BYTES, 'records')
    const records: BusRecord[] = []
    for (let left = count; left > 0; left -= 1) {
      const record = this.#record(topic, partition, next, time)
      records.push(record)
      next = record.offset + 1n
      time = record.timestamp
    }
    return records
  }

  #record(topic: string, partition: number, next: bigint, time: bigint): BusRecord {
    const flags = this.#byte()
    if (flags > 63) throw new InvalidRecords(`the flags of a record are ${flags}`)
    const offset = (flags & bits.gap) === 0 ? next : this.#int64()
    if (offset < next) throw new InvalidRecords(`offset ${offset} is before ${next}`)
    const timestamp = (flags & bits.wholeTimestamp) === 0 ? time + this.#zigzag() : this.#int64()
    // Beyond the range, the drivers could not encode it.
    if (timestamp > MAX_INT64 || timestamp < -MAX_INT64 - 1n) throw new InvalidRecords(`a timestamp is ${timestamp}`)
    const key = (flags & bits.key) === 0 ? null : this.#take(this.#varint())
    const value = (flags & bits.value) === 0 ? null : this.#take(this.#varint())
    const headers = (flags & bits.headers) === 0 ? NO_HEADERS : this.#headers()
    const record = { topic, partition, offset, timestamp, key, value, headers }
    return (flags & bits.append) === 0 ? record : { ...record, timestampType: 'append' }
  }

  #headers(): readonly Header[] {
    const count = this.#count(MIN_HEADER_BYTES, 'headers')
    const headers: Header[] = []
    for (let left = count; left > 0; left -= 1) {
      const name = this.#take(this.#varint()).toString('utf8')
      const size = this.#varint()
      headers.push([name, size === 0 ? null : this.#take(size - 1)])
    }
    return headers
  }

  /** Reads a count of things that take at least `least` bytes each. */
  #count(least: number, what: string): number {
    const count = this.#varint()
    if (count * least > this.#bytes.length - this.#at) throw new InvalidRecords(`${count} ${what} are announced`)
    return count
  }

  #zigzag(): bigint {
    const value = this.#varint()
    return BigInt(value % 2 === 0 ? value / 2 : -(value + 1) / 2)
  }

  #varint(): number {
    let value = this.#byte()
    if (value < 0x80) return value
    value -= 0x80
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (!Number.isSafeInteger(value)) throw new InvalidRecords('a number is too large')
      if (byte < 0x80) return value
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new InvalidRecords('it ends in the middle of a record')
    this.#at += 1
    return byte
  }

  #int64(): bigint {
    const bytes = this.#take(8)
    return bytes.readBigInt64BE(0)
  }

  #take(size: number): Buffer {
    const end = this.#at + size
    if (end > this.#bytes.length) throw new InvalidRecords('it ends in the middle of a record')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
