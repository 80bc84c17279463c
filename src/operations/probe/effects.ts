import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName, positionName } from '../../bus/names/names.ts'
import type { BusRecord, Position } from '../../bus/record.ts'
import { stableEndOf } from '../../bus/topic-log.ts'
import type { EventStore } from '../../store/event-store.ts'
import { eventTypeLabel } from '../events/event-type-label.ts'
import { viewOf } from '../events/event-view.ts'
import { readSkippingUnreadable } from '../events/skip-unreadable.ts'
import { causeIn } from '../trace/match.ts'
import { deadLettersOf } from '../trace/stored/dead-letters.ts'
import { topicRole } from '../trace/topic-role.ts'
import type { ExpectedEffect, ProbeCase, ProbePlan } from './probe.ts'

/** What the events of one case caused. */
export interface CaseEffects {
  readonly case: ProbeCase
  /** The number of effects by {@link effectKey}. */
  readonly counts: Map<string, number>
  /** The number of dead letters by topic; those of the event store by the empty text. */
  readonly deadLetters: Map<string, number>
}

/** Names a kind of effect. Names of topics have no line breaks. */
const effectKey = (topic: string, eventType: string): string => `${topic}\n${eventType}`

/** Returns the topic, which is absent for the event store, and the type of a kind of effect. */
export function fromEffectKey(key: string): { readonly topic: string | undefined; readonly eventType: string } {
  const end = key.indexOf('\n')
  return { topic: key.slice(0, end) || undefined, eventType: key.slice(end + 1) }
}

/** Collects the messages that the events of a probe caused, from the ends of the topics at its creation on. */
export class EffectCollector {
  readonly effects: readonly CaseEffects[]
  readonly #bus: EventBus
  readonly #plan: ProbePlan
  readonly #byCorrelation: ReadonlyMap<string, CaseEffects>
  readonly #byCause: ReadonlyMap<string, CaseEffects>
  /** The next offset to read, by partition. */
  readonly #next = new Map<string, bigint>()
  /** The positions of the events of the probe, which are not effects. */
  readonly #own = new Set<string>()

  private constructor(bus: EventBus, plan: ProbePlan) {
    this.#bus = bus
    this.#plan = plan
    this.effects = plan.cases.map((one) => ({ case: one, counts: new Map(), deadLetters: new Map() }))
    this.#byCorrelation = new Map(this.effects.map((one) => [one.case.correlationId, one]))
    this.#byCause = new Map(this.effects.flatMap((one) => one.case.messageIds.map((id) => [id, one])))
  }

  static async open(bus: EventBus, plan: ProbePlan): Promise<EffectCollector> {
    const collector = new EffectCollector(bus, plan)
    for (const [topic, ranges] of await bus.log.rangesOf(await collector.#topics())) {
      for (const range of ranges) {
        collector.#next.set(partitionName({ topic, partition: range.partition }), stableEndOf(range))
      }
    }
    return collector
  }

  /** Leaves out the published events. */
  published(positions: readonly Position[]): void {
    for (const position of positions) this.#own.add(positionName(position))
  }

  /** Reads the records that were appended since the last call. Returns the number of effects among them. */
  async poll(signal: AbortSignal): Promise<number> {
    const ranges = await this.#bus.log.rangesOf(await this.#topics())
    const slices = [...ranges].flatMap(([topic, own]) =>
      own.flatMap((range) => {
        const { partition, start } = range
        // A topic that did not exist is read from its start on.
        const from = this.#next.get(partitionName({ topic, partition })) ?? start
        const to = stableEndOf(range)
        return from < to ? [{ topic, partition, from, to }] : []
      }),
    )
    let found = 0
    for await (const batch of readSkippingUnreadable(this.#bus.log, slices, { signal }, () => {})) {
      for (const record of batch) if (this.#add(record)) found += 1
    }
    for (const { topic, partition, to } of slices) this.#next.set(partitionName({ topic, partition }), to)
    return found
  }

  /** Counts the events and the dead letters of the event store that the events of the probe caused, stored since a time. */
  async readStore(store: EventStore, since: Date, signal: AbortSignal): Promise<void> {
    for await (const batch of store.readAll({ since, signal })) {
      for (const { event } of batch) {
        const own = this.#caseOf(event.metadata)
        if (own !== undefined) increase(own.counts, effectKey('', event.eventType))
      }
    }
    for await (const page of deadLettersOf(store.deadLetters, signal)) {
      for (const { event } of page) {
        const own = this.#caseOf(event.metadata)
        if (own !== undefined) increase(own.deadLetters, '')
      }
    }
  }

  /** The topics of expected effects, and all dead-letter topics, of which some may be created during the probe. */
  async #topics(): Promise<readonly string[]> {
    const all = await this.#bus.admin.listTopics()
    const dead = all.map(({ topic }) => topic).filter((topic) => topicRole(topic).kind === 'dead-letter')
    return [...new Set([...this.#plan.expected.map(({ topic }) => topic), ...dead])]
  }

  #caseOf(metadata: { readonly correlationId?: string | undefined; readonly causationId?: string | undefined } | null) {
    const cause = causeIn(metadata?.causationId)
    const own = this.#byCorrelation.get(metadata?.correlationId ?? '')
    return own ?? (cause === undefined ? undefined : this.#byCause.get(cause))
  }

  #add(record: BusRecord): boolean {
    const { envelope } = viewOf(record)
    if (!envelope?.ok || this.#own.has(positionName(record))) return false
    const own = this.#caseOf(envelope.event.metadata)
    if (own === undefined) return false
    const { topic } = record
    const eventType = eventTypeLabel(envelope)
    // A consumer may be expected to publish a dead letter.
    if (this.#plan.expected.some((expected) => isMet(expected, topic, eventType))) {
      increase(own.counts, effectKey(topic, eventType))
    } else if (topicRole(topic).kind === 'dead-letter') increase(own.deadLetters, topic)
    else return false
    return true
  }
}

/** Whether an effect is an expected one. */
export const isMet = (expected: ExpectedEffect, topic: string | undefined, eventType: string): boolean =>
  expected.topic === topic && (expected.eventType === undefined || expected.eventType === eventType)

const increase = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)
