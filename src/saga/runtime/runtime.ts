import { setTimeout as sleep } from 'node:timers/promises'
import type { OffsetReset } from '../../bus/driver-port.ts'
import { EventBusError } from '../../bus/errors.ts'
import { type SerializedEvent, serializedEvent } from '../../bus/event.ts'
import type { EventBatch, EventBus, EventStream, Received } from '../../bus/event-bus.ts'
import type { Logger } from '../../bus/logger.ts'
import type { Outage } from '../../bus/outage.ts'
import { withTraceContext } from '../../codecs/event-record.ts'
import type { EventStore } from '../../store/event-store.ts'
import { Engine } from '../engine/engine.ts'
import type { Incoming } from '../engine/reaction.ts'
import type { Machine } from '../engine/stream-handler.ts'
import { outside } from '../outside.ts'
import { pauseAfter, realPace } from '../pace.ts'
import type { Action, Clock } from '../reducer.ts'
import { runtimeDiagnostics } from '../reports/diagnostics.ts'
import { asError, type OnError, type OnRejected } from '../reports/problem.ts'
import { type RuntimeMetrics, readMetrics } from '../reports/runtime-metrics.ts'
import { type Health, Watch } from '../reports/watch.ts'
import { Relay } from './relay.ts'
import { TimerLoop } from './timer-loop.ts'

/** The options that {@link runAggregate} and {@link runSaga} share. */
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
  /**
   * Logs retries and the beginning of outages at `warn`, dead letters at `error`, rejected commands and the end of outages
   * at `info`. Default: nothing is logged.
   */
  readonly logger?: Logger | undefined
}

/** A running aggregate or saga. */
export interface Running extends AsyncDisposable {
  /** Resolves when it has stopped; rejects when it cannot go on (tables missing, a group protocol that does not fit). */
  readonly done: Promise<void>
  /**
   * Takes no more, finishes what is in hand, relays what is stored, and leaves its group; waits 10 s at most. What is not
   * done by then is done by another instance or the next start. Idempotent. Bus and store stay open.
   */
  close(): Promise<void>
  /** Says whether it works, waits for its store or its bus, or has stopped. Asks neither store nor bus. */
  health(): Health
  /** What it has done, and what waits for it in store and bus, which are asked. Rejects when they cannot answer. */
  metrics(): Promise<RuntimeMetrics>
}

/** How long `close` waits for what is in hand. Milliseconds. */
const CLOSING_PATIENCE_MS = 10_000

/** Subscribes, and goes on until it is closed. Rejects when it cannot begin. */
export async function run<State, A extends Action>(
  machine: Machine<State, A>,
  topics: readonly string[],
  { bus, store, group = machine.name, autoOffsetReset = 'earliest', ...options }: RunOptions & { group: string },
): Promise<{ readonly running: Running; readonly engine: Engine<State, A> }> {
  const { cacheSize = 10_000, clock = systemClock, signal, onError, onRejected, logger } = options
  const watch = new Watch({ name: machine.name, group, onError, onRejected, logger })
  const shared = { store, owner: group, pace: realPace, watch }
  const relay = new Relay({ ...shared, bus })
  const engine = new Engine({
    ...shared,
    machine,
    cacheSize,
    now: clock.now,
    onCommitted({ messages = [], timers = [], fired = [] }) {
      if (fired.length > 0) watch.timersFired(fired.length)
      if (messages.length > 0) relay.wake()
      if (timers.length > 0) timerLoop.wake()
    },
  })
  const timerLoop = new TimerLoop({
    ...shared,
    now: clock.now,
    submit: (messages, onPassed) => engine.submit(messages, onPassed),
  })
  // A store whose tables or columns are missing is told now, and not when the first event comes.
  await Promise.all([store.timers.next(group), store.outbox.pending(group, 1)])
  const onOutage = (outage: Outage) => {
    if (outage.state === 'restored') return watch.restored(BUS)
    watch.lost(BUS, { message: `${machine.name} waits for its bus: ${outage.error.message}`, error: outage.error })
  }
  const subscribe = () => bus.subscribe(topics, { group, autoOffsetReset, onOutage, callerLogs: watch.hasLogger })
  const pump = new Pump(await subscribe(), {
    subscribe,
    submit: (messages, onPassed) => engine.submit(messages, onPassed),
    watch,
  })

  const working = outside(() => [pump.run(), timerLoop.run(), relay.run()])
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

  const stopped = async (error: Error | undefined) => {
    await close()
    watch.stopped(error)
    runtimeDiagnostics.stopped.publish({ name: machine.name, group, running })
  }
  const done = Promise.all(working).then(
    () => stopped(undefined),
    async (error) => {
      await stopped(asError(error))
      throw error
    },
  )
  const health = () => watch.health
  const metrics = () =>
    readMetrics({ name: machine.name, group, topics, bus, store, counts: watch.counts, now: clock.now })
  const running: Running = { done, close, health, metrics, [Symbol.asyncDispose]: close }
  runtimeDiagnostics.running.publish({ name: machine.name, group, running })
  return { running, engine }
}

