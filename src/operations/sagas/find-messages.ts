import { compareNumbers, comparePartitions } from '../../bus/compare.ts'
import type { SerializedEvent } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { BusRecord, Position } from '../../bus/record.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { asBuffer } from '../../codecs/text-cache.ts'
import { IndexReader } from '../event-index/index-reader.ts'
import { readCandidates } from '../event-index/read-candidates.ts'
import type { SkippedRange } from '../events/skip-unreadable.ts'
import type { TailNotice } from '../tail/notices.ts'
import { timeOf } from './event-facts.ts'
import type { SagaNote } from './gather.ts'
import { knownSince, slicesOf } from './topic-slices.ts'

/** The most messages of one conversation that are kept. */
const MAX_MESSAGES = 10_000

/** Which conversation to look for on topics. */
export interface MessageSearch {
  readonly correlationId: string
  readonly now: number
  readonly signal: AbortSignal
  /** The path of the index of events. Absent, or without such a file: the topics are read completely. */
  readonly indexPath?: string | undefined
  /** Told how far the index reaches, or why it cannot be used. Not called without an index. */
  readonly onIndex?: ((notice: IndexNotice) => void) | undefined
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined
}

/** What an index does for a search. */
export type IndexNotice = Extract<TailNotice, { readonly code: 'index-used' | 'index-unusable' }>

/** A message of the conversation that was found on a topic or in the outbox. */
export interface FoundMessage {
  readonly topic: string
  readonly event: SerializedEvent
  readonly at: number
  readonly position: Position | undefined
}

type PublishedMessage = FoundMessage & { readonly position: Position }

/**
 * Finds the messages of a conversation on topics, in the order of their positions. Reads those that an index finds, and all records
 * that it does not cover, of which it decodes only those whose bytes contain the correlation id.
 */
export async function findMessages(
  bus: EventBus,
  { correlationId, now, signal, indexPath, onIndex, onProgress }: MessageSearch,
  search: {
    readonly saga: string
    readonly topics: readonly string[]
    readonly since: number | undefined
    readonly notes: SagaNote[]
  },
): Promise<{ readonly found: FoundMessage[]; readonly endsKnownSince: number }> {
  const { saga, topics, since, notes } = search
  const { slices, missing } = await slicesOf(bus, topics, since)
  for (const topic of missing) notes.push({ code: 'topic-missing', saga, topic })
  const endsKnownSince = Math.max(Number.NEGATIVE_INFINITY, ...(await knownSince(bus, slices)).values())
  const opened = await IndexReader.open(bus, { path: indexPath, topics })
  using reader = opened.reader
  if (opened.problem !== undefined) onIndex?.({ code: 'index-unusable', reason: opened.problem.message })
  if (reader !== undefined) onIndex?.({ code: 'index-used', ...reader.coverage(slices) })
  const wanted = Buffer.from(correlationId)
  const found: PublishedMessage[] = []
  let [read, total] = [0, 0]
  const candidates = {
    ...{ reader, queries: [{ correlationId }], slices },
    onUnreadable: ({ topic, partition, reason }: SkippedRange) =>
      notes.push({ code: 'unreadable', topic, partition, reason }),
    onScan: (offsets: number) => {
      total = offsets
    },
  }
  for await (const { batch, isIndexed } of readCandidates(bus.log, candidates, { signal })) {
    for (const record of batch) {
      const message = messageOf(record, wanted, correlationId, now)
      if (message === undefined) continue
      if (found.length < MAX_MESSAGES) found.push(message)
      else if (!notes.some(({ code }) => code === 'too-many-messages')) {
        notes.push({ code: 'too-many-messages', saga, limit: MAX_MESSAGES })
      }
    }
    if (isIndexed) continue
    read += batch.length
    onProgress?.(read, total)
  }
  return { found: found.sort(byPosition), endsKnownSince }
}

/** Orders messages by position, so that those of equal times do not depend on the order of reading. */
const byPosition = ({ position: a }: PublishedMessage, { position: b }: PublishedMessage): number =>
  comparePartitions(a, b) || compareNumbers(a.offset, b.offset)

/** Ids that every envelope holds as they are. */
const PLAIN_ID = /^[\w.:@-]+$/

function messageOf(
  { value, headers, topic, partition, offset, timestamp }: BusRecord,
  wanted: Buffer,
  correlationId: string,
  now: number,
): PublishedMessage | undefined {
  if (value === null) return undefined
  // The metadata may be in a header, and a JSON envelope escapes other characters.
  const isPlain = headers.length === 0 && PLAIN_ID.test(correlationId)
  if (isPlain && !asBuffer(value).includes(wanted)) return undefined
  const decoded = decodeRecord({ value, headers })
  if (!decoded.ok || decoded.event.metadata?.correlationId !== correlationId) return undefined
  // The value is a view of a fetched batch, which must not be kept in memory for one record.
  const event = { ...decoded.event, data: Buffer.from(decoded.event.data) }
  const at = timeOf(event.metadata?.timestamp, Number(timestamp), now)
  return { topic, event, at, position: { topic, partition, offset } }
}
