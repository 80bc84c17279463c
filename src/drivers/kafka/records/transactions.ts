import { compareNumbers } from '../../../bus/compare.ts'
import type { BusRecord } from '../../../bus/record.ts'
import type { AbortedTransaction } from '../protocol/fetch.ts'
import { corrupt } from './batch-errors.ts'

/** Types of control records (https://kafka.apache.org/documentation/#controlbatch). The key is a version and the type. */
const ABORT = 0
const COMMIT = 1

/**
 * Decides which transactional records of an answer are dropped. No checksum covers the answer's list of aborted
 * transactions, so it is checked against the control records that end transactions: records must not be delivered and then
 * aborted, nor dropped and then committed.
 */
export class Transactions {
  readonly #starts: AbortedTransaction[]
  /** Producers whose current transaction is aborted. */
  readonly #dropped = new Set<bigint>()
  /** Producers with delivered records of their current transaction. */
  readonly #delivered = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#starts = [...aborted].sort((a, b) => compareNumbers(a.firstOffset, b.firstOffset))
  }

  /** Starts the aborted transactions that begin at or before this offset. */
  begin(last: bigint): void {
    while (this.#starts[0] && this.#starts[0].firstOffset <= last) {
      this.#dropped.add((this.#starts.shift() as AbortedTransaction).producerId)
    }
  }

  /** Returns whether the records of a producer are dropped; otherwise notes that they are delivered. */
  drops(producer: bigint): boolean {
    if (this.#dropped.has(producer)) return true
    this.#delivered.add(producer)
    return false
  }

  /** Ends the transaction of a producer. Throws where its control records contradict the list of aborted transactions. */
  end(producer: bigint, markers: readonly BusRecord[]): void {
    for (const { key } of markers) {
      const type = key !== null && key.length >= 4 ? Buffer.from(key).readInt16BE(2) : undefined
      if (type !== ABORT && type !== COMMIT) continue
      const isWrong = type === ABORT ? this.#delivered.has(producer) : this.#dropped.has(producer)
      if (isWrong) throw corrupt(`its aborted transactions contradict its control records (producer ${producer})`)
      this.#delivered.delete(producer)
      this.#dropped.delete(producer)
    }
  }
}
