import type { StatementSync } from 'node:sqlite'
import { type RefusedRecord, recordRefused, stoppedAppend, transportError } from '../../bus/errors.ts'
import { partitionOf } from '../../bus/partitioner.ts'
import type { BusRecord, NewRecord, Position } from '../../bus/record.ts'
import type { LogSlice, PartitionRange, ReadOptions, TopicLog } from '../../bus/topic-log.ts'
import { transact } from '../../sqlite/shared-file.ts'
import { OutageWatch } from '../outage-watch.ts'
import { refusalOf } from '../refusal.ts'
import { guarded, isLocked, OFFSETS_PER_PARTITION } from './database.ts'
import { FILE_CHECK_MS } from './file-identity.ts'
import { writeHeaders } from './headers.ts'
import type { OpenFile } from './open-file.ts'
import { MAX_BATCH_RECORDS } from './record-scanner.ts'
import { DEFAULT_PARTITIONS, type PartitionRow } from './topics.ts'

/** The most records in one transaction: usually a few hundred kilobytes, so that other processes can write in between. */
const MAX_WRITE_RECORDS = 2000
/** The part that `OutageWatch` tracks. */
const FILE = 'file'
/** The pause before another attempt to read a locked file. It is short, because SQLite has already waited for the lock. */
const LOCK_PAUSE_MS = 100

/** Called with the name of a topic that a publish has created, and with the number of its partitions. */
export type OnTopicCreated = (topic: string, partitions: number) => void

/** The records of the topics in one file. */
export class EmbeddedLog implements TopicLog {
  readonly #file: OpenFile
  readonly #onTopicCreated: OnTopicCreated | undefined
  readonly #insertRecord: StatementSync
  readonly #setNextOffset: StatementSync
  readonly #firstSince: StatementSync
  /** Counts the records without a key, which go to the partitions in turn. */
  #unkeyedCount = 0

