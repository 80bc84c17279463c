import { crc32 } from 'node:zlib'
import type { Position } from '../../bus/record.ts'
import { BUCKETS, MessageSpill } from './message-spill.ts'
import type { StoredRef } from './report.ts'

/** A message id as bytes. */
const DIGEST_BYTES = 16

/** A stored event. `isJudged` is false for one that is only there to match records: it was stored too early or too late. */
export interface StoredMessage extends StoredRef {
  readonly type: number
  readonly time: number
  readonly isJudged: boolean
}

/** A record with an event. `isJudged` is false for one that is only there to match stored events. */
export interface PublishedMessage {
  readonly type: number
  readonly time: number
  readonly partition: number
  readonly offset: bigint
  readonly isJudged: boolean
  /** Whether the record is the retry of a dead letter, which a person sent again on purpose. */
  readonly isRetry: boolean
}

/** Everything with the same topic and message id: a multiset of stored events, and a multiset of records. */
export interface SameMessages {
  readonly topic: number
  readonly stored: StoredMessage[]
  readonly published: PublishedMessage[]
  /** When messages in the outbox were stored, in milliseconds since 1970. */
  readonly waiting: number[]
}

const STORED = 0
const PUBLISHED = 1
const WAITING = 2
/** Kind, flags, topic, digest, type, time. */
const HEAD_BYTES = 1 + 1 + 2 + DIGEST_BYTES + 4 + 8
const HEAD = { kind: 0, flags: 1, topic: 2, digest: 4, type: 20, time: 24 } as const
const JUDGED = 1
const RETRY = 2

/** The messages of both sides, grouped by topic and message id, in bounded memory. Topics and event types are numbers of the caller. */
export class MessageSets {
  readonly #spill: MessageSpill

  constructor(folder: string) {
    this.#spill = new MessageSpill(folder)
  }

  addStored(topic: number, digest: Buffer, { type, time, isJudged, streamId, version }: StoredMessage): void {
    const size = HEAD_BYTES + 8 + Buffer.byteLength(streamId)
    this.#add(STORED, { topic, digest, type, time, isJudged }, size, (buffer, at) => {
      buffer.writeDoubleLE(version, at)
      buffer.write(streamId, at + 8)
    })
  }

  addPublished(topic: number, digest: Buffer, message: PublishedMessage): void {
    this.#add(PUBLISHED, { topic, digest, ...message }, HEAD_BYTES + 12, (buffer, at) => {
      buffer.writeUInt32LE(message.partition, at)
      buffer.writeBigInt64LE(message.offset, at + 4)
    })
  }

  /** Adds a message of the outbox that was stored at `time`. */
  addWaiting(topic: number, digest: Buffer, time: number): void {
    this.#add(WAITING, { topic, digest, type: 0, time, isJudged: true }, HEAD_BYTES, () => {})
  }

  /** Yields the messages of each topic and message id. */
  *groups(): Generator<SameMessages> {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const groups = new Map<string, SameMessages>()
      for (const entry of this.#spill.entries(bucket)) {
        const key = entry.toString('latin1', HEAD.topic, HEAD.type)
        let group = groups.get(key)
        if (group === undefined) {
          group = { topic: entry.readUInt16LE(HEAD.topic), stored: [], published: [], waiting: [] }
          groups.set(key, group)
        }
        addTo(group, entry)
      }
      this.#spill.release(bucket)
      yield* groups.values()
    }
  }

  [Symbol.dispose](): void {
    this.#spill[Symbol.dispose]()
  }

  #add(
    kind: number,
    head: { topic: number; digest: Buffer; type: number; time: number; isJudged: boolean; isRetry?: boolean },
    size: number,
    writeRest: (buffer: Buffer, at: number) => void,
  ): void {
    // The bytes of a digest are evenly distributed.
    this.#spill.add(head.digest[0] as number, size, (buffer, at) => {
      buffer[at + HEAD.kind] = kind
      buffer[at + HEAD.flags] = (head.isJudged ? JUDGED : 0) | (head.isRetry ? RETRY : 0)
      buffer.writeUInt16LE(head.topic, at + HEAD.topic)
      head.digest.copy(buffer, at + HEAD.digest, 0, DIGEST_BYTES)
      buffer.writeUInt32LE(head.type, at + HEAD.type)
      buffer.writeDoubleLE(head.time, at + HEAD.time)
      writeRest(buffer, at + HEAD_BYTES)
    })
  }
}

