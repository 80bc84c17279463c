import type { EventBus } from '../bus/event-bus.ts'
import type { BusRecord } from '../bus/record.ts'
import type { MonotonicClock } from '../bus/time/monotonic-clock.ts'
import { decodeEnvelope } from '../codecs/envelope.ts'
import type { Action } from '../saga/action.ts'
import { Alarm } from '../saga/alarm.ts'
import { Engine } from '../saga/engine/engine.ts'
import type { Incoming } from '../saga/engine/reaction.ts'
import type { StreamHandler } from '../saga/engine/stream-handler.ts'
import type { OnError } from '../saga/reports/problem.ts'
import { Watch } from '../saga/reports/watch.ts'
import { Relay } from '../saga/runtime/relay.ts'
import { TimerLoop } from '../saga/runtime/timer-loop.ts'
import type { Commit, EventStore } from '../store/event-store.ts'
import { Crash, crashing, type Faults } from './faults.ts'

/** What all participants of a test share. */
export interface World {
  readonly bus: EventBus
  readonly store: EventStore
  readonly now: () => Date
  /** Returns a number from 0 to 1. */
  readonly random: () => number
  readonly faults: Faults
  readonly onError: OnError
}

/** The aggregate or saga that a participant runs. */
export interface Role {
  readonly handler: StreamHandler<unknown, Action>
  readonly topics: readonly string[]
  /** The owner of the outbox and the timers. */
  readonly owner: string
  /** Whether the fault `lose` applies to the records that arrive. */
  readonly mayLose: boolean
  /** Called after each stored commit. */
  readonly onCommitted?: ((commit: Commit) => void) | undefined
}

/** The most records that are delivered together. */
const MAX_BATCH_RECORDS = 8
/** Small, so that streams are read again from time to time. */
const CACHE_SIZE = 4

/**
 * An aggregate or a saga as a process that can crash and restart, driven step by step. Engine, relay and timers are those of
 * the runtime; the order of their steps and the faults are decided here.
 */
export class Participant {
  #role: Role
  readonly #world: World
  /** The next offset to read into the inbox, by topic and partition. */
  readonly #next = new Map<string, bigint>()
  #inbox: BusRecord[] = []
  #parts: { readonly engine: Engine<unknown, Action>; readonly relay: Relay; readonly timers: TimerLoop }

  constructor(role: Role, world: World) {
    this.#role = role
    this.#world = world
    this.#parts = start(role, world)
  }

  /** The steps. Each does one thing and resolves with whether there was anything to do. */
  readonly steps: readonly (() => Promise<boolean>)[] = [
    () => this.#surviving(() => this.#deliver()),
    () => this.#surviving(async () => (await this.#parts.relay.pass()) > 0),
    () => this.#surviving(async () => (await this.#parts.timers.fire()) > 0),
  ]

  /** Resolves with whether no record, outbox message or due timer waits. */
  async isQuiet(): Promise<boolean> {
    const { bus, store, now } = this.#world
    const { owner } = this.#role
    await this.#collect(bus)
    if (this.#inbox.length > 0) return false
    const waiting = [await store.outbox.pending(owner, 1), await store.timers.due(owner, now(), 1)]
    return waiting.every(({ length }) => length === 0)
  }

  /**
   * Restarts with other code. Keeps nothing but the offsets and the inbox, as a process that was stopped and started
   * again.
   */
  restart(role: Role): void {
    this.#role = role
    this.#parts = start(role, this.#world)
  }

  nextTimer(): Promise<Date | undefined> {
    return this.#world.store.timers.next(this.#role.owner)
  }

  /** Runs a step and restarts after a crash. Messages in flight are delivered again. */
  async #surviving(step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      this.#parts.engine.stop(error)
      this.#parts = start(this.#role, this.#world)
      return true
    }
  }

  async #deliver(): Promise<boolean> {
    const { bus, random, faults } = this.#world
    const { duplicate = 0, reorder = 0, drop = 0 } = faults
    await this.#collect(bus)
    if (this.#inbox.length === 0) return false
    const size = 1 + Math.floor(random() * MAX_BATCH_RECORDS)
    const batch: BusRecord[] = []
    for (const record of this.#inbox) {
      if (batch.length === size) break
      if (random() < drop) continue
      if (random() < reorder) batch.splice(Math.floor(random() * (batch.length + 1)), 0, record)
      else batch.push(record)
    }
    // Leaves records for a later batch, so that the first record may be overtaken too.
    const taken = new Set(batch.filter(() => random() >= reorder))
    await this.#parts.engine.submit([...taken].map(toIncoming))
    this.#inbox = this.#inbox.filter((record) => !taken.has(record) || random() < duplicate)
    return true
  }

  /** Reads the new records of the topics into the inbox. */
  async #collect(bus: EventBus): Promise<void> {
    const ranges = await bus.log.rangesOf(this.#role.topics)
    const slices = [...ranges].flatMap(([topic, partitions]) =>
      partitions.map(({ partition, end }) => {
        const key = `${topic} ${partition}`
        const from = this.#next.get(key) ?? 0n
        this.#next.set(key, end)
        return { topic, partition, from, to: end }
      }),
    )
    const { random, faults } = this.#world
    for await (const records of bus.log.read(slices)) {
      for (const record of records) {
        if (!this.#role.mayLose || random() >= (faults.lose ?? 0)) this.#inbox.push(record)
      }
    }
  }
}

function start(
  { handler, owner, onCommitted = () => undefined }: Role,
  { bus, store, now, random, faults, onError }: World,
) {
  const isDue = () => random() < (faults.crash ?? 0)
  const clock = instantClock()
  const watch = new Watch({ name: handler.name, group: owner, onError })
  const shared = { store: crashing(store, isDue), owner, watch }
  const engine = new Engine({ ...shared, clock, handler, cacheSize: CACHE_SIZE, now, onCommitted })
  return {
    engine,
    relay: new Relay({ ...shared, clock, bus: crashing(bus, isDue) }),
    timers: new TimerLoop({ ...shared, alarm: new Alarm(clock), now, submit: (messages) => engine.submit(messages) }),
  }
}

/**
 * A clock without real time: every wait is over at once and moves the clock by its length. Reading the clock moves it too,
 * because a step does not wait for the end of a back-off.
 */
function instantClock(): MonotonicClock {
  let time = 0
  return {
    now() {
      time += 1
      return time
    },
    after(milliseconds, wake) {
      time += milliseconds
      queueMicrotask(wake)
      return () => undefined
    },
  }
}

function toIncoming(record: BusRecord): Incoming {
  const decoded = record.value === null ? undefined : decodeEnvelope(record.value)
  if (decoded?.ok) return { event: decoded.event, record }
  const event = { eventType: 'unreadable', eventVersion: 1, data: record.value ?? new Uint8Array(), metadata: null }
  return { event, record, unreadable: new Error(decoded?.reason ?? 'the record has no value') }
}
