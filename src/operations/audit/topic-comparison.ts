import type { EventBus } from '../../bus/event-bus.ts'
import type { EventStore } from '../../store/event-store.ts'
import { type PublishedMessage, positionOf, type SameMessages, type StoredMessage } from './compare-messages.ts'
import { findDifferences } from './find-differences.ts'
import type { Findings } from './findings.ts'
import { judgeMessages } from './judge-messages.ts'
import type { AuditExample, StoredRef, TopicAudit } from './report.ts'

/** The most events without a counterpart that are kept for a topic, to compare and to repair them. */
export const MAX_LEFT = 20_000

interface ComparisonOptions {
  readonly topic: string
  readonly findings: Findings
  /** Returns the name of a number in `StoredMessage.type`. */
  readonly typeName: (type: number) => string
  /** Unpublished events that were stored later are young: their service may be about to publish them. */
  readonly youngSince: number
  /** Whether the store has any event of the topic. If not, its records are not reported one by one. */
  readonly hasStored: boolean
}

/** Compares the messages of one topic, counts them, and adds what is wrong to the findings. */
export class TopicComparison {
  readonly #options: ComparisonOptions
  readonly #figures = { matched: 0, waitingCount: 0, waitingSince: undefined as number | undefined, young: 0 }
  readonly #unpublished: StoredMessage[] = []
  readonly #unstored: PublishedMessage[] = []
  /** Whether there are more messages without a counterpart than are kept. */
  isCut = false

  constructor(options: ComparisonOptions) {
    this.#options = options
  }

  get figures(): Pick<TopicAudit, 'matched' | 'waitingCount' | 'waitingSince' | 'young'> {
    return this.#figures
  }

  /** Adds the messages with one id. Returns the event and its record if the event has an order in its stream. */
  add(group: SameMessages): readonly [StoredMessage, PublishedMessage] | undefined {
    const { matched, waiting, unpublished, unstored, repeated } = judgeMessages(group)
    this.#figures.matched += matched.filter(([event]) => event.isJudged).length
    for (const { time } of waiting) {
      this.#figures.waitingCount += 1
      this.#figures.waitingSince = Math.min(this.#figures.waitingSince ?? time, time)
    }
    for (const message of unpublished) this.#addUnpublished(message)
    if (this.#options.hasStored) for (const message of unstored) this.#addUnstored(message)
    const [event] = group.stored
    for (const [message, first] of repeated) {
      const stored = event && { streamId: event.streamId, version: event.version }
      const other = positionOf(this.#options.topic, first)
      this.#report('published-twice', { ...this.#publishedExample(message), ...stored, other })
    }
    // Equal messages of one stream cannot be told apart, so they have no order.
    return group.stored.length === 1 ? matched[0] : undefined
  }

  /**
   * Reports the events without a counterpart, when all messages were added: those that are the same event with other content, those that
   * were never published and those that were never stored. Returns the events that were never published, in the order in which they
   * were stored.
   */
  async finish(bus: EventBus, store: EventStore, signal: AbortSignal): Promise<readonly StoredMessage[]> {
    const { topic } = this.#options
    const left = { unpublished: this.#unpublished, unstored: this.#unstored }
    const canDiffer = left.unpublished.length > 0 && left.unstored.length > 0
    const pairs = canDiffer ? await findDifferences({ log: bus.log, store, signal }, topic, left) : []
    const paired = new Set<StoredMessage | PublishedMessage>()
    for (const { stored, published, parts } of pairs) {
      paired.add(stored).add(published)
      this.#report('differs', { ...this.#storedExample(stored), position: positionOf(topic, published), parts })
    }
    const missing = left.unpublished.filter((message) => !paired.has(message))
    for (const message of missing) this.#report('never-published', this.#storedExample(message))
    for (const message of left.unstored) {
      if (!paired.has(message)) this.#report('never-stored', this.#publishedExample(message))
    }
    return missing.sort(byStored)
  }

  #addUnpublished(message: StoredMessage): void {
    if (message.time > this.#options.youngSince) this.#figures.young += 1
    else if (this.#unpublished.length < MAX_LEFT) this.#unpublished.push(message)
    else {
      this.isCut = true
      this.#report('never-published', this.#storedExample(message))
    }
  }

  #addUnstored(message: PublishedMessage): void {
    if (this.#unstored.length < MAX_LEFT) this.#unstored.push(message)
    else {
      this.isCut = true
      this.#report('never-stored', this.#publishedExample(message))
    }
  }

  #report(code: 'differs' | 'never-published' | 'never-stored' | 'published-twice', example: AuditExample): void {
    this.#options.findings.add(code, this.#options.topic, example)
  }

  #storedExample({ type, time, streamId, version }: StoredMessage): AuditExample {
    return { eventType: this.#options.typeName(type), time, streamId, version }
  }

  #publishedExample(message: PublishedMessage): AuditExample {
    const position = positionOf(this.#options.topic, message)
    return { eventType: this.#options.typeName(message.type), time: message.time, position }
  }
}

const byStored = (a: StoredMessage, b: StoredMessage): number => a.time - b.time || compareRefs(a, b)

const compareRefs = (a: StoredRef, b: StoredRef): number =>
  a.streamId === b.streamId ? a.version - b.version : a.streamId < b.streamId ? -1 : 1
