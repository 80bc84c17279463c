import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { TopicPartition } from '../bus/admin.ts'
import { EventBusError, type UnreadableRange } from '../bus/errors.ts'
import { PartitionMap } from '../bus/names/partition-map.ts'
import type { BusRecord } from '../bus/record.ts'
import type { LogSlice } from '../bus/topic-log.ts'
import { transact } from '../sqlite/shared-file.ts'
import { type Fingerprint, fingerprintOf } from './fingerprint.ts'
import { indexHints } from './hints.ts'
import { type FieldReader, IndexBuffer } from './index-buffer.ts'
import { type IndexedPartition, readPartitions } from './indexed-partitions.ts'
import { damaged, guarded, IndexChangedError, NO_TYPE, OTHER_TYPE, openIndexFile } from './layout.ts'
import { RecordFacts } from './record-facts.ts'
import { RecordPages, rangeMatcher } from './record-pages.ts'
import { MAX_NUMBERS, Runs } from './runs.ts'

/** More event types are not stored by name, so that hostile types cannot fill memory. */
const MAX_TYPES = 10_000
const MAX_TYPE_CHARS = 200
/** The ids of event types begin after {@link OTHER_TYPE}. */
const FIRST_TYPE = OTHER_TYPE + 1

/** What this process has read of a partition since the last commit. */
interface Growth extends TopicPartition {
  /** The id of the partition in the index; `undefined` if the index does not have it yet. */
  readonly id: number | undefined
  /** Where the index of the partition begins. */
  readonly start: bigint
  /** The offset at which the committed index of the partition ends. */
  readonly from: bigint
  next: bigint
  last: Fingerprint | undefined
  readonly skipped: UnreadableRange[]
}

/** Chosen payload fields, and how to read them. */
export interface IndexedFields {
  /** Paths such as `data.order_id`, which are added to those of the index. */
  readonly paths: readonly string[]
  /** Returns a reader of all these paths, in their order. */
  readonly reader: (paths: readonly string[]) => FieldReader
}

/**
 * Adds records to an index. Records and the offset up to which a partition is indexed are committed in one transaction, so a process
 * that is killed loses only what it has read since the last commit. Several processes may write one index: records that another
 * process has added meanwhile are left out.
 */
export class IndexWriter {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #pages: RecordPages
  readonly #runs: Runs
  readonly #types = new Map<string, number>()
  readonly #findType: StatementSync
  /** Whether no more types are stored. */
  #hasAllTypes = false
  readonly #inode: bigint
  readonly #facts: RecordFacts
  readonly #buffer: IndexBuffer<Growth>
  readonly #generation: number
  readonly fields: readonly string[]
  #growth = new PartitionMap<Growth>()

  private constructor(path: string, database: DatabaseSync, fields: IndexedFields) {
    this.path = path
    this.#database = database
    this.#inode = inodeOf(path)
    transact(database, () => addFields(database, fields.paths))
    const about = this.#about()
    this.#generation = about.generation
    this.#facts = new RecordFacts(about.seed)
    const rows = database.prepare('SELECT id, path FROM fields ORDER BY id').all()
    this.fields = rows.map((row) => String(row.path))
    const reader = this.fields.length === 0 ? undefined : fields.reader(this.fields)
    const ids = rows.map(({ id }) => Number(id))
    this.#buffer = new IndexBuffer(about.seed, ids, reader)
    this.#findType = database.prepare('SELECT id FROM types WHERE name = ?')
    this.#pages = new RecordPages(database)
    this.#runs = new Runs(database)
  }

  /** Opens an index, and creates its file if it is missing. A new field empties the index, because all records must be read again. */
  static open(path: string, fields: IndexedFields): IndexWriter {
    const database = openIndexFile(path)
    try {
      return guarded(path, () => new IndexWriter(path, database, fields))
    } catch (error) {
      database.close()
      throw error
    }
  }

  /** Returns what the index has of each partition. */
  partitions(): IndexedPartition[] {
    return guarded(this.path, () => readPartitions(this.#database))
  }

  /** Begins to add to a partition. `known` is what the index has of it; a new partition begins at the offset `start`. */
  grow(partition: TopicPartition, known: IndexedPartition | undefined, start: bigint): void {
    const { topic, partition: number } = partition
    const from = known?.next ?? start
    this.#growth.set(partition, {
      ...{ topic, partition: number, id: known?.id, start: known?.start ?? start, from },
      ...{ next: from, last: undefined, skipped: [] },
    })
  }