/** What the subscription waits for, in {@link Watch}'s words. */
const BUS = 'bus'

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
  /** As {@link Engine.submit}. */
  readonly submit: (messages: readonly Incoming[], onPassed: () => void) => Promise<void>
  readonly watch: Watch
}

/** The most that is taken from the bus from the oldest batch on that is not acknowledged. */
const MAX_IN_HAND = { events: 20_000, bytes: 64 * 1024 * 1024 }

/** A batch from its submission until it, and all batches before it, are settled. */
interface InHand {
  readonly settled: Promise<void>
  readonly events: number
  readonly bytes: number
  isSettled: boolean
}

/**
 * Takes batches from the bus into the engine, and acknowledges each when all its messages are settled. The next batch is
 * taken as soon as what is left of the one before waits for another attempt: a stream whose message is tried again holds
 * up its own messages only.
 */
class Pump {
  #stream: EventStream
  readonly #options: PumpOptions
  readonly #stopping = new AbortController()
  /** In the order taken; the first is not settled. */
  readonly #inHand: InHand[] = []
  /** Of all in `#inHand`. */
  readonly #size = { events: 0, bytes: 0 }
  /** Why the engine takes no more. */
  #failure: Error | undefined

  constructor(stream: EventStream, options: PumpOptions) {
    this.#stream = stream
    this.#options = options
  }

  async run(): Promise<void> {
    let failures = 0
    let asked = this.#stream.takeBatch()
    while (true) {
      try {
        const batch = await asked
        if (this.#failure !== undefined) throw this.#failure
        if (batch === undefined || this.#isStopping) return
        failures = 0
        this.#options.watch.restored(BUS)
        await this.#submit(batch)
        await this.#makeRoom()
        asked = this.#stream.takeBatch()
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
    await Promise.all(this.#inHand.map(({ settled }) => settled))
  }

  async leave(): Promise<void> {
    try {
      await this.#stream.close()
    } catch (thrown) {
      // What it could not commit comes again, and is known then.
      const error = asError(thrown)
      this.#options.watch.problem({ message: `leaves its group: ${error.message}`, error })
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Resolves when the batch holds up no other one. */
  #submit(batch: EventBatch): Promise<void> {
    return new Promise((resolve) => {
      const settled = this.#options.submit(batch.items.map(toIncoming), resolve).then(
        () => batch.acknowledge(),
        (error) => {
          this.#failure ??= asError(error)
          resolve()
          // Ends a `takeBatch` that may wait for long, so that `run` rejects.
          return this.leave()
        },
      )
      const inHand: InHand = {
        settled: settled.then(() => {
          inHand.isSettled = true
          this.#dropSettled()
        }),
        events: batch.items.length,
        bytes: batch.items.reduce((sum, { record }) => sum + (record.value?.byteLength ?? 0), 0),
        isSettled: false,
      }
      this.#inHand.push(inHand)
      this.#size.events += inHand.events
      this.#size.bytes += inHand.bytes
    })
  }

  #dropSettled(): void {
    while (this.#inHand[0]?.isSettled) {
      const { events, bytes } = this.#inHand.shift() as InHand
      this.#size.events -= events
      this.#size.bytes -= bytes
    }
  }

  /** Waits while too much is in hand because its oldest batch is not settled. */
  async #makeRoom(): Promise<void> {
    while (this.#size.events > MAX_IN_HAND.events || this.#size.bytes > MAX_IN_HAND.bytes) {
      await this.#inHand[0]?.settled
    }
  }

  /** A bus that was away for so long that the subscription ended may still come back. */
  async #subscribeAgain(error: Error, failures: number): Promise<EventBatch | undefined> {
    const { watch, subscribe } = this.#options
    watch.lost(BUS, { message: `subscribes again: ${error.message}`, error })
    await sleep(pauseAfter(failures), undefined, { signal: this.#stopping.signal }).catch(() => undefined)
    if (this.#isStopping) return undefined
    this.#stream = await subscribe()
    // Stopped meanwhile: whoever stopped it has left the stream before this one.
    if (this.#isStopping || this.#failure !== undefined) await this.leave()
    return this.#stream.takeBatch()
  }
}

function toIncoming(received: Received): Incoming {
  const { record } = received
  if (received.ok) return { event: received.event, place: record }
  const event = withTraceContext(bytesOf(record.value), record.headers)
  return { event, place: record, unreadable: asError(received.error) }
}

/** Stands for an event that could not be read. */
const bytesOf = (value: Uint8Array | null): SerializedEvent => serializedEvent('unreadable', value ?? new Uint8Array())