function addTo(group: SameMessages, entry: Buffer): void {
  const kind = entry[HEAD.kind]
  const time = entry.readDoubleLE(HEAD.time)
  if (kind === WAITING) {
    group.waiting.push(time)
    return
  }
  const flags = entry[HEAD.flags] as number
  const own = { type: entry.readUInt32LE(HEAD.type), time, isJudged: (flags & JUDGED) !== 0 }
  if (kind === PUBLISHED) {
    const partition = entry.readUInt32LE(HEAD_BYTES)
    const offset = entry.readBigInt64LE(HEAD_BYTES + 4)
    group.published.push({ ...own, partition, offset, isRetry: (flags & RETRY) !== 0 })
    return
  }
  const version = entry.readDoubleLE(HEAD_BYTES)
  const streamId = entry.toString('utf8', HEAD_BYTES + 8)
  // The end of the store is read twice, so that no event falls between the two readings.
  const isKnown = group.stored.some((known) => known.version === version && known.streamId === streamId)
  if (!isKnown) group.stored.push({ ...own, streamId, version })
}

/** A stored event and the first record of it. */
export interface Publication extends StoredRef {
  readonly topic: number
  readonly type: number
  readonly time: number
  readonly partition: number
  readonly offset: bigint
}

/** A publication that is in its partition after a later version of its stream, at the offset `after`. */
export interface LatePublication extends Publication {
  readonly after: bigint
}

/** Bytes of a publication before the id of its stream. */
const PUBLICATION_BYTES = 2 + 4 + 8 + 8 + 4 + 8

/** The publications of a topic, grouped by stream and partition, in bounded memory. */
export class PublishedOrder {
  readonly #spill: MessageSpill

  constructor(folder: string) {
    this.#spill = new MessageSpill(folder)
  }

  add({ topic, type, time, partition, offset, streamId, version }: Publication): void {
    const length = Buffer.byteLength(streamId)
    this.#spill.add(crc32(streamId) % BUCKETS, PUBLICATION_BYTES + length, (buffer, at) => {
      buffer.writeUInt16LE(topic, at)
      buffer.writeUInt32LE(type, at + 2)
      buffer.writeDoubleLE(time, at + 6)
      buffer.writeDoubleLE(version, at + 14)
      buffer.writeUInt32LE(partition, at + 22)
      buffer.writeBigInt64LE(offset, at + 26)
      buffer.write(streamId, at + PUBLICATION_BYTES)
    })
  }

  /** Yields the publications of each stream in each partition. */
  *streams(): Generator<readonly Publication[]> {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const partitions = new Map<string, Publication[]>()
      for (const entry of this.#spill.entries(bucket)) {
        const publication = {
          topic: entry.readUInt16LE(0),
          type: entry.readUInt32LE(2),
          time: entry.readDoubleLE(6),
          version: entry.readDoubleLE(14),
          partition: entry.readUInt32LE(22),
          offset: entry.readBigInt64LE(26),
          streamId: entry.toString('utf8', PUBLICATION_BYTES),
        }
        const key = `${publication.topic}/${publication.partition}/${publication.streamId}`
        const own = partitions.get(key)
        if (own === undefined) partitions.set(key, [publication])
        else own.push(publication)
      }
      this.#spill.release(bucket)
      yield* partitions.values()
    }
  }

  [Symbol.dispose](): void {
    this.#spill[Symbol.dispose]()
  }
}

/** Finds the publications of one stream and partition that come after a later version, in one pass over the versions. */
export function* lateOf(publications: readonly Publication[]): Generator<LatePublication> {
  let lowestLater: bigint | undefined
  const byVersion = publications.toSorted((a, b) => b.version - a.version)
  // From the last version to the first: a version is late if any later version has a lower offset.
  for (const publication of byVersion) {
    if (lowestLater !== undefined && publication.offset > lowestLater) yield { ...publication, after: lowestLater }
    if (lowestLater === undefined || publication.offset < lowestLater) lowestLater = publication.offset
  }
}

/** Returns a position of a topic that a publication has. */
export const positionOf = (
  topic: string,
  { partition, offset }: Pick<Publication, 'partition' | 'offset'>,
): Position => ({
  topic,
  partition,
  offset,
})
