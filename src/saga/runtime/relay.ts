import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { MonotonicClock } from '../../bus/time/monotonic-clock.ts'
import type { EventStore, Lease, PendingMessage } from '../../store/event-store.ts'
import { Alarm } from '../alarm.ts'
import { pauseAfter } from '../back-off.ts'
import { asError, isStoreAway } from '../reports/problem.ts'
import type { Watch } from '../reports/watch.ts'

export interface RelayOptions {
  readonly bus: EventBus
  readonly store: EventStore
  readonly owner: string
  readonly clock: MonotonicClock
  readonly watch: Watch
}

/** How often the relay reads the outbox for messages that other processes stored. */
const POLL_MS = 100
/** How long published messages may stay in the outbox, so that many are deleted together. */
const MAX_DELETE_DELAY_MS = 50
/** The number of published messages that are deleted without a delay. */
const DELETE_BATCH_MESSAGES = 250
/** How often the relay tries to take the lease while another process holds it. */
const LEASE_RETRY_MS = 1000
/** The most messages that are read from the outbox at once. */
const PAGE_MESSAGES = 500
/** The most messages that are read at once when messages of paused topics fill smaller pages. */
const MAX_PAGE_MESSAGES = 50_000
/** A message that fails this often, published by itself, becomes a dead letter. */
const MAX_ATTEMPTS = 10

/**
 * Publishes the messages of the outbox: each at least once, and those of one topic in the order they were stored. A message
 * is deleted from the outbox after the bus has acknowledged it, so that the next process publishes it when this one dies in
 * between.
 *
 * While the bus is unreachable, the relay retries without a limit. A message that the bus refuses for good, or that fails by
 * itself ten times, becomes a dead letter, and the messages behind it are published.
 */
export class Relay {
  readonly #options: RelayOptions
  readonly #alarm: Alarm
  /** Topics whose publishing failed, and the time of the next attempt. */
  readonly #paused = new Map<string, { failures: number; until: number }>()
  /** Ids of messages that are published and not deleted from the outbox yet. */
  readonly #published = new Set<string>()
  /** The time of the last deletion. */
  #deletedAt = 0
  /** The number of messages that the next read requests. */
  #pageSize = PAGE_MESSAGES
  #storeFailures = 0
  #isStopping = false

