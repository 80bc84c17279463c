import { hash } from 'node:crypto'
import type { EventBus } from '../../../bus/event-bus.ts'
import { positionName } from '../../../bus/names/names.ts'
import type { BusRecord } from '../../../bus/record.ts'
import { isDate } from '../../../bus/time/json-time.ts'
import { stableEndOf } from '../../../bus/topic-log.ts'
import type { DeadLetterStatus } from '../../../store/event-store.ts'
import { readFailure } from '../failure-headers.ts'
import type { Letter, LetterBox, LetterChange } from '../letter.ts'
import { parsePosition } from '../letter-id.ts'
import { originByName } from './dead-letter-topics.ts'
import type { LetterState, Resolutions } from './resolutions.ts'

/** The most letters in a batch, so that those who handle them hold few records. */
const BATCH_LETTERS = 200
/** Enough of a hash to tell the content of two records apart. */
const HASH_CHARS = 22

/** The dead letters of dead-letter topics. */
export class TopicBox implements LetterBox {
  readonly source = 'topic'
  readonly #bus: EventBus
  readonly #topics: readonly string[]
  readonly #existing: ReadonlySet<string>
  readonly #resolutions: Resolutions
  /** The ranges of the first reading, so that a second one does not read the letters of events that were sent meanwhile. */
  #ranges: ReturnType<EventBus['log']['rangesOf']> | undefined

  /** `existing` are the names of all topics of the bus. */
  constructor(bus: EventBus, topics: readonly string[], existing: ReadonlySet<string>, resolutions: Resolutions) {
    this.#bus = bus
    this.#topics = topics
    this.#existing = existing
    this.#resolutions = resolutions
  }

  async *letters(statuses: readonly DeadLetterStatus[], signal: AbortSignal): AsyncGenerator<readonly Letter[]> {
    this.#ranges ??= this.#bus.log.rangesOf(this.#topics)
    const ranges = await this.#ranges
    await this.#resolutions.load()
    const slices = [...ranges].flatMap(([topic, partitions]) =>
      partitions.map(({ partition, start, ...ends }) => ({ topic, partition, from: start, to: stableEndOf(ends) })),
    )
    if (slices.length === 0) return
    for await (const batch of this.#bus.log.read(slices, { signal })) {
      for (let at = 0; at < batch.length; at += BATCH_LETTERS) {
        const letters = batch.slice(at, at + BATCH_LETTERS).map((record) => this.#toLetter(record))
        yield letters.filter(({ status }) => statuses.includes(status))
      }
    }
  }

  async get(ids: readonly string[]): Promise<readonly Letter[]> {
    const positions = ids.map(parsePosition).filter((position) => position !== undefined)
    await this.#resolutions.load()
    const slices = positions.map(({ offset, ...partition }) => ({ ...partition, from: offset, to: offset + 1n }))
    const records = slices.length === 0 ? [] : await this.#bus.log.firstRecords(slices)
    return records.flatMap((record, at) =>
      // Where a record was deleted, the bus returns the next one of the partition.
      record === undefined || record.offset !== positions[at]?.offset ? [] : [this.#toLetter(record)],
    )
  }

  async change(changes: readonly LetterChange[]): Promise<ReadonlyMap<string, Letter>> {
    const held = await this.#resolutions.change(
      changes.map(({ letter, to }) => ({ key: keyOf(letter), after: letter.version, ...to })),
    )
    return new Map(
      changes.flatMap(({ letter }) => {
        const state = held.get(keyOf(letter))
        return state === undefined ? [] : [[letter.id, withState(letter, state)] as const]
      }),
    )
  }

  #toLetter(record: BusRecord): Letter {
    const { origin, ...failure } = readFailure(record.headers)
    const topic = origin.topic ?? originByName(record.topic, this.#existing)
    const failedAt = isDate(record.timestamp) && record.timestamp >= 0n ? Number(record.timestamp) : undefined
    const letter: Letter = {
      ...failure,
      id: positionName(record),
      source: 'topic',
      status: 'pending',
      origin: { ...origin, topic },
      record: topic === undefined ? record : { ...record, topic },
      key: record.key,
      firstFailedAt: failedAt,
      lastFailedAt: failedAt,
      isRaw: true,
      version: undefined,
    }
    const state = this.#resolutions.stateOf(keyOf(letter))
    return state === undefined ? letter : withState(letter, state)
  }
}

const withState = (letter: Letter, { id, status, by, notes, at }: LetterState): Letter => ({
  ...letter,
  status,
  version: id,
  resolution: status === 'pending' ? undefined : { by, notes, at },
})

/** Returns the key of a letter in the resolutions. With a hash of the record, because a topic of the same name may be new. */
function keyOf({ id, record: { key, value, timestamp } }: Letter): string {
  const bytes = Buffer.concat([Buffer.from(`${timestamp} ${key?.length ?? -1} `), key ?? NONE, value ?? NONE])
  return `${id} ${hash('sha256', bytes, 'base64url').slice(0, HASH_CHARS)}`
}

const NONE = Buffer.alloc(0)
