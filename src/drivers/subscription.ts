import type { GroupBatch, GroupMember } from '../bus/driver-port.ts'
import { deserializationFailed } from '../bus/errors.ts'
import type { EventBatch, EventStream, Received } from '../bus/event-bus.ts'
import type { BusRecord } from '../bus/record.ts'
import { decodeRecord, withTraceContext } from '../codecs/event-record.ts'

interface SubscriptionOptions {
  readonly signal?: AbortSignal | undefined
  readonly onClose?: (() => void) | undefined
  /** Told what the reader is given. */
  readonly onReceived?: ((received: readonly Received[]) => void) | undefined
}

type Answer = IteratorResult<Received, undefined>

/** A batch handed out whole; the subscriber acknowledges it. */
interface Held {
  readonly batch: GroupBatch
  /** The index of its last record. */
  readonly last: number
  isAcknowledged: boolean
}

/**
 * A group member's batches as single events, where asking for the next event acknowledges the one before; or as whole
 * batches, which the subscriber acknowledges.
 */
export class Subscription implements EventStream {
  readonly #member: GroupMember
  readonly #options: SubscriptionOptions
  // A failing close is for those who call `close` to hear of: the promise is kept and given to them.
  readonly #onAbort = () => void this.close().catch(() => undefined)
  #batch: GroupBatch | undefined
  /** How many records of the batch were handed out. */
  #taken = 0
  /** By partition, the batches that are not acknowledged yet and those behind them, in offset order. */
  readonly #held = new Map<string, Held[]>()
  #closing: Promise<void> | undefined
  /** Questions not answered yet. Callers may ask ahead: they are answered in turn. */
  #open = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(member: GroupMember, options: SubscriptionOptions = {}) {
    this.#member = member
    this.#options = options
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (options.signal?.aborted) this.#onAbort()
  }

  next(): Promise<Answer> {
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
      return items === undefined ? undefined : this.#hold(items)
    })
  }

  async return(): Promise<Answer> {
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

  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    // With nobody in front, the acknowledgement happens before this returns: a `close` right after cannot undo it.
    this.#open += 1
    const answer = (this.#open === 1 ? ask() : this.#last.then(ask)).finally(() => {
      this.#open -= 1
    })
    this.#last = answer.catch(() => undefined)
    return answer
  }

  /** At least one and at most `count` of the records at hand; `undefined` when the stream is over. */
  async #take(count: number): Promise<readonly Received[] | undefined> {
    while (this.#closing === undefined) {
      const records = this.#restOfBatch(count)
      if (records.length > 0) {
        const received = records.map(toReceived)
        this.#options.onReceived?.(received)
        return received
      }
      const batch = await this.#fetch()
      // Arrived too late to be read here: given back at once, since the member may be waiting for it to leave.
      if (this.#closing !== undefined) batch?.finish()
      else if (batch === undefined) await this.close()
      else this.#batch = batch
    }
    return undefined
  }

  #restOfBatch(count: number): readonly BusRecord[] {
    const batch = this.#batch
    if (batch === undefined) return []
    if (this.#taken > 0 && !batch.revoked) batch.acknowledge(this.#taken - 1)
    const records = batch.revoked ? [] : batch.records.slice(this.#taken, this.#taken + count)
    if (records.length === 0) this.#finishBatch()
    else this.#taken += records.length
    return records
  }

  async #fetch(): Promise<GroupBatch | undefined> {
    try {
      return await this.#member.next()
    } catch (error) {
      // A `for await` that was thrown at does not call `return`: without this the member would keep its partitions.
      // The first error is the one to tell.
      await this.close().catch(() => undefined)
      throw error
    }
  }

  /** Hands the batch at hand over to the subscriber, to be acknowledged by it. */
  #hold(items: readonly Received[]): EventBatch {
    const held: Held = { batch: this.#batch as GroupBatch, last: this.#taken - 1, isAcknowledged: false }
    this.#batch = undefined
    this.#taken = 0
    const [{ record }] = items as readonly [Received]
    const place = `${record.topic}/${record.partition}`
    const queue = this.#held.get(place) ?? []
    this.#held.set(place, queue)
    queue.push(held)
    const acknowledge = () => {
      if (held.isAcknowledged) return
      held.isAcknowledged = true
      this.#acknowledgeInOrder(place)
    }
    return { items, acknowledge }
  }

  /** Acknowledges the batches at the head of a partition's queue, up to the first one the subscriber works on. */
  #acknowledgeInOrder(place: string): void {
    const queue = this.#held.get(place) ?? []
    const lost: Held[] = []
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const { batch, last, isAcknowledged } = first
      if (!batch.revoked && !isAcknowledged) break
      queue.shift()
      // The partition may be this member's again by now: its new batches do not wait for those that it lost.
      if (batch.revoked) lost.push(first)
      else {
        batch.acknowledge(last)
        batch.finish()
      }
    }
    finishUnacknowledged(lost)
    if (queue.length === 0) this.#held.delete(place)
  }

  #finishBatch(): void {
    this.#batch?.finish()
    this.#batch = undefined
    this.#taken = 0
  }

  async #leave(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#finishBatch()
    for (const queue of this.#held.values()) finishUnacknowledged(queue)
    this.#held.clear()
    try {
      await this.#member.close()
    } finally {
      this.#options.onClose?.()
    }
  }
}

/** Gives back batches of one partition. The newest first, so that delivery begins again at the oldest. */
function finishUnacknowledged(queue: readonly Held[]): void {
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
