import { setTimeout as sleep } from 'node:timers/promises'
import type { OffsetReset } from '../bus/driver.ts'
import { EventBusError } from '../bus/errors.ts'
import { type SerializedEvent, serializedEvent } from '../bus/event.ts'
import type { EventBus, EventStream, Received } from '../bus/event-bus.ts'
import type { EventStore } from '../store/event-store.ts'
import { Engine } from './engine.ts'
import type { Machine } from './machine.ts'
import { pauseAfter, realPace } from './pace.ts'
import { asError, type OnError, type OnRejected } from './problem.ts'
import type { Incoming } from './reaction.ts'
import type { Action, Clock } from './reducer.ts'
import { Relay } from './relay.ts'
import { TimerLoop } from './timer-loop.ts'

/** What aggregates and sagas run on. */
export interface RunOptions {
  readonly bus: EventBus
  readonly store: EventStore
  /**
   * The consumer group, and the owner of outbox and timers. One for each aggregate and each saga: its instances share the
   * work.
   */
  readonly group?: string | undefined
  /** Where a new group begins. Default `earliest`: a saga on topics with a past reacts to that past. */
  readonly autoOffsetReset?: OffsetReset | undefined
  /** How many instances are kept in memory between their messages. Default 10,000. */
  readonly cacheSize?: number | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Stops it, as `close` does. */
  readonly signal?: AbortSignal | undefined
  /** Told what did not go well and was dealt with: `({ message }) => console.error(message)`. Default: nobody. */
  readonly onError?: OnError | undefined
  /**
   * Told of every command that the aggregate rejected, after its outcome is stored; for metrics. Told again of a command
   * that is decided again because the process died before it was acknowledged. Default: nobody.
   */
  readonly onRejected?: OnRejected | undefined
}

/** An aggregate or a saga at work. */
export interface Running extends AsyncDisposable {
  /** Resolves when it has stopped; rejects when it cannot go on (tables missing, a group protocol that does not fit). */
  readonly done: Promise<void>
  /**
   * Takes no more, finishes what is in hand, relays what is stored, and leaves its group; waits 10 s at most. What is not
   * done by then is done by another instance or the next start. Idempotent. Bus and store stay open.
   */
  close(): Promise<void>
}

/** How long `close` waits for what is in hand. Milliseconds. */
const CLOSING_PATIENCE_MS = 10_000

/** Subscribes, and goes on until it is closed. Rejects when it cannot begin. */
export async function run<State, A extends Action>(
  machine: Machine<State, A>,
  topics: readonly string[],
  { bus, store, group = machine.name, autoOffsetReset = 'earliest', ...options }: RunOptions & { group: string },
): Promise<{ readonly running: Running; readonly engine: Engine<State, A> }> {
  const { cacheSize = 10_000, clock = systemClock, signal, onError = () => undefined, onRejected } = options
  const shared = { store, owner: group, pace: realPace, onError }
  const relay = new Relay({ ...shared, bus })
  const engine = new Engine({
    ...shared,
    machine,
    cacheSize,
    onRejected,
    now: clock.now,
    onCommitted({ messages = [], timers = [] }) {
      if (messages.length > 0) relay.wake()
      if (timers.length > 0) timerLoop.wake()
    },
  })
  const timerLoop = new TimerLoop({ ...shared, now: clock.now, submit: (messages) => engine.submit(messages) })
  // A store whose tables or columns are missing is told now, and not when the first event comes.
  await Promise.all([store.timers.next(group), store.outbox.pending(group, 1)])
  const subscribe = () => bus.subscribe(topics, { group, autoOffsetReset })
  const pump = new Pump(await subscribe(), { subscribe, submit: (messages) => engine.submit(messages), onError })

  const working = [pump.run(), timerLoop.run(), relay.run()]
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      const patience = AbortSignal.timeout(CLOSING_PATIENCE_MS)
      signal?.removeEventListener('abort', onAbort)
      timerLoop.stop()
      await within(patience, Promise.all([pump.stop(), engine.idle()]))
      engine.stop(new Error(`${machine.name} was closed`))
      await pump.leave()
      relay.stop()
      await within(patience, Promise.allSettled(working))
    })()
    return closing
  }
  const onAbort = () => void close()
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  // A subscription ends by itself when the bus is closed: there is nothing left to do then.
  working[0]?.then(close, () => undefined)

  const done = Promise.all(working).then(
    () => close(),
    async (error) => {
      await close()
      throw error
    },
  )
  return { running: { done, close, [Symbol.asyncDispose]: close }, engine }
}

const systemClock: Clock = { now: () => new Date() }

async function within(patience: AbortSignal, work: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>()
  const onOver = () => over.resolve()
  patience.addEventListener('abort', onOver)
  if (patience.aborted) onOver()
  await Promise.race([work, over.promise])
  patience.removeEventListener('abort', onOver)
}

interface PumpOptions {
  readonly subscribe: () => Promise<EventStream>
  readonly submit: (messages: readonly Incoming[]) => Promise<void>
  readonly onError: OnError
}

/** Batches from the bus into the engine. Coming back for more acknowledges what is done with. */
class Pump {
  #stream: EventStream
  readonly #options: PumpOptions
  readonly #stopping = new AbortController()
  /** Until the batch is dealt with and acknowledged. */
  #inHand: Promise<void> | undefined

  constructor(stream: EventStream, options: PumpOptions) {
    this.#stream = stream
    this.#options = options
  }

  async run(): Promise<void> {
    let failures = 0
    let asked = this.#stream.nextBatch()
    while (true) {
      try {
        const batch = await asked
        if (batch === undefined || this.#isStopping) return
        failures = 0
        this.#inHand = this.#options.submit(batch.map(toIncoming)).then(() => {
          asked = this.#stream.nextBatch()
        })
        await this.#inHand
      } catch (error) {
        if (this.#isStopping) return
        if (!(error instanceof EventBusError && error.isPassing)) throw error
        failures += 1
        asked = this.#subscribeAgain(error, failures)
      }
    }
  }

  /** Takes no more; resolves when what is in hand is acknowledged. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#inHand?.catch(() => undefined)
  }

  async leave(): Promise<void> {
    try {
      await this.#stream.close()
    } catch (thrown) {
      // What it could not commit comes again, and is known then.
      const error = asError(thrown)
      this.#options.onError({ message: `leaves its group: ${error.message}`, error })
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** A bus that was away for so long that the subscription ended may still come back. */
  async #subscribeAgain(error: Error, failures: number): Promise<readonly Received[] | undefined> {
    const { onError, subscribe } = this.#options
    onError({ message: `subscribes again: ${error.message}`, error })
    await sleep(pauseAfter(failures), undefined, { signal: this.#stopping.signal }).catch(() => undefined)
    if (this.#isStopping) return undefined
    this.#stream = await subscribe()
    // Stopped in between: whoever did so has left the one before.
    if (this.#isStopping) await this.leave()
    return this.#stream.nextBatch()
  }
}

function toIncoming(received: Received): Incoming {
  const { record } = received
  if (received.ok) return { event: received.event, place: record }
  return { event: bytesOf(record.value), place: record, unreadable: asError(received.error) }
}

/** Stands for an event that could not be read. */
const bytesOf = (value: Uint8Array | null): SerializedEvent => serializedEvent('unreadable', value ?? new Uint8Array())
