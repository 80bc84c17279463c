import { randomUUID } from 'node:crypto'
import { EventBusError } from '../../../bus/errors.ts'
import type { EventBus } from '../../../bus/event-bus.ts'
import type { BusRecord } from '../../../bus/record.ts'
import { decodeJson } from '../../../codecs/json.ts'
import type { DeadLetterStatus } from '../../../store/event-store.ts'

/**
 * The topic with the statuses of letters in dead-letter topics, whose records cannot be changed. It is on the bus, so that all
 * operators see who did what, and it has one partition, so that its order decides between operators.
 */
export const RESOLUTIONS_TOPIC = 'crbus-resolutions'
const PARTITION = 0
/** Resolutions are small, and a letter without its resolution would be open again, so the topic keeps them. */
const SETTINGS = { 'cleanup.policy': 'delete', 'retention.ms': '-1' }

/** The status of a letter in a dead-letter topic. */
export interface LetterState {
  /** A UUID: identifies this state. */
  readonly id: string
  readonly status: DeadLetterStatus
  readonly by: string
  readonly notes: string
  /** Milliseconds since 1970. */
  readonly at: number
}

interface StateChange extends Pick<LetterState, 'status' | 'by' | 'notes'> {
  /** Identifies the letter: its position and a hash of its content, because a topic may be created again. */
  readonly key: string
  /** The id of the state to replace. `undefined`: the letter has none yet. */
  readonly after: string | undefined
}

const statuses: ReadonlySet<unknown> = new Set(['pending', 'processing', 'resolved', 'discarded'])

/**
 * Reads and changes the statuses of letters. A change names the state that it replaces, and holds only if that is the state of the
 * letter at its position in the topic. Thus all readers agree on which of two concurrent changes holds: the first.
 */
export class Resolutions {
  readonly #bus: EventBus
  readonly #now: () => number
  readonly #states = new Map<string, LetterState>()
  /** The next offset to read. */
  #next = 0n
  #exists = true

  constructor(bus: EventBus, now: () => number) {
    this.#bus = bus
    this.#now = now
  }

  stateOf(key: string): LetterState | undefined {
    return this.#states.get(key)
  }

  /** Reads the changes since the last call, at least up to the offset `end`. */
  async load(end = 0n): Promise<void> {
    const ranges = await this.#bus.log.rangesOf([RESOLUTIONS_TOPIC])
    const range = ranges.get(RESOLUTIONS_TOPIC)?.find(({ partition }) => partition === PARTITION)
    this.#exists = range !== undefined
    if (range === undefined) return
    const to = range.end > end ? range.end : end
    if (to <= this.#next) return
    const slice = { topic: RESOLUTIONS_TOPIC, partition: PARTITION, from: this.#next, to }
    for await (const batch of this.#bus.log.read([slice])) for (const record of batch) this.#apply(record)
    this.#next = to
  }

  /** Makes changes, and returns the keys of those that hold, with their new states. */
  async change(changes: readonly StateChange[]): Promise<ReadonlyMap<string, LetterState>> {
    if (changes.length === 0) return new Map()
    if (!this.#exists) await this.#createTopic()
    const at = new Date(this.#now()).toISOString()
    const sent = changes.map((change) => ({ ...change, id: randomUUID() }))
    const positions = await this.#bus.log.append(
      RESOLUTIONS_TOPIC,
      sent.map(({ key, id, after, status, by, notes }) => ({
        key: Buffer.from(key),
        value: Buffer.from(JSON.stringify({ letter: key, id, after: after ?? null, status, by, notes, at })),
        partition: PARTITION,
      })),
    )
    const last = positions.reduce((max, { offset }) => (offset > max ? offset : max), -1n)
    await this.load(last + 1n)
    return new Map(
      sent.flatMap(({ key, id }) => {
        const state = this.#states.get(key)
        return state?.id === id ? [[key, state] as const] : []
      }),
    )
  }

  async #createTopic(): Promise<void> {
    try {
      await this.#bus.admin.createTopic(RESOLUTIONS_TOPIC, { partitions: 1, config: SETTINGS })
    } catch (error) {
      // Another operator has created it at the same time.
      if (!(error instanceof EventBusError) || error.code !== 'TOPIC_EXISTS') throw error
    }
    this.#exists = true
  }

  /** Applies a record, unless another program wrote something else into the topic. */
  #apply({ value }: BusRecord): void {
    const parsed = value === null ? undefined : decodeJson(value)
    if (!parsed?.ok || typeof parsed.value !== 'object' || parsed.value === null) return
    const { letter, id, after, status, by, notes, at } = parsed.value as Record<string, unknown>
    const time = typeof at === 'string' ? Date.parse(at) : Number.NaN
    if (![letter, id, by, notes].every((part) => typeof part === 'string') || !statuses.has(status)) return
    if (Number.isNaN(time) || (this.#states.get(letter as string)?.id ?? null) !== after) return
    this.#states.set(letter as string, { id, status, by, notes, at: time } as LetterState)
  }
}