  /** Forgets a partition, whose topic was deleted, or deleted and created again. */
  forget({ id }: IndexedPartition): void {
    this.#change(() => this.#database.prepare('DELETE FROM partitions WHERE id = ?').run(id))
  }

  /** Forgets records before an offset, which were deleted from the topic. */
  trim({ id }: IndexedPartition, start: bigint): void {
    this.#change(() => {
      this.#database.prepare('DELETE FROM records WHERE partition_id = ? AND last_offset < ?').run(id, start)
      this.#database.prepare('DELETE FROM skipped WHERE partition_id = ? AND next_offset <= ?').run(id, start)
      this.#database.prepare('UPDATE partitions SET start_offset = ? WHERE id = ?').run(start, id)
    })
  }

  /** Adds records of one partition, in offset order. */
  add(batch: readonly BusRecord[]): void {
    const [first] = batch
    const growth = first && this.#growth.get(first)
    if (growth === undefined) return
    for (const record of batch) {
      if (record.offset < growth.next) continue
      if (this.#buffer.isFull) this.commit()
      const current = this.#growth.get(record) as Growth
      this.#facts.read(record)
      this.#buffer.add(current, record, this.#facts, this.#typeId(this.#facts.eventType))
      current.next = record.offset + 1n
    }
    const last = batch.at(-1)
    const current = last && this.#growth.get(last)
    if (current?.next === (last?.offset ?? -1n) + 1n && last !== undefined) current.last = fingerprintOf(last)
  }

  /** Counts all records before an offset as read, for example because aborted transactions follow the last record. */
  reach(partition: TopicPartition, offset: bigint): void {
    const growth = this.#growth.get(partition)
    if (growth !== undefined && offset > growth.next) growth.next = offset
  }

  /** Notes that records cannot be read. A search reads them from the topic, which fails with the reason. */
  skip(range: UnreadableRange): void {
    this.#growth.get(range)?.skipped.push(range)
    this.reach(range, range.next)
  }

  /** The number of records that were added since the last commit. */
  get pending(): number {
    return this.#buffer.count
  }

  /** Returns where to continue with each partition. */
  positions(): LogSlice[] {
    return [...this.#growth.values()].map(({ topic, partition, next: from }) => ({ topic, partition, from }))
  }

  /** Returns the offset at which to continue with a partition. */
  nextOf(partition: TopicPartition): bigint | undefined {
    return this.#growth.get(partition)?.next
  }

  /**
   * Commits what was added. Throws {@link IndexChangedError} if another process has emptied the index or forgotten a partition, and
   * `REFUSED` if the file was deleted.
   */
  commit(): void {
    // A partition without records is noted too, so that it counts as indexed.
    const grown = [...this.#growth.values()].filter(({ id, next, from }) => next > from || id === undefined)
    if (grown.length > 0) this.#change(() => this.#write(grown))
    const committed = new PartitionMap<Growth>()
    const known = new PartitionMap<IndexedPartition>()
    for (const partition of grown.length === 0 ? [] : this.partitions()) known.set(partition, partition)
    for (const growth of this.#growth.values()) {
      const row = known.get(growth)
      if (row === undefined) committed.set(growth, growth)
      else
        committed.set(growth, { ...growth, id: row.id, from: row.next, next: row.next, last: undefined, skipped: [] })
    }
    this.#growth = committed
    this.#buffer.clear()
  }

  /** Closes the file without committing. */
  close(): void {
    this.#database.close()
  }

  #change(change: () => void): void {
    if (inodeOf(this.path) !== this.#inode) {
      throw new EventBusError('REFUSED', `the event index at ${this.path} was deleted while it was open`, {
        hints: [indexHints.indexAgain()],
      })
    }
    guarded(this.path, () =>
      transact(this.#database, () => {
        if (this.#about().generation !== this.#generation) throw new IndexChangedError('the index was emptied')
        change()
      }),
    )
  }

  #write(grown: readonly Growth[]): void {
    const { nextNumber } = this.#about()
    const known = new PartitionMap<IndexedPartition>()
    for (const partition of readPartitions(this.#database)) known.set(partition, partition)
    const order = new Uint32Array(this.#buffer.count)
    const chunks = Map.groupBy(this.#buffer.chunks, ({ owner }) => owner)
    let count = 0
    for (const growth of grown) {
      const row = known.get(growth)
      if (row?.id !== growth.id && growth.id !== undefined) throw new IndexChangedError('a partition was forgotten')
      if (row !== undefined && row.next < growth.from) throw new IndexChangedError('a partition was forgotten')
      const partitionId = row?.id ?? this.#insert(growth)
      // Another process may have indexed some of the records meanwhile.
      const from = row?.next ?? growth.from
      if (from >= growth.next) continue
      const first = count
      for (const { start, end } of chunks.get(growth) ?? []) {
        for (let at = start; at < end; at += 1) {
          if ((this.#buffer.offsets[at] as bigint) >= from) order[count++] = at
        }
      }
      this.#pages.write(this.#buffer, order.subarray(first, count), { partitionId, firstNumber: nextNumber + first })
      this.#update(partitionId, growth, from)
    }
    if (count === 0) return
    if (nextNumber + count > MAX_NUMBERS) {
      throw new EventBusError('REFUSED', `the event index at ${this.path} is full: it has had ${MAX_NUMBERS} records`, {
        hints: [indexHints.deleteIndex()],
      })
    }
    this.#runs.write(this.#buffer.hashes, order.subarray(0, count), nextNumber)
    this.#database.prepare('UPDATE about SET next_number = ?').run(nextNumber + count)
    this.#runs.merge(() => rangeMatcher(this.#pages.numberRanges()))
  }

  #insert({ topic, partition, start, from }: Growth): number {
    const insert = this.#database.prepare(
      'INSERT INTO partitions (topic, partition, start_offset, next_offset) VALUES (?, ?, ?, ?)',
    )
    return Number(insert.run(topic, partition, start, from).lastInsertRowid)
  }

  #update(id: number, { next, last, skipped }: Growth, from: bigint): void {
    this.#database.prepare('UPDATE partitions SET next_offset = ? WHERE id = ?').run(next, id)
    if (last !== undefined) {
      const { offset, timestamp, digest } = last
      this.#database
        .prepare('UPDATE partitions SET last_offset = ?, last_timestamp = ?, last_digest = ? WHERE id = ?')
        .run(offset, timestamp, digest, id)
    }
    for (const range of skipped) {
      if (range.next <= from) continue
      this.#database.prepare('INSERT INTO skipped VALUES (?, ?, ?)').run(id, range.offset, range.next)
    }
  }

  #typeId(name: string | undefined): number {
    if (name === undefined) return NO_TYPE
    const known = this.#types.get(name)
    if (known !== undefined) return known
    if (name.length > MAX_TYPE_CHARS) return OTHER_TYPE
    return this.#storeType(name)
  }

  /** Stores a type at once: another process may give the next id to another type before this one commits. */
  #storeType(name: string): number {
    return guarded(this.path, () => {
      const known = this.#findType.get(name)?.id
      const id = known ?? (this.#hasAllTypes ? OTHER_TYPE : this.#insertType(name))
      if (id !== OTHER_TYPE) this.#types.set(name, Number(id))
      return Number(id)
    })
  }

  #insertType(name: string): number {
    return transact(this.#database, () => {
      const { next } = this.#database.prepare('SELECT coalesce(max(id) + 1, ?) AS next FROM types').get(FIRST_TYPE) as {
        next: number
      }
      if (next >= MAX_TYPES) {
        this.#hasAllTypes = true
        return OTHER_TYPE
      }
      this.#database.prepare('INSERT OR IGNORE INTO types (id, name) VALUES (?, ?)').run(next, name)
      return Number(this.#database.prepare('SELECT id FROM types WHERE name = ?').get(name)?.id)
    })
  }

  #about(): { readonly seed: number; readonly nextNumber: number; readonly generation: number } {
    const row = this.#database.prepare('SELECT seed, next_number, generation FROM about').get()
    if (row === undefined) throw damaged(this.path, 'its first table is empty')
    return { seed: Number(row.seed), nextNumber: Number(row.next_number), generation: Number(row.generation) }
  }
}

/** Adds chosen fields, and empties the index if one is new. */
function addFields(database: DatabaseSync, paths: readonly string[]): void {
  const insert = database.prepare('INSERT OR IGNORE INTO fields (path) VALUES (?)')
  const added = paths.filter((path) => insert.run(path).changes > 0)
  if (added.length === 0) return
  database.exec('DELETE FROM partitions; DELETE FROM runs; UPDATE about SET generation = generation + 1')
}

const inodeOf = (path: string): bigint => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? -1n
