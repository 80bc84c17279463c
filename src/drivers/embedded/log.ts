import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type RefusedRecord, recordRefused, stoppedAppend, topicNotFound, transportError } from '../../bus/errors.ts'
import { topicNameError } from '../../bus/names/names.ts'
import { partitionOf } from '../../bus/partitioner.ts'
import type { BusRecord, Header, NewRecord, Position } from '../../bus/record.ts'
import type { LogSlice, PartitionRange, ReadOptions, TopicLog } from '../../bus/topic-log.ts'
import { hasThawed, transact } from '../../sqlite/shared-file.ts'
import { OUTAGE_LIMIT_MS, OutageWatch } from '../outage-watch.ts'
import { refusalOf } from '../refusal.ts'
import type { Changes } from './changes.ts'
import { guarded, inodeOf, isLocked, OFFSETS_PER_PARTITION, requireSameFile } from './database.ts'

/** Partitions of a topic that is created without a number. The same as `crbus topics create`. */
export const DEFAULT_PARTITIONS = 3

/** Records written at a time: a few hundred kilobytes, and other processes get their turn in between. */
const WRITE_BATCH = 2000
/** Records read at a time: in larger batches they outlive a collection, which then copies them. */
const READ_BATCH = 500
/** Bytes aimed at with a batch, of which it holds no more than twice as many, or one record. */
const READ_BYTES = 1024 * 1024

/** Whether a group has members that asked for the topic of this id. */
const IS_SUBSCRIBED = `EXISTS (SELECT 1 FROM members m, json_each(m.topics) wanted, topics t
  WHERE m.group_name = groups.name AND t.name = wanted.value AND t.id = ?1)`

/** The part of an outage that is the file. */
const FILE = 'file'
/** The pause before a file is tried again that another process keeps to itself. SQLite has waited before it said so. */
const LOCK_PAUSE_MS = 100
/** How often a reader that waits makes sure that its file is still the one at its path. */
const FILE_LOOK_MS = 1000

/** As many as the query has places for. */
const RECENT_KEYS = 4

/**
 * A row of the scan. A number from 0 in the place of a key is that of a recent one; a number below stands for as many
 * bytes.
 */
type ScannedRow = readonly [
  offset: bigint,
  timestamp: bigint,
  key: Uint8Array | number | null,
  value: Uint8Array | number | null,
  headers: string | number | null,
]

interface WholeRow {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: string | null
}

export interface LogOptions {
  /** Creates topics that do not exist when they are published or subscribed to. */
  readonly createTopics: boolean
  /** Called after that. */
  readonly onTopicCreated?: ((topic: string, partitions: number) => void) | undefined
}

export interface PartitionRow {
  readonly id: number
  readonly partition: number
  readonly next: number
}

/** Topics and their records in one file. */
export class EmbeddedLog implements TopicLog {
  readonly #database: DatabaseSync
  readonly #changes: Changes
  readonly #path: string
  readonly #options: LogOptions
  /** The inode of the file that is open. */
  readonly #file: bigint | undefined
  #checkedAt = performance.now()
  readonly #statements
  /** Keys are event types, which are few: SQLite names these by number instead of copying them for every record. */
  #recentKeys: readonly Uint8Array[] = []
  /** By partition, what a record of the last batch took. The next are likely to be as large. */
  readonly #averageSizes = new Map<number, number>()
  #closed = false
  #nextUnkeyed = 0

