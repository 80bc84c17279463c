import { EventBusError } from '../../bus/errors.ts'
import { type SerializedEvent, serializedEvent } from '../../bus/event.ts'
import type { EventBatch, EventStream, Received } from '../../bus/event-bus.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { withTraceContext } from '../../codecs/event-record.ts'
import { pauseAfter } from '../back-off.ts'
import type { Incoming } from '../engine/reaction.ts'
import { asError } from '../reports/problem.ts'
import type { Watch } from '../reports/watch.ts'

interface IntakeOptions {
  readonly subscribe: () => Promise<EventStream>
  /** See `Engine.submit`. */
  readonly submit: (messages: readonly Incoming[], onPassed: () => void) => Promise<void>
  readonly watch: Watch
}

/** Limits for the events taken from the bus since the oldest batch that is not acknowledged. */
const MAX_IN_FLIGHT = { events: 20_000, bytes: 64 * 1024 * 1024 }

/** The name of the bus in {@link Watch.lost} while the subscription is interrupted. */
export const BUS = 'bus'

/** A batch that was submitted. It stays in the list until it and all batches before it are settled. */
interface InFlight {
  readonly settled: Promise<void>
  readonly events: number
  readonly bytes: number
  isSettled: boolean
}

/**
 * Moves batches from the bus to the engine, and acknowledges each batch when all of its messages are settled, which means that
 * their results or their dead letters are stored. Takes the next
 * batch as soon as the unsettled messages of the previous one all wait for a retry, so that a retry delays only the messages
 * of its own stream.
 */
export class Intake {
  #stream: EventStream
  readonly #options: IntakeOptions
  readonly #stopping = new AbortController()
  /** The batches in flight, in the order taken. The first one is not settled. */
  readonly #inFlight: InFlight[] = []
  /** The totals of `#inFlight`. */
  readonly #size = { events: 0, bytes: 0 }
  /** Why the engine accepts no more messages. */
  #failure: Error | undefined

  constructor(stream: EventStream, options: IntakeOptions) {
    this.#stream = stream
    this.#options = options
  }

  async run(): Promise<void> {
    let failures = 0
    let next = this.#stream.takeBatch()
    while (true) {
      try {
        const batch = await next
        if (this.#failure !== undefined) throw this.#failure
        if (batch === undefined || this.#isStopping) return
        failures = 0
        this.#options.watch.restored(BUS)
        await this.#submit(batch)
        await this.#makeRoom()
        // The delivery guarantee: `takeBatch` acknowledges nothing, unlike `nextBatch`, each call of which acknowledges the
        // previous batch. So a batch that is not settled when the process dies is delivered again.
        next = this.#stream.takeBatch()
      } catch (error) {
        if (this.#isStopping) return
        if (!(error instanceof EventBusError && error.isPassing)) throw error
        failures += 1
        next = this.#subscribeAgain(error, failures)
      }
    }
  }

  /** Takes no more batches. Resolves when the batches in flight are acknowledged. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#inFlight.map(({ settled }) => settled))
  }

  /** Closes the stream. Reports a failure and does not reject. */
  async leave(): Promise<void> {
    try {
      await this.#stream.close()
    } catch (thrown) {
      // Events whose offsets were not committed are delivered again and recognized by their message ids.
      const error = asError(thrown)
      this.#options.watch.problem({ message: `the consumer group was not left cleanly: ${error.message}`, error })
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Resolves when the next batch may be taken: all messages of this one are settled or wait for a retry. */
  #submit(batch: EventBatch): Promise<void> {
    return new Promise((resolve) => {
      const settled = this.#options.submit(batch.items.map(toIncoming), resolve).then(
        () => batch.acknowledge(),
        (error) => {
          this.#failure ??= asError(error)
          resolve()
          // Ends a `takeBatch` that may wait for a long time, so that `run` rejects.
          return this.leave()
        },
      )
      const inFlight: InFlight = {
        settled: settled.then(() => {
          inFlight.isSettled = true
          this.#dropSettled()
        }),
        events: batch.items.length,
        bytes: batch.items.reduce((sum, { record }) => sum + (record.value?.byteLength ?? 0), 0),
        isSettled: false,
      }
      this.#inFlight.push(inFlight)
      this.#size.events += inFlight.events
      this.#size.bytes += inFlight.bytes
    })
  }

  #dropSettled(): void {
    while (this.#inFlight[0]?.isSettled) {
      const { events, bytes } = this.#inFlight.shift() as InFlight
      this.#size.events -= events
      this.#size.bytes -= bytes
    }
  }

  /** Waits until the oldest batches are settled, while the batches in flight exceed the limits. */
  async #makeRoom(): Promise<void> {
    while (this.#size.events > MAX_IN_FLIGHT.events || this.#size.bytes > MAX_IN_FLIGHT.bytes) {
      await this.#inFlight[0]?.settled
    }
  }

  /** Subscribes again after an outage of the bus that was long enough to end the subscription. */
  async #subscribeAgain(error: Error, failures: number): Promise<EventBatch | undefined> {
    const { watch, subscribe } = this.#options
    watch.lost(BUS, { message: `the subscription ended, subscribing again: ${error.message}`, error })
    await sleep(pauseAfter(failures), this.#stopping.signal)
    if (this.#isStopping) return undefined
    this.#stream = await subscribe()
    // `stop` or a failure of the engine may have come meanwhile and closed the earlier stream only.
    if (this.#isStopping || this.#failure !== undefined) await this.leave()
    return this.#stream.takeBatch()
  }
}

function toIncoming(received: Received): Incoming {
  const { record } = received
  if (received.ok) return { event: received.event, record }
  const event = withTraceContext(unreadableEvent(record.value), record.headers)
  return { event, record, unreadable: asError(received.error) }
}

/** Returns an event for a record that cannot be decoded: its bytes under the event type `unreadable`. */
const unreadableEvent = (value: Uint8Array | null): SerializedEvent =>
  serializedEvent('unreadable', value ?? new Uint8Array())
