import type { BusRecord } from '../../../bus/record.ts'
import type { AbortedTransaction } from '../protocol/fetch.ts'
import { corrupt } from './batch-errors.ts'

/** Control records (https://kafka.apache.org/documentation/#controlbatch): the key is a version and this type. */
const ABORT = 0
const COMMIT = 1

/**
 * Which transactions an answer drops. The list of aborted ones is outside of every checksum, so it is compared with the
 * markers that end transactions: records must not be given and aborted, nor dropped and committed.
 */
export class Transactions {
  readonly #starts: AbortedTransaction[]
  /** Producers in an aborted transaction, and those of whose open transaction records were given. */
  readonly #dropped = new Set<bigint>()
  readonly #given = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#starts = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  }

  /** Takes up the transactions that were aborted and began at this offset or before. */
  begin(last: bigint): void {
    while (this.#starts[0] && this.#starts[0].firstOffset <= last) {
      this.#dropped.add((this.#starts.shift() as AbortedTransaction).producerId)
    }
  }

  drops(producer: bigint): boolean {
    if (this.#dropped.has(producer)) return true
    this.#given.add(producer)
    return false
  }

  /** Ends the transaction of a producer by its control records. */
  end(producer: bigint, markers: readonly BusRecord[]): void {
    for (const { key } of markers) {
      const type = key !== null && key.length >= 4 ? Buffer.from(key).readInt16BE(2) : undefined
      if (type !== ABORT && type !== COMMIT) continue
      const isWrong = type === ABORT ? this.#given.has(producer) : this.#dropped.has(producer)
      if (isWrong) throw corrupt(`the answer lists other aborted transactions than it holds (producer ${producer})`)
      this.#given.delete(producer)
      this.#dropped.delete(producer)
    }
  }
}