  constructor(file: OpenFile, onTopicCreated?: OnTopicCreated) {
    this.#file = file
    this.#onTopicCreated = onTopicCreated
    const prepare = (sql: string): StatementSync => file.database.prepare(sql)
    this.#insertRecord = prepare('INSERT INTO records (id, timestamp, key, value, headers) VALUES (?, ?, ?, ?, ?)')
    this.#setNextOffset = prepare('UPDATE partitions SET next_offset = ? WHERE id = ?')
    this.#firstSince = prepare('SELECT id FROM records WHERE id >= ? AND id < ? AND timestamp >= ? ORDER BY id LIMIT 1')
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<readonly Position[]> {
    const { topics, path, database, changes } = this.#file
    topics.requireOpen()
    const positions: Position[] = []
    try {
      for (let at = 0; at < records.length; at += MAX_WRITE_RECORDS) {
        const part = records.slice(at, at + MAX_WRITE_RECORDS)
        const inserted = guarded(path, () => transact(database, () => this.#insert(topic, part)))
        positions.push(...inserted.positions)
        const { refusal, hasCreatedTopic } = inserted
        if (hasCreatedTopic) this.#onTopicCreated?.(topic, DEFAULT_PARTITIONS)
        if (refusal === undefined) continue
        const refused = { ...refusal, index: at + refusal.index }
        throw recordRefused(topic, refused, records.length, positions)
      }
    } catch (error) {
      throw stoppedAppend(error, records.length, positions)
    } finally {
      changes.notify()
    }
    return positions
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    return this.#file.topics.ranges(topic).map(toRange)
  }

  async rangesOf(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionRange[]>> {
    return new Map([...this.#file.topics.knownRanges(topics)].map(([topic, rows]) => [topic, rows.map(toRange)]))
  }

  async firstRecords(slices: readonly LogSlice[]): Promise<readonly (BusRecord | undefined)[]> {
    const { topics, path, scanner } = this.#file
    const known = topics.knownPartitions(slices.map(({ topic }) => topic))
    return slices.map((slice) => {
      const row = known.get(slice.topic)?.[slice.partition]
      if (row === undefined) return undefined
      const from = slice.from < 0n ? 0 : Number(slice.from)
      const to = slice.to === undefined ? undefined : Number(slice.to)
      return guarded(path, () => scanner.scan(slice, row.id, from, to, 1)[0])
    })
  }

  async offsetsAt(topic: string, timestamp: bigint): Promise<ReadonlyMap<number, bigint>> {
    const { topics, path } = this.#file
    const partitions = topics.partitions(topic)
    return guarded(
      path,
      () =>
        new Map(
          partitions.map(({ id, partition, next }) => {
            const base = id * OFFSETS_PER_PARTITION
            const first = this.#firstSince.get(base, base + next, timestamp)
            return [partition, BigInt(first === undefined ? next : Number(first.id) - base)]
          }),
        ),
    )
  }

  async *read(
    slices: readonly LogSlice[],
    { signal, ...options }: ReadOptions = {},
  ): AsyncGenerator<readonly BusRecord[]> {
    const { topics, scanner, changes, identity } = this.#file
    const outage = OutageWatch.ofRead(slices, options)
    let unfinished = slices.map((slice) => {
      const row = topics.partitions(slice.topic).find(({ partition }) => partition === slice.partition)
      if (!row) throw transportError(`topic '${slice.topic}' has no partition ${slice.partition}`)
      const from = slice.from < 0n ? 0 : Number(slice.from)
      const to = slice.to === undefined ? undefined : Math.min(Number(slice.to), row.next)
      return { slice, id: row.id, next: from, to }
    })
    while (unfinished.length > 0 && !signal?.aborted) {
      let hasProgressed = false
      for (const cursor of unfinished) {
        if (cursor.to !== undefined && cursor.next >= cursor.to) continue
        topics.requireOpen()
        const { slice, id, next, to } = cursor
        const batch = this.#unlessLocked(outage, () => scanner.scan(slice, id, next, to, MAX_BATCH_RECORDS))
        if (batch === undefined) continue
        const last = batch.at(-1)
        if (last === undefined) {
          // The records before `to` were deleted since the slice was made, or before.
          if (to !== undefined) {
            cursor.next = Math.max(
              next,
              guarded(this.#file.path, () => topics.oldest(id) ?? to),
            )
            hasProgressed ||= cursor.next > next
          }
          continue
        }
        cursor.next = Number(last.offset) + 1
        hasProgressed = true
        yield batch
        if (signal?.aborted) return
      }
      unfinished = unfinished.filter(({ to, next }) => to === undefined || next < to)
      if (!hasProgressed) {
        identity.requireUnchanged()
        const isReadable = this.#unlessLocked(outage, () => {
          // Throws TOPIC_NOT_FOUND for a deleted topic, for whose records the reader would otherwise wait forever.
          for (const { slice } of unfinished) topics.partitions(slice.topic)
          return true
        })
        // Wait with a time-out, because no change announces that a lock was released or that the file was removed.
        if (unfinished.length > 0) await changes.next(signal, isReadable ? FILE_CHECK_MS : LOCK_PAUSE_MS)
      }
    }
  }

  /** Reads from the file. Returns `undefined` if another process has locked the file and the outage is within its limit. */
  #unlessLocked<T>(outage: OutageWatch, read: () => T): T | undefined {
    try {
      const result = guarded(this.#file.path, read)
      outage.worked(FILE)
      return result
    } catch (error) {
      if (!isLocked(error)) throw error
      const failure = outage.failed(FILE, error)
      if (failure !== undefined) throw failure
      return undefined
    }
  }

  /** Inserts the records before the first refused one. Runs inside a transaction. */
  #insert(
    topic: string,
    records: readonly NewRecord[],
  ): {
    readonly positions: readonly Position[]
    readonly refusal: RefusedRecord | undefined
    readonly hasCreatedTopic: boolean
  } {
    const { topics } = this.#file
    const hasCreatedTopic = topics.ensureTopic(topic)
    const rows = topics.rows(topic)
    const nextOffsets = rows.map((row) => row.next)
    const positions: Position[] = []
    let refusal: RefusedRecord | undefined
    for (const record of records) {
      const reason = refusalOf(record, rows.length)
      if (reason !== undefined) {
        refusal = { index: positions.length, reason }
        break
      }
      const { key, value, headers, timestamp, partition } = record
      const chosen = partition ?? partitionOf(key, rows.length) ?? this.#unkeyedCount++ % rows.length
      const row = rows[chosen] as PartitionRow
      const offset = nextOffsets[chosen] as number
      nextOffsets[chosen] = offset + 1
      this.#insertRecord.run(
        row.id * OFFSETS_PER_PARTITION + offset,
        timestamp ?? Date.now(),
        key,
        value,
        headers === undefined || headers.length === 0 ? null : writeHeaders(headers),
      )
      positions.push({ topic, partition: chosen, offset: BigInt(offset) })
    }
    rows.forEach((row, index) => {
      if (nextOffsets[index] !== row.next) this.#setNextOffset.run(nextOffsets[index] as number, row.id)
    })
    return { positions, refusal, hasCreatedTopic }
  }
}

const toRange = ({ partition, start, next }: PartitionRow & { readonly start: number }): PartitionRange => ({
  partition,
  start: BigInt(start),
  end: BigInt(next),
})
