import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { EventStore, Lease, PendingMessage } from '../../store/event-store.ts'
import { Alarm, type Pace, pauseAfter } from '../pace.ts'
import { asError, isStoreAway } from '../reports/problem.ts'
import type { Watch } from '../reports/watch.ts'

export interface RelayOptions {
  readonly bus: EventBus
  readonly store: EventStore
  readonly owner: string
  readonly pace: Pace
  readonly watch: Watch
}

/** How often it looks for messages that other processes stored. Milliseconds. */
const LOOK_MS = 100
/** How long messages that are on the bus may stay in the store: forgetting many together spares it work. Milliseconds. */
const FORGET_MS = 50
/** So many are not waited with. */
const MANY_TO_FORGET = 250
/** How often it asks for the right to relay while another process has it. */
const ASK_MS = 1000
/** The most messages of one look. */
const MOST_MESSAGES = 500
/** So many when those of topics that wait fill the first ones. */
const MOST_MESSAGES_EVER = 50_000
/** A message that fails this often by itself is a dead letter. */
const MOST_ATTEMPTS = 10

/**
 * Brings stored messages to the bus: at least once each, those of a topic in the order they were stored. One is
 * forgotten after the bus has acknowledged it, so that a process which dies in between leaves it to the next.
 *
 * A bus that is away is waited for as long as it takes. A message that the bus refuses for good, or that fails by itself
 * ten times, goes to the dead letters, and what is behind it goes on.
 */
export class Relay {
  readonly #options: RelayOptions
  readonly #alarm: Alarm
  /** Topics that failed, and until when they are left alone. */
  readonly #resting = new Map<string, { failures: number; until: number }>()
  /** Ids of messages that are on the bus and still in the store. */
  readonly #published = new Set<string>()
  #forgotAt = 0
  #limit = MOST_MESSAGES
  #storeFailures = 0
  #isStopping = false

  constructor(options: RelayOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.pace)
  }

  /** There is something new. */
  wake(): void {
    this.#alarm.ring()
  }

  /** Relays until {@link stop}. Rejects when the store cannot be used at all. */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      const lease = await this.#guarded(() => this.#options.store.outbox.lease(this.#options.owner))
      if (lease === undefined) await this.#waitToAsk()
      else {
        try {
          await this.#hold(lease)
        } finally {
          // A store that is away has let go of it.
          await lease.release().catch(() => undefined)
        }
      }
    }
  }

  /** Messages that are stored meanwhile are for whoever has the lease. */
  async #waitToAsk(): Promise<void> {
    const { pace } = this.#options
    const until = pace.now() + ASK_MS
    while (!this.#isStopping && pace.now() < until) await this.#alarm.wait(until - pace.now())
  }

  /** What is stored goes out first, as far as it can. */
  stop(): void {
    this.#isStopping = true
    this.#alarm.ring()
  }

  async #hold(lease: Lease): Promise<void> {
    while (!lease.lost.aborted) {
      // What is stored from now on rings again.
      const gone = await this.#guarded(() => this.#publishPending())
      if (gone !== undefined && gone.count > 0 && (gone.isMore || this.#isStopping)) continue
      // Another process, or the next start, has what could not be published now.
      if (this.#isStopping) break
      await this.#alarm.wait(this.#published.size > 0 ? FORGET_MS : LOOK_MS)
    }
    await this.#guarded(() => this.#forget())
    this.#published.clear()
  }

  /** What the work gave; `undefined` after a pause when the store is away. */
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
      this.#options.watch.lost(STORE, { message: `messages wait for their store: ${reason.message}`, error: reason })
      if (!this.#isStopping) await this.#alarm.wait(pauseAfter(this.#storeFailures))
      return undefined
    }
  }

  /** Publishes what is pending and forgets it; returns how many messages that were. */
  async pass(): Promise<number> {
    const { count } = await this.#publishPending()
    await this.#forget()
    return count
  }

  /** How many messages are dealt with, and whether there may be more. What was published before is forgotten meanwhile. */
  async #publishPending(): Promise<{ readonly count: number; readonly isMore: boolean }> {
    const { store, owner, pace } = this.#options
    const pending = await store.outbox.pending(owner, this.#limit, this.#published)
    const now = pace.now()
    const awake = pending.filter(({ topic }) => (this.#resting.get(topic)?.until ?? 0) <= now)
    const isFull = pending.length === this.#limit
    // Topics that rest must not stand in the way of the others.
    const isInTheWay = awake.length === 0 && isFull
    this.#limit = isInTheWay ? Math.min(MOST_MESSAGES_EVER, this.#limit * 4) : MOST_MESSAGES
    const topics = Map.groupBy(awake, ({ topic }) => topic)
    const isDue = this.#published.size >= MANY_TO_FORGET || now - this.#forgotAt >= FORGET_MS
    const working = [...topics].map(([topic, messages]) => this.#publish(topic, messages))
    if (isDue) working.push(this.#forget())
    // All of them, whatever fails: what is still on its way to the bus must not be taken up again.
    const results = await Promise.allSettled(working)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    const count = results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0)
    return { count, isMore: isFull }
  }

  /** None of these leaves the outbox anew: 0. */
  async #forget(): Promise<number> {
    const { store, owner, pace } = this.#options
    const ids = [...this.#published]
    this.#forgotAt = pace.now()
    if (ids.length === 0) return 0
    await store.outbox.published(owner, ids)
    for (const id of ids) this.#published.delete(id)
    return 0
  }

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
      if (isPassing(failure)) return this.#rest(topic, failure)
      return messages.length === 1 ? this.#refused(messages, failure) : this.#publishEach(topic, messages)
    }
    watch.published(messages.length)
    if (this.#resting.delete(topic)) watch.restored(busOf(topic))
    for (const { id } of messages) this.#published.add(id)
    return messages.length
  }

  /** One by one, to find out which of them is at fault. Those behind it wait: their order counts. */
  async #publishEach(topic: string, messages: readonly PendingMessage[]): Promise<number> {
    let gone = 0
    for (const message of messages) {
      const count = await this.#publish(topic, [message])
      if (count === 0) break
      gone += count
    }
    return gone
  }

  /** 1 when it is out of the way. */
  async #refused([message]: readonly PendingMessage[], error: Error): Promise<number> {
    const { store, owner, watch } = this.#options
    const { id, topic, attempts, event } = message as PendingMessage
    const isHopeless = error instanceof EventBusError && error.isPassing === false
    if (!isHopeless && attempts + 1 < MOST_ATTEMPTS) {
      await store.outbox.failed(owner, [id])
      return this.#rest(topic, error)
    }
    await store.outbox.bury(owner, id, { message: error.message, details: error.stack })
    // Nothing of the topic waits any more; where the next message fails too, that is told again.
    watch.restored(busOf(topic))
    watch.movedToDeadLetters({ message: `${event.eventType} goes to the dead letters: ${error.message}`, error, event })
    return 1
  }

  #rest(topic: string, error: Error): number {
    const failures = (this.#resting.get(topic)?.failures ?? 0) + 1
    this.#resting.set(topic, { failures, until: this.#options.pace.now() + pauseAfter(failures) })
    this.#options.watch.lost(busOf(topic), { message: `messages for ${topic} wait: ${error.message}`, error })
    return 0
  }
}

/** What messages wait for, in {@link Watch}'s words. */
const STORE = 'store (outbox)'
const busOf = (topic: string): string => `bus (${topic})`

const isPassing = (error: Error): boolean => error instanceof EventBusError && error.isPassing === true
