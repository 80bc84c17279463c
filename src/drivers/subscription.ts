import type { GroupBatch, GroupMember } from '../bus/driver-port.ts'
import { deserializationFailed } from '../bus/errors.ts'
import type { EventBatch, EventStream, Received } from '../bus/event-bus.ts'
import type { BusRecord } from '../bus/record.ts'
import { decodeRecord, withTraceContext } from '../codecs/event-record.ts'

interface SubscriptionOptions {
  readonly signal?: AbortSignal | undefined
  readonly onClose?: (() => void) | undefined
  /** Called with the events just before the subscriber receives them. */
  readonly onReceived?: ((received: readonly Received[]) => void) | undefined
}

type NextEvent = IteratorResult<Received, undefined>

/** A batch from `takeBatch`, which the subscriber acknowledges itself. */
interface TakenBatch {
  readonly batch: GroupBatch
  /** The number of records. */
  readonly size: number
  /** How many of them the subscriber has acknowledged. */
  acknowledged: number
}

/**
 * Delivers the batches of a group member as single events, where requesting the next event acknowledges the previous one, or
 * as whole batches, which the subscriber acknowledges itself.
 */
export class Subscription implements EventStream {
  readonly #member: GroupMember
  readonly #options: SubscriptionOptions
  // A failed close is reported to the callers of `close`, who receive the same promise.
  readonly #onAbort = () => void this.close().catch(() => undefined)
  #batch: GroupBatch | undefined
  /** How many records of the current batch were delivered. */
  #delivered = 0
  /** The batches that `takeBatch` returned, by partition and in offset order, from the first unacknowledged one on. */
  readonly #taken = new Map<string, TakenBatch[]>()
  #closing: Promise<void> | undefined
  /** How many calls are pending. A caller may call again before the last call has resolved; calls run one after another. */
  #pending = 0
  #lastCall: Promise<unknown> = Promise.resolve()

  constructor(member: GroupMember, options: SubscriptionOptions = {}) {
    this.#member = member
    this.#options = options
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (options.signal?.aborted) this.#onAbort()
  }

  next(): Promise<NextEvent> {
    return this.#inTurn(async () => {
      const [value] = (await this.#take(1)) ?? []
      return value === undefined ? { done: true, value } : { done: false, value }
    })
  }

  nextBatch(): Promise<readonly Received[] | undefined> {
    return this.#inTurn(() => this.#take(Number.POSITIVE_INFINITY))
  }

  takeBatch(): Promise<EventBatch | undefined> {
    return this.#inTurn(async () => {
      const items = await this.#take(Number.POSITIVE_INFINITY)
      return items === undefined ? undefined : this.#toEventBatch(items)
    })
  }

  async return(): Promise<NextEvent> {
    await this.close()
    return { done: true, value: undefined }
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave()
    return this.#closing
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Runs a call after the calls before it. */
  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    // Without a pending call, run this one synchronously up to its first await. So the previous event is acknowledged even if
    // the caller closes the stream without awaiting this call.
    this.#pending += 1
    const result = (this.#pending === 1 ? call() : this.#lastCall.then(call)).finally(() => {
      this.#pending -= 1
    })
    this.#lastCall = result.catch(() => undefined)
    return result
  }

  /**
   * Delivers 1 to `count` records of one batch; waits for a batch if necessary. Resolves with `undefined` once the stream has
   * ended.
   */
  async #take(count: number): Promise<readonly Received[] | undefined> {
    while (this.#closing === undefined) {
      const records = this.#nextOfBatch(count)
      if (records.length > 0) {
        const received = records.map(toReceived)
        this.#options.onReceived?.(received)
        return received
      }
      const batch = await this.#fetch()
      // Closed meanwhile: give the batch back at once, because the member may wait for it before it leaves the group.
      if (this.#closing !== undefined) batch?.finish()
      else if (batch === undefined) await this.close()
      else this.#batch = batch
    }
    return undefined
  }

  /**
   * Acknowledges the delivered records of the current batch and returns the next ones. Finishes the batch after its last record.
   */
  #nextOfBatch(count: number): readonly BusRecord[] {
    const batch = this.#batch
    if (batch === undefined) return []
    if (this.#delivered > 0 && !batch.revoked) batch.acknowledge(this.#delivered - 1)
    const records = batch.revoked ? [] : batch.records.slice(this.#delivered, this.#delivered + count)
    if (records.length === 0) this.#finishBatch()
    else this.#delivered += records.length
    return records
  }

  async #fetch(): Promise<GroupBatch | undefined> {
    try {
      return await this.#member.next()
    } catch (error) {
      // `for await` does not call `return` after `next` has rejected, so close here; else the member would keep its
      // partitions. The first error is the one to report.
      await this.close().catch(() => undefined)
      throw error
    }
  }

  /** Converts the current batch to one that the subscriber acknowledges. */
  #toEventBatch(items: readonly Received[]): EventBatch {
    const taken: TakenBatch = { batch: this.#batch as GroupBatch, size: this.#delivered, acknowledged: 0 }
    this.#batch = undefined
    this.#delivered = 0
    const [{ record }] = items as readonly [Received]
    const partition = `${record.topic}/${record.partition}`
    const queue = this.#taken.get(partition) ?? []
    this.#taken.set(partition, queue)
    queue.push(taken)
    const acknowledge = (count = items.length) => {
      if (count <= taken.acknowledged) return
      taken.acknowledged = Math.min(count, items.length)
      this.#acknowledgeInOrder(partition)
    }
    return { items, acknowledge }
  }

  /** Acknowledges the batches at the head of a partition's queue, up to the first event that the subscriber has not acknowledged. */
  #acknowledgeInOrder(partition: string): void {
    const queue = this.#taken.get(partition) ?? []
    const revoked: TakenBatch[] = []
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const { batch, size, acknowledged } = first
      if (!batch.revoked) {
        if (acknowledged > 0) batch.acknowledge(acknowledged - 1)
        if (acknowledged < size) break
      }
      queue.shift()
      // The member may have lost the partition and got it back: its new batches do not wait for the revoked ones.
      if (batch.revoked) revoked.push(first)
      else batch.finish()
    }
    finishUnacknowledged(revoked)
    if (queue.length === 0) this.#taken.delete(partition)
  }

  #finishBatch(): void {
    this.#batch?.finish()
    this.#batch = undefined
    this.#delivered = 0
  }

  async #leave(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#finishBatch()
    for (const queue of this.#taken.values()) finishUnacknowledged(queue)
    this.#taken.clear()
    try {
      await this.#member.close()
    } finally {
      this.#options.onClose?.()
    }
  }
}

/** Gives batches of one partition back to the member, the newest first, so that delivery resumes at the oldest. */
function finishUnacknowledged(queue: readonly TakenBatch[]): void {
  for (const { batch } of queue.toReversed()) batch.finish()
}

function toReceived(record: BusRecord): Received {
  if (record.value === null) {
    return { ok: false, record, error: deserializationFailed('Message has no payload', { topic: record.topic }) }
  }
  const decoded = decodeRecord({ value: record.value, headers: record.headers })
  if (decoded.ok) return { ok: true, event: withTraceContext(decoded.event, record.headers), record }
  const reason = `Failed to deserialize event: ${decoded.reason}`
  return { ok: false, record, error: deserializationFailed(reason, { topic: record.topic }) }
}
