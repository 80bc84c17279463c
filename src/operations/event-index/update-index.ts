import { UnreadableError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { OutageOptions } from '../../bus/outage.ts'
import { stableEndOf } from '../../bus/topic-log.ts'
import type { FieldReader } from '../../event-index/index-buffer.ts'
import { IndexWriter } from '../../event-index/index-writer.ts'
import type { IndexedPartition } from '../../event-index/indexed-partitions.ts'
import { IndexChangedError } from '../../event-index/layout.ts'
import {
  readSkippingUnreadable,
  type SkippedRange,
  type UnreadablePartition,
  unreadablePartitions,
} from '../events/skip-unreadable.ts'
import { chooseTopics, topicMatcher } from '../tail/choose-topics.ts'
import { followTopics } from '../tail/follow-topics.ts'
import type { TailNotice } from '../tail/notices.ts'
import { checkPartitions, type PartitionState } from './check-partitions.ts'

/** Milliseconds after which what arrived while following is committed. */
const COMMIT_INTERVAL_MS = 1000
/** Milliseconds after which past records are committed, if a slow bus has not filled the buffer. */
const MAX_UNCOMMITTED_MS = 5000
/** How often indexing begins again because another process has emptied the index. */
const MAX_RESTARTS = 5

export interface UpdateRequest extends OutageOptions {
  /** The path of the index file. */
  readonly path: string
  /** Names of topics, and globs. Empty: all topics that are not internal. */
  readonly topics: readonly string[]
  /** Paths of payload fields to add to the index, such as `data.order_id`. */
  readonly fields: readonly string[]
  /** Returns a reader of the fields at these paths. */
  readonly fieldReader: (paths: readonly string[]) => FieldReader
  /** Whether to index new records until the signal aborts. */
  readonly follow: boolean
  /** Ends indexing. What was read until then is kept. */
  readonly signal: AbortSignal
  readonly onNotice: (notice: IndexNotice) => void
  /** Called after each batch, with the number of offsets that were read and the total. */
  readonly onProgress: (read: number, total: number) => void
}

/** What `index` reports besides the result. src/ui/notes/index-notices.ts has the sentence for each code. */
export type IndexNotice =
  | TailNotice
  /** The topic was deleted and created again, or deleted, so what was indexed of it is forgotten. */
  | { readonly code: 'topic-recreated' | 'topic-gone'; readonly topic: string }
  /** All topics are indexed, and wait for new records. */
  | { readonly code: 'index-following' }

/** What was indexed of a topic. */
interface IndexedTopic {
  readonly topic: string
  readonly partitionCount: number
  /** The number of offsets that were read now. */
  readonly offsetsRead: bigint
}

export interface IndexUpdated {
  readonly file: string
  readonly fields: readonly string[]
  readonly topics: readonly IndexedTopic[]
  /** The number of records that were added now. */
  readonly recordsAdded: number
  readonly unreadable: readonly UnreadablePartition[]
}

/** Indexes what topics have gained since the last time. Changes nothing on the bus. */
export async function updateIndex(bus: EventBus, request: UpdateRequest): Promise<IndexUpdated> {
  for (let restarts = 0; ; restarts += 1) {
    const writer = IndexWriter.open(request.path, { paths: request.fields, reader: request.fieldReader })
    try {
      return await new Update(bus, request, writer).run()
    } catch (error) {
      if (!(error instanceof IndexChangedError) || restarts === MAX_RESTARTS) throw error
    } finally {
      writer.close()
    }
  }
}

class Update {
  readonly #bus: EventBus
  readonly #request: UpdateRequest
  readonly #writer: IndexWriter
  readonly #skipped: SkippedRange[] = []
  readonly #offsetsRead = new Map<string, bigint>()
  #recordsAdded = 0

  constructor(bus: EventBus, request: UpdateRequest, writer: IndexWriter) {
    this.#bus = bus
    this.#request = request
    this.#writer = writer
  }

  async run(): Promise<IndexUpdated> {
    const topics = await this.#chosenTopics()
    const begun = await this.#begin(topics)
    await this.#catchUp(begun.slices)
    if (this.#request.follow && !this.#request.signal.aborted) await this.#follow()
    return {
      file: this.#writer.path,
      fields: this.#writer.fields,
      topics: [...begun.counts].map(([topic, partitionCount]) => {
        return { topic, partitionCount, offsetsRead: this.#offsetsRead.get(topic) ?? 0n }
      }),
      recordsAdded: this.#recordsAdded,
      unreadable: unreadablePartitions(this.#skipped),
    }
  }

  async #chosenTopics(): Promise<readonly string[]> {
    const { topics, signal, onNotice, onOutage } = this.#request
    if (topics.length > 0) {
      return (await chooseTopics(this.#bus, { topics, follow: false, signal, onNotice, onOutage })).topics
    }
    const all = (await this.#bus.admin.listTopics()).filter(
      ({ topic, internal }) => !internal && !topic.startsWith('__'),
    )
    const listed = new Set(all.map(({ topic }) => topic))
    for (const gone of this.#writer.partitions().filter(({ topic }) => !listed.has(topic))) this.#forget(gone, 'gone')
    return [...listed]
  }

  /** Compares the index with the topics, forgets what is no longer true, and returns the slices to read. */
  async #begin(topics: readonly string[]) {
    const ranges = await this.#bus.log.rangesOf(topics)
    const indexed = this.#writer.partitions().filter(({ topic }) => ranges.has(topic))
    const known = new PartitionMap<IndexedPartition>()
    for (const { indexed: one, state } of await checkPartitions(this.#bus, indexed, ranges)) {
      if (state === 'current') known.set(one, one)
      else this.#forget(one, state)
    }
    const slices = [...ranges].flatMap(([topic, own]) =>
      own.map((range) => {
        const { partition, start } = range
        const before = known.get({ topic, partition })
        if (before !== undefined && start > before.start) this.#writer.trim(before, start)
        this.#writer.grow({ topic, partition }, before && { ...before, start }, start)
        const from = before?.next ?? start
        const end = stableEndOf(range)
        return { topic, partition, from, to: end > from ? end : from }
      }),
    )
    return { slices, counts: new Map([...ranges].map(([topic, own]) => [topic, own.length] as const)) }
  }

  readonly #noted = new Set<string>()

  #forget(indexed: IndexedPartition, state: PartitionState): void {
    this.#writer.forget(indexed)
    const { topic } = indexed
    if (state === 'trimmed' || this.#noted.has(topic)) return
    this.#noted.add(topic)
    this.#request.onNotice({ code: state === 'gone' ? 'topic-gone' : 'topic-recreated', topic })
  }

  /** Reads and commits up to the ends of the slices. An abort keeps what was read. */
  async #catchUp(slices: readonly { topic: string; partition: number; from: bigint; to: bigint }[]): Promise<void> {
    const { signal, onProgress, onOutage, outageLimit } = this.#request
    const open = slices.filter(({ from, to }) => from < to)
    const total = Number(open.reduce((sum, { from, to }) => sum + to - from, 0n))
    let read = 0
    const options = { signal, onOutage, outageLimit }
    const onUnreadable = (range: SkippedRange) => this.#skip(range)
    let committedAt = performance.now()
    for await (const batch of readSkippingUnreadable(this.#bus.log, open, options, onUnreadable)) {
      read += this.#add(batch)
      if (performance.now() - committedAt > MAX_UNCOMMITTED_MS) {
        this.#writer.commit()
        committedAt = performance.now()
      }
      onProgress(read, total)
    }
    if (!signal.aborted) for (const slice of slices) this.#reach(slice, slice.to)
    this.#writer.commit()
  }

  async #follow(): Promise<void> {
    const { signal, topics, onNotice, onOutage } = this.#request
    onNotice({ code: 'index-following' })
    const failed = new AbortController()
    let failure: unknown
    const timer = setInterval(() => {
      try {
        if (this.#writer.pending > 0) this.#writer.commit()
      } catch (error) {
        failure = error
        failed.abort()
      }
    }, COMMIT_INTERVAL_MS)
    const both = AbortSignal.any([signal, failed.signal])
    const matches = topicMatcher(topics.length === 0 ? ['*'] : topics)
    try {
      while (!both.aborted) {
        const slices = this.#writer.positions()
        const request = { slices, matches, signal: both, onNotice, onOutage, outageLimit: Number.POSITIVE_INFINITY }
        try {
          for await (const batch of followTopics(this.#bus, request)) {
            await this.#beginNew(batch[0])
            this.#add(batch)
          }
        } catch (error) {
          if (!(error instanceof UnreadableError)) throw error
          this.#skip({ ...error.range, reason: error.message })
        }
      }
    } finally {
      clearInterval(timer)
    }
    if (failure !== undefined) throw failure
    this.#writer.commit()
  }

  /** Begins to index a partition that was added while following. */
  async #beginNew(first: { readonly topic: string; readonly partition: number } | undefined): Promise<void> {
    if (first === undefined || this.#writer.nextOf(first) !== undefined) return
    const { topic, partition } = first
    const ranges = await this.#bus.log.ranges(topic)
    const start = ranges.find((range) => range.partition === partition)?.start ?? 0n
    this.#writer.grow({ topic, partition }, undefined, start)
  }

  #add(batch: Parameters<IndexWriter['add']>[0]): number {
    const [first] = batch
    if (first === undefined) return 0
    const before = this.#writer.nextOf(first) ?? 0n
    this.#writer.add(batch)
    this.#recordsAdded += batch.length
    return Number(this.#count(first.topic, before, this.#writer.nextOf(first) ?? before))
  }

  #skip(range: SkippedRange): void {
    this.#skipped.push(range)
    this.#writer.skip(range)
  }

  #reach(partition: { readonly topic: string; readonly partition: number }, offset: bigint): void {
    this.#count(partition.topic, this.#writer.nextOf(partition) ?? offset, offset)
    this.#writer.reach(partition, offset)
  }

  #count(topic: string, from: bigint, to: bigint): bigint {
    const count = to > from ? to - from : 0n
    this.#offsetsRead.set(topic, (this.#offsetsRead.get(topic) ?? 0n) + count)
    return count
  }
}