  constructor(database: DatabaseSync, changes: Changes, path: string, options: LogOptions) {
    this.#database = database
    this.#changes = changes
    this.#path = path
    this.#options = options
    this.#file = inodeOf(path)
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#statements = {
      partitions: prepare(
        'SELECT p.id, p.partition, p.next_offset AS next FROM partitions p JOIN topics t ON t.id = p.topic_id WHERE t.name = ? ORDER BY p.partition',
      ),
      addTopic: prepare('INSERT INTO topics (name, config) VALUES (?, ?)'),
      addPartition: prepare('INSERT INTO partitions (topic_id, partition) VALUES (?, ?)'),
      beginNew: prepare(
        `INSERT INTO offsets (group_name, partition_id, next_offset) SELECT name, ?2, 0 FROM groups WHERE ${IS_SUBSCRIBED}`,
      ),
      tellGroups: prepare(`UPDATE groups SET generation = generation + 1 WHERE ${IS_SUBSCRIBED}`),
      insert: prepare('INSERT INTO records (id, timestamp, key, value, headers) VALUES (?, ?, ?, ?, ?)'),
      advance: prepare('UPDATE partitions SET next_offset = ? WHERE id = ?'),
      scan: prepare(
        // A size is known without reading the bytes: what is larger than expected is left where it is. Numbers are made
        // with a point since integers arrive as bigints, which cost more.
        `SELECT id - ?9 AS "offset", timestamp,
           CASE key WHEN ?4 THEN 0.0 WHEN ?5 THEN 1.0 WHEN ?6 THEN 2.0 WHEN ?7 THEN 3.0
             ELSE iif(octet_length(key) > ?8, -1.0 * octet_length(key), key) END AS key,
           iif(octet_length(value) > ?8, -1.0 * octet_length(value), value) AS value,
           CASE WHEN headers IS NULL THEN NULL WHEN octet_length(headers) > ?8 THEN -1.0 * octet_length(headers)
             ELSE headers END AS headers
         FROM records WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3`,
      ),
      whole: prepare('SELECT key, value, headers FROM records WHERE id = ?'),
      firstAt: prepare('SELECT id FROM records WHERE id >= ? AND id < ? AND timestamp >= ? ORDER BY id LIMIT 1'),
    }
    this.#statements.scan.setReadBigInts(true)
    this.#statements.scan.setReturnArrays(true)
  }

  close(): void {
    this.#closed = true
    this.#changes.notify()
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<readonly Position[]> {
    this.#check()
    const positions: Position[] = []
    try {
      for (let at = 0; at < records.length; at += WRITE_BATCH) {
        const part = records.slice(at, at + WRITE_BATCH)
        const inserted = guarded(this.#path, () => transact(this.#database, () => this.#insert(topic, part)))
        positions.push(...inserted.positions)
        const { refusal, isNew } = inserted
        if (isNew) this.#options.onTopicCreated?.(topic, DEFAULT_PARTITIONS)
        if (refusal === undefined) continue
        const refused = { ...refusal, index: at + refusal.index }
        throw recordRefused(topic, refused, records.length, positions)
      }
    } catch (error) {
      throw stoppedAppend(error, records.length, positions)
    } finally {
      this.#changes.notify()
    }
    return positions
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    return this.partitions(topic).map(toRange)
  }

  async rangesOf(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionRange[]>> {
    return new Map([...this.#knownPartitions(topics)].map(([topic, rows]) => [topic, rows.map(toRange)]))
  }

  async firstRecords(slices: readonly LogSlice[]): Promise<readonly (BusRecord | undefined)[]> {
    const known = this.#knownPartitions(slices.map(({ topic }) => topic))
    return slices.map((slice) => {
      const row = known.get(slice.topic)?.[slice.partition]
      if (row === undefined) return undefined
      const from = slice.from < 0n ? 0 : Number(slice.from)
      const to = slice.to === undefined ? undefined : Number(slice.to)
      return guarded(this.#path, () => this.scan(slice, row.id, from, to, 1)[0])
    })
  }

  async offsetsAt(topic: string, timestamp: bigint): Promise<ReadonlyMap<number, bigint>> {
    const partitions = this.partitions(topic)
    return guarded(
      this.#path,
      () =>
        new Map(
          partitions.map(({ id, partition, next }) => {
            const base = id * OFFSETS_PER_PARTITION
            const first = this.#statements.firstAt.get(base, base + next, timestamp)
            return [partition, BigInt(first === undefined ? next : Number(first.id) - base)]
          }),
        ),
    )
  }

  async *read(
    slices: readonly LogSlice[],
    { signal, ...options }: ReadOptions = {},
  ): AsyncGenerator<readonly BusRecord[]> {
    const hasEnd = slices.every(({ to }) => to !== undefined)
    const outage = new OutageWatch(options, hasEnd ? OUTAGE_LIMIT_MS : undefined)
    let open = slices.map((slice) => {
      const row = this.partitions(slice.topic).find(({ partition }) => partition === slice.partition)
      if (!row) throw transportError(`topic '${slice.topic}' has no partition ${slice.partition}`)
      const from = slice.from < 0n ? 0 : Number(slice.from)
      const to = slice.to === undefined ? undefined : Math.min(Number(slice.to), row.next)
      return { slice, id: row.id, next: from, to }
    })
    while (open.length > 0 && !signal?.aborted) {
      let progressed = false
      for (const place of open) {
        if (place.to !== undefined && place.next >= place.to) continue
        this.#check()
        const { slice, id, next, to } = place
        const batch = this.#orLocked(outage, () => this.scan(slice, id, next, to, READ_BATCH))
        if (batch === undefined || batch.length === 0) continue
        place.next = Number((batch.at(-1) as BusRecord).offset) + 1
        progressed = true
        yield batch
        if (signal?.aborted) return
      }
      open = open.filter(({ to, next }) => to === undefined || next < to)
      // A deleted topic's rows are gone: whoever follows it is told.
      if (!progressed) {
        this.requireFile()
        const isTold =
          this.#orLocked(outage, () => open.every(({ slice }) => this.partitions(slice.topic))) !== undefined
        // Leases and locks run out, and files go, without a change being told.
        if (open.length > 0) await this.#changes.next(signal, isTold ? FILE_LOOK_MS : LOCK_PAUSE_MS)
      }
    }
  }

  /** What a look at the file gives; `undefined` while another process keeps the file to itself. */
  #orLocked<T>(outage: OutageWatch, look: () => T): T | undefined {
    try {
      const seen = guarded(this.#path, look)
      outage.worked(FILE)
      return seen
    } catch (error) {
      if (!isLocked(error)) throw error
      const failure = outage.failed(FILE, error)
      if (failure !== undefined) throw failure
      return undefined
    }
  }

  /** Fails once the file is another one. Looks at most once a second. */
  requireFile(): void {
    const now = performance.now()
    if (now - this.#checkedAt < FILE_LOOK_MS) return
    this.#checkedAt = now
    requireSameFile(this.#path, this.#file)
  }

  /** The topic's partitions. `TOPIC_NOT_FOUND` when there is none. */
  partitions(topic: string): readonly PartitionRow[] {
    this.#check()
    const rows = guarded(this.#path, () => this.#statements.partitions.all(topic) as unknown as PartitionRow[])
    if (rows.length === 0) throw topicNotFound(topic)
    return rows
  }

  /**
   * Makes a topic that does not exist, where this bus does so; returns whether it did. Inside the caller's transaction.
   * `TOPIC_NOT_FOUND`.
   */
  ensureTopic(topic: string): boolean {
    if (this.#statements.partitions.all(topic).length > 0) return false
    if (!this.#options.createTopics) throw topicNotFound(topic)
    this.addTopic(topic, DEFAULT_PARTITIONS)
    return true
  }

  /** Makes a topic; inside the caller's transaction. */
  addTopic(topic: string, partitions: number, config: Readonly<Record<string, string>> = {}): readonly PartitionRow[] {
    const invalid = topicNameError(topic)
    if (invalid) throw invalid
    const { lastInsertRowid } = this.#statements.addTopic.run(topic, JSON.stringify(config))
    this.addPartitions(Number(lastInsertRowid), 0, partitions)
    return this.partitions(topic)
  }

  /**
   * Makes the partitions a topic is to have beyond those it has; inside the caller's transaction. To groups that run all
   * of them is new, `latest` or not: what is published before a member looks must not be taken for what was there.
   */
  addPartitions(topicId: number, has: number, wanted: number): void {
    const { addPartition, beginNew, tellGroups } = this.#statements
    for (let partition = has; partition < wanted; partition += 1) {
      beginNew.run(topicId, addPartition.run(topicId, partition).lastInsertRowid)
    }
    tellGroups.run(topicId)
  }

  /**
   * The next records of a partition: at most `limit`, and no more than fit in memory. Their number follows from the size
   * of those before. One that is much larger is read by itself, when there is room for it.
   */
  scan(
    { topic, partition }: { readonly topic: string; readonly partition: number },
    id: number,
    from: number,
    to: number | undefined,
    limit: number,
  ): BusRecord[] {
    const base = id * OFFSETS_PER_PARTITION
    const end = to === undefined ? base + OFFSETS_PER_PARTITION : base + to
    const rowLimit = Math.min(limit, READ_BATCH, Math.ceil(READ_BYTES / (this.#averageSizes.get(id) ?? 0)))
    const largest = Math.floor((2 * READ_BYTES) / rowLimit)
    const keys = this.#recentKeys
    const [first = null, second = null, third = null, fourth = null] = keys
    const rows = this.#statements.scan.all(
      base + from,
      end,
      rowLimit,
      first,
      second,
      third,
      fourth,
      largest,
      BigInt(base),
    ) as unknown as ScannedRow[]
    const records: BusRecord[] = []
    let newKey: Uint8Array | undefined
    let size = 0
    for (const row of rows) {
      let key = row[2]
      let value = row[3]
      let headers = row[4]
      if (typeof value === 'number' || typeof headers === 'number' || (typeof key === 'number' && key < 0)) {
        const whole = this.#readWhole(row, base, records.length === 0 ? Number.POSITIVE_INFINITY : READ_BYTES - size)
        // No room for it, or deleted since.
        if (whole === undefined) break
        if (typeof key !== 'number' || key < 0) key = whole.key
        value = whole.value
        headers = whole.headers
      }
      let buffer: Buffer | null = null
      if (value !== null) {
        size += value.byteLength
        buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      }
      if (typeof key === 'number') key = keys[key] ?? null
      else if (key !== null) {
        newKey = key
        size += key.byteLength
      }
      if (headers !== null) size += headers.length
      records.push({
        topic,
        partition,
        offset: row[0],
        timestamp: row[1],
        key,
        value: buffer,
        headers: headers === null ? [] : readHeaders(headers),
      })
    }
    if (hasThawed(this.#database)) {
      throw transportError(`another process has written to ${this.#path} since it was opened for reading`, {
        suggestions: ['read it again'],
      })
    }
    if (newKey !== undefined) this.#recentKeys = [newKey, ...keys].slice(0, RECENT_KEYS)
    if (records.length > 0) this.#averageSizes.set(id, size / records.length)
    return records
  }

  #readWhole([offset, , ...parts]: ScannedRow, base: number, room: number): WholeRow | undefined {
    const sizes = parts.map((part) => (typeof part === 'number' ? Math.max(0, -part) : (part?.length ?? 0)))
    if (sizes.reduce((sum, size) => sum + size) > room) return undefined
    return this.#statements.whole.get(base + Number(offset)) as unknown as WholeRow | undefined
  }

  /** Inserts the records before the first one that is refused. */
  #insert(
    topic: string,
    records: readonly NewRecord[],
  ): {
    readonly positions: readonly Position[]
    readonly refusal: RefusedRecord | undefined
    readonly isNew: boolean
  } {
    const isNew = this.ensureTopic(topic)
    const rows = this.#statements.partitions.all(topic) as unknown as PartitionRow[]
    const next = rows.map((row) => row.next)
    const positions: Position[] = []
    let refusal: RefusedRecord | undefined
    for (const record of records) {
      const reason = refusalOf(record, rows.length)
      if (reason !== undefined) {
        refusal = { index: positions.length, reason }
        break
      }
      const { key, value, headers, timestamp, partition } = record
      const chosen = partition ?? partitionOf(key, rows.length) ?? this.#nextUnkeyed++ % rows.length
      const row = rows[chosen] as PartitionRow
      const offset = next[chosen] as number
      next[chosen] = offset + 1
      this.#statements.insert.run(
        row.id * OFFSETS_PER_PARTITION + offset,
        timestamp ?? Date.now(),
        key,
        value,
        headers === undefined || headers.length === 0 ? null : writeHeaders(headers),
      )
      positions.push({ topic, partition: chosen, offset: BigInt(offset) })
    }
    rows.forEach((row, index) => {
      if (next[index] !== row.next) this.#statements.advance.run(next[index] as number, row.id)
    })
    return { positions, refusal, isNew }
  }

  #knownPartitions(topics: readonly string[]): Map<string, readonly PartitionRow[]> {
    this.#check()
    const rowsOf = (topic: string) => this.#statements.partitions.all(topic) as unknown as PartitionRow[]
    const all = guarded(this.#path, () => [...new Set(topics)].map((topic) => [topic, rowsOf(topic)] as const))
    return new Map(all.filter(([, rows]) => rows.length > 0))
  }

  #check(): void {
    if (this.#closed) throw transportError('the bus is closed')
  }
}

const toRange = ({ partition, next }: PartitionRow): PartitionRange => ({ partition, start: 0n, end: BigInt(next) })

const writeHeaders = (headers: readonly Header[]): string =>
  JSON.stringify(headers.map(([name, value]) => [name, value && Buffer.from(value).toString('base64')]))

const readHeaders = (text: string): Header[] =>
  (JSON.parse(text) as [string, string | null][]).map(([name, value]) => [
    name,
    value === null ? null : Buffer.from(value, 'base64'),
  ])