  constructor(options: RelayOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.clock)
  }

  /** Publishes new messages now instead of at the next poll. */
  wake(): void {
    this.#alarm.ring()
  }

  /** Relays until {@link stop}. Rejects when the store fails for another reason than an outage. */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      const lease = await this.#guarded(() => this.#options.store.outbox.lease(this.#options.owner))
      if (lease === undefined) await this.#waitForLease()
      else {
        try {
          await this.#hold(lease)
        } finally {
          // When the store is unreachable, the lease has ended already.
          await lease.release().catch(() => undefined)
        }
      }
    }
  }

  /** Waits before the next attempt to take the lease. Wake-ups do not end the wait: the holder of the lease publishes. */
  async #waitForLease(): Promise<void> {
    const { clock } = this.#options
    const until = clock.now() + LEASE_RETRY_MS
    while (!this.#isStopping && clock.now() < until) await this.#alarm.wait(until - clock.now())
  }

  /** Stops after publishing the messages that are stored and can be published. */
  stop(): void {
    this.#isStopping = true
    this.#alarm.ring()
  }

  /** Publishes as long as this process holds the lease. */
  async #hold(lease: Lease): Promise<void> {
    while (!lease.lost.aborted) {
      // A commit from here on rings the alarm, so that the wait below ends at once.
      const published = await this.#guarded(() => this.#publishPending())
      if (published !== undefined && published.count > 0 && (published.isMore || this.#isStopping)) continue
      // Another process or the next start publishes the rest.
      if (this.#isStopping) break
      await this.#alarm.wait(this.#published.size > 0 ? MAX_DELETE_DELAY_MS : POLL_MS)
    }
    await this.#guarded(() => this.#deletePublished())
    this.#published.clear()
  }

  /** Runs work on the store. While the store is unreachable, waits for the back-off and returns `undefined`. */
  async #guarded<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work()
      this.#storeFailures = 0
      this.#options.watch.restored(STORE)
      return result
    } catch (error) {
      if (!isStoreAway(error)) throw error
      this.#storeFailures += 1
      const reason = asError(error)
      this.#options.watch.lost(STORE, { message: `the outbox waits for its store: ${reason.message}`, error: reason })
      if (!this.#isStopping) await this.#alarm.wait(pauseAfter(this.#storeFailures))
      return undefined
    }
  }

  /** Publishes the pending messages once and deletes them. Returns their number. */
  async pass(): Promise<number> {
    const { count } = await this.#publishPending()
    await this.#deletePublished()
    return count
  }

  /**
   * Publishes one page of messages while it deletes those published before. Returns how many messages left the outbox or are
   * published, and whether there may be more.
   */
  async #publishPending(): Promise<{ readonly count: number; readonly isMore: boolean }> {
    const { store, owner, clock } = this.#options
    const pending = await store.outbox.pending(owner, this.#pageSize, this.#published)
    const now = clock.now()
    const ready = pending.filter(({ topic }) => (this.#paused.get(topic)?.until ?? 0) <= now)
    const isFull = pending.length === this.#pageSize
    // Reads further when messages of paused topics fill the page.
    const isBlocked = ready.length === 0 && isFull
    this.#pageSize = isBlocked ? Math.min(MAX_PAGE_MESSAGES, this.#pageSize * 4) : PAGE_MESSAGES
    const topics = Map.groupBy(ready, ({ topic }) => topic)
    const isDue = this.#published.size >= DELETE_BATCH_MESSAGES || now - this.#deletedAt >= MAX_DELETE_DELAY_MS
    const working = [...topics].map(([topic, messages]) => this.#publish(topic, messages))
    if (isDue) working.push(this.#deletePublished())
    // Waits for all, whatever fails: a message that is being published must not be published a second time meanwhile.
    const results = await Promise.allSettled(working)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    const count = results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0)
    return { count, isMore: isFull }
  }

  /** Deletes the published messages. Returns 0 for the sum in `#publishPending`: they were counted when they were published. */
  async #deletePublished(): Promise<number> {
    const { store, owner, clock } = this.#options
    const ids = [...this.#published]
    this.#deletedAt = clock.now()
    if (ids.length === 0) return 0
    await store.outbox.published(owner, ids)
    for (const id of ids) this.#published.delete(id)
    return 0
  }

  /** Publishes messages of one topic. Returns how many were published or moved to the dead letters. */
  async #publish(topic: string, messages: readonly PendingMessage[]): Promise<number> {
    const { bus, watch } = this.#options
    try {
      await bus.publish(
        topic,
        messages.map(({ event }) => event),
        { key: (_, index) => messages[index]?.key, callerLogs: watch.hasLogger },
      )
    } catch (error) {
      const failure = asError(error)
      if (isPassing(failure)) return this.#pause(topic, failure)
      return messages.length === 1 ? this.#refused(messages, failure) : this.#publishEach(topic, messages)
    }
    watch.published(messages.length)
    if (this.#paused.delete(topic)) watch.restored(busOf(topic))
    for (const { id } of messages) this.#published.add(id)
    return messages.length
  }

  /** Publishes messages one by one to find the one that fails. The messages behind it wait, to keep their order. */
  async #publishEach(topic: string, messages: readonly PendingMessage[]): Promise<number> {
    let published = 0
    for (const message of messages) {
      const count = await this.#publish(topic, [message])
      if (count === 0) break
      published += count
    }
    return published
  }

  /** Counts a failure of one message, or moves it to the dead letters. Returns 1 when it left the outbox, else 0. */
  async #refused([message]: readonly PendingMessage[], error: Error): Promise<number> {
    const { store, owner, watch } = this.#options
    const { id, topic, attempts, event } = message as PendingMessage
    const isRefused = error instanceof EventBusError && error.isPassing === false
    if (!isRefused && attempts + 1 < MAX_ATTEMPTS) {
      await store.outbox.failed(owner, [id])
      return this.#pause(topic, error)
    }
    await store.outbox.bury(owner, id, { message: error.message, details: error.stack })
    // The topic is not held up any more; a failure of its next message is a new outage.
    watch.restored(busOf(topic))
    watch.movedToDeadLetters({
      message: `moved ${event.eventType} from the outbox to the dead letters: ${error.message}`,
      error,
      event,
    })
    return 1
  }

  /** Pauses a topic for the back-off. Returns 0, the number of published messages. */
  #pause(topic: string, error: Error): number {
    const failures = (this.#paused.get(topic)?.failures ?? 0) + 1
    this.#paused.set(topic, { failures, until: this.#options.clock.now() + pauseAfter(failures) })
    this.#options.watch.lost(busOf(topic), { message: `messages for ${topic} wait: ${error.message}`, error })
    return 0
  }
}

/** The names of store and bus in {@link Watch.lost}. */
const STORE = 'store (outbox)'
const busOf = (topic: string): string => `bus (${topic})`

const isPassing = (error: Error): boolean => error instanceof EventBusError && error.isPassing === true
