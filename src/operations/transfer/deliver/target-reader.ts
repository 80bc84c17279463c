import type { BusRecord } from '../../../bus/record.ts'
import type { LogSlice, TopicLog } from '../../../bus/topic-log.ts'

/** Reads a slice record by record. */
export class TargetReader {
  readonly #batches: AsyncIterator<readonly BusRecord[]>
  #batch: readonly BusRecord[] = []
  #at = 0

  constructor(log: TopicLog, slice: LogSlice, signal: AbortSignal) {
    this.#batches = log.read([slice], { signal })[Symbol.asyncIterator]()
  }

  /** Returns the next record; `undefined` at the end of the slice. */
  async next(): Promise<BusRecord | undefined> {
    while (this.#at >= this.#batch.length) {
      const { done, value } = await this.#batches.next()
      if (done) return undefined
      this.#batch = value
      this.#at = 0
    }
    const record = this.#batch[this.#at]
    this.#at += 1
    return record
  }

  async close(): Promise<void> {
    await this.#batches.return?.()
  }
}
