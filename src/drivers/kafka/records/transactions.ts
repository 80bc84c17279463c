import { compareNumbers } from '../../../bus/compare.ts'
import type { BusRecord } from '../../../bus/record.ts'
import type { AbortedTransaction } from '../protocol/fetch.ts'
import { corrupt } from './batch-errors.ts'

/** Types of control records (https://kafka.apache.org/documentation/#controlbatch). The key is a version and the type. */
const ABORT = 0
const COMMIT = 1

/**
 * Decides which transactional records of an answer are dropped, by the list of aborted transactions in the answer. No checksum
 * covers that list, so it is checked against the control records that end transactions: records must not be delivered and then
 * aborted, nor dropped and then committed.
 */
export class Transactions {
  /** The aborted transactions that have not begun yet, sorted by offset. */
  readonly #upcoming: AbortedTransaction[]
  /** Producers whose current transaction is aborted. */
  readonly #aborted = new Set<bigint>()
  /** Producers with delivered records of their current transaction. */
  readonly #delivered = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#upcoming = [...aborted].sort((a, b) => compareNumbers(a.firstOffset, b.firstOffset))
  }

  /** Starts the aborted transactions that begin at or before this offset. */
  begin(last: bigint): void {
    while (this.#upcoming[0] && this.#upcoming[0].firstOffset <= last) {
      this.#aborted.add((this.#upcoming.shift() as AbortedTransaction).producerId)
    }
  }

  /** Returns whether the records of a producer are dropped. If not, notes that they are delivered. */
  drops(producer: bigint): boolean {
    if (this.#aborted.has(producer)) return true
    this.#delivered.add(producer)
    return false
  }

  /** Ends the transaction of a producer. Throws if its control records contradict the list of aborted transactions. */
  end(producer: bigint, markers: readonly BusRecord[]): void {
    for (const { key } of markers) {
      const type = key !== null && key.length >= 4 ? Buffer.from(key).readInt16BE(2) : undefined
      if (type !== ABORT && type !== COMMIT) continue
      const isWrong = type === ABORT ? this.#delivered.has(producer) : this.#aborted.has(producer)
      if (isWrong) throw corrupt(`its aborted transactions contradict its control records (producer ${producer})`)
      this.#delivered.delete(producer)
      this.#aborted.delete(producer)
    }
  }
}
