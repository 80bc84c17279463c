import type { BusRecord } from '../../bus/record.ts'
import { isDate } from '../../bus/time/json-time.ts'
import { viewOf } from '../events/event-view.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import { causeIn } from '../trace/match.ts'
import { idOf } from '../trace/message.ts'
import { topicRole } from '../trace/topic-role.ts'
import { CauseTally } from './cause-tally.ts'
import type { CausedFlow, DecodedSample, TopicTraffic } from './facts.ts'

/** The most event types of a topic that are listed: some services put values into event types. */
const MAX_TYPES = 500
/** The longest event type that is listed. Event stores accept no longer ones either. */
const MAX_TYPE_CHARS = 1000
/** Of each type, so many payloads are decoded by the schema, and all of the newest records. */
const MIN_DECODED = 20

/** A topic to count, and the offsets by partition from which on all payloads are decoded by the schema. */
export interface CountedTopic {
  readonly topic: string
  readonly isWhole: boolean
  readonly newest: ReadonlyMap<number, bigint>
}

interface TypeCounts {
  readonly eventType: string
  /** The number of the type in the tally of causes. */
  readonly number: number
  count: number
  lastSeen: bigint | undefined
  decoded: (DecodedSample & { checked: number; failed: number; problem: string | undefined }) | undefined
}

interface TopicCounts extends CountedTopic {
  readonly isDeadLetter: boolean
  sampled: number
  withoutType: number
  unlisted: number
  readonly types: Map<string, TypeCounts>
}

/** Counts the event types of topics, decodes some payloads by their schemas, and joins messages with their causes. */
export class TrafficTally {
  readonly #topics: ReadonlyMap<string, TopicCounts>
  readonly #schemas: SchemaSet | undefined
  readonly #causes = new CauseTally()

  constructor(topics: readonly CountedTopic[], schemas: SchemaSet | undefined) {
    this.#schemas = schemas
    this.#topics = new Map(
      topics.map((counted) => {
        const isDeadLetter = topicRole(counted.topic).kind === 'dead-letter'
        return [
          counted.topic,
          { ...counted, isDeadLetter, sampled: 0, withoutType: 0, unlisted: 0, types: new Map<string, TypeCounts>() },
        ]
      }),
    )
  }

  add(record: BusRecord): void {
    const topic = this.#topics.get(record.topic)
    if (topic === undefined) return
    topic.sampled += 1
    const { envelope } = viewOf(record)
    if (!envelope?.ok) {
      topic.withoutType += 1
      return
    }
    const { event } = envelope
    const type = this.#typeOf(topic, event.eventType)
    if (type === undefined) {
      topic.unlisted += 1
      return
    }
    const { timestamp } = record
    type.count += 1
    if (timestamp !== -1n && (type.lastSeen === undefined || timestamp > type.lastSeen)) type.lastSeen = timestamp
    if (type.decoded !== undefined) this.#decode(record, topic, type.decoded)
    // A dead letter is a copy: it has the id and the cause of its original.
    if (topic.isDeadLetter) return
    const time = timestamp !== -1n && isDate(timestamp) ? Number(timestamp) : Number.NaN
    const message = { type: type.number, time, partition: record.partition, offset: record.offset }
    const id = idOf(event)
    if (id !== undefined) this.#causes.addMessage(id, message)
    const cause = causeIn(event.metadata?.causationId)
    if (cause !== undefined) this.#causes.addEffect(cause, message)
  }

  get traffic(): readonly TopicTraffic[] {
    return [...this.#topics.values()].map(({ topic, isWhole, sampled, withoutType, unlisted, types }) => ({
      ...{ topic, isWhole, sampled, withoutType, unlisted },
      types: [...types.values()],
    }))
  }

  get flows(): readonly CausedFlow[] {
    return this.#causes.flows()
  }

  #typeOf({ topic, types }: TopicCounts, eventType: string): TypeCounts | undefined {
    const known = types.get(eventType)
    if (known !== undefined || types.size >= MAX_TYPES || eventType.length > MAX_TYPE_CHARS) return known
    // A type that the schema of the topic does not have is a finding by itself.
    const isInSchema = this.#schemas?.ofTopic(topic)?.schema.events.has(eventType) ?? false
    const added: TypeCounts = {
      ...{ eventType, count: 0, lastSeen: undefined },
      number: this.#causes.addType({ topic, eventType }),
      decoded: isInSchema ? { checked: 0, failed: 0, problem: undefined } : undefined,
    }
    types.set(eventType, added)
    return added
  }

  #decode(record: BusRecord, { newest }: TopicCounts, decoded: NonNullable<TypeCounts['decoded']>): void {
    if (decoded.checked >= MIN_DECODED && record.offset < (newest.get(record.partition) ?? 0n)) return
    decoded.checked += 1
    const { payload } = viewOf(record, { schemas: this.#schemas })
    if (payload === undefined || payload.ok) return
    decoded.failed += 1
    decoded.problem ??= payload.reason
  }
}
