import type { BusRecord } from '../../bus/record.ts'

/** The records of one partition, whose oldest may have been deleted. Offsets have no gaps, as on an embedded bus. */
export class MemoryLog {
  #start = 0n
  #records: BusRecord[] = []

  /** The offset of the oldest record; `end` if there is none. */
  get start(): bigint {
    return this.#start
  }

  /** The offset of the next record. */
  get end(): bigint {
    return this.#start + BigInt(this.#records.length)
  }

  push(record: BusRecord): void {
    this.#records.push(record)
  }

  /** Returns at most `count` records from the offset `from` on, or from the oldest record if that was deleted. */
  slice(from: bigint, count: number): readonly BusRecord[] {
    const index = from < this.#start ? 0 : Number(from - this.#start)
    return this.#records.slice(index, index + count)
  }

  /** Returns the offset of the first record with at least this timestamp, or the end. */
  offsetAt(timestamp: bigint): bigint {
    const index = this.#records.findIndex((record) => record.timestamp >= timestamp)
    return index === -1 ? this.end : this.#start + BigInt(index)
  }

  /** Deletes the records before an offset, which is not after the end. Earlier offsets than the start change nothing. */
  deleteBefore(offset: bigint): void {
    if (offset <= this.#start) return
    this.#records = this.#records.slice(Number(offset - this.#start))
    this.#start = offset
  }
}
