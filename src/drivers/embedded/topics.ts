import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { topicNotFound, transportError } from '../../bus/errors.ts'
import { topicNameError } from '../../bus/names/names.ts'
import { guarded, OFFSETS_PER_PARTITION } from './database.ts'

/** The number of partitions of a topic for which the caller gives no number. The same as of `crbus topics create`. */
export const DEFAULT_PARTITIONS = 3

/** A condition on a row of `groups`: the group has a member that is subscribed to the topic with the id `?1`. */
const IS_SUBSCRIBED = `EXISTS (SELECT 1 FROM members m, json_each(m.topics) wanted, topics t
  WHERE m.group_name = groups.name AND t.name = wanted.value AND t.id = ?1)`

export interface PartitionRow {
  readonly id: number
  readonly partition: number
  /** The offset that the next record gets. */
  readonly next: number
}

/** A partition with the offset of its oldest record; `next` if it has none. */
interface PartitionRangeRow extends PartitionRow {
  readonly start: number
}

/** The topics of one file and their partitions. */
export class EmbeddedTopics {
  readonly #path: string
  readonly #createTopics: boolean
  readonly #statements
  #isClosed = false

  /** `createTopics`: whether {@link ensureTopic} creates missing topics. */
  constructor(database: DatabaseSync, path: string, createTopics: boolean) {
    this.#path = path
    this.#createTopics = createTopics
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#statements = {
      partitions: prepare(
        'SELECT p.id, p.partition, p.next_offset AS next FROM partitions p JOIN topics t ON t.id = p.topic_id WHERE t.name = ? ORDER BY p.partition',
      ),
      // The offsets of a partition have no gaps, so its oldest record is the start of its log.
      start: prepare(`SELECT min(id) - ?1 AS start FROM records WHERE id >= ?1 AND id < ?1 + ${OFFSETS_PER_PARTITION}`),
      addTopic: prepare('INSERT INTO topics (name, config) VALUES (?, ?)'),
      addPartition: prepare('INSERT INTO partitions (topic_id, partition) VALUES (?, ?)'),
      startAtOldest: prepare(
        `INSERT INTO offsets (group_name, partition_id, next_offset) SELECT name, ?2, 0 FROM groups WHERE ${IS_SUBSCRIBED}`,
      ),
      bumpGroups: prepare(`UPDATE groups SET generation = generation + 1 WHERE ${IS_SUBSCRIBED}`),
    }
  }

  close(): void {
    this.#isClosed = true
  }

  /** Throws if the bus is closed. */
  requireOpen(): void {
    if (this.#isClosed) throw transportError('the bus is closed')
  }

  /** The partitions of a topic. Throws `TOPIC_NOT_FOUND` if it does not exist. */
  partitions(topic: string): readonly PartitionRow[] {
    this.requireOpen()
    const rows = guarded(this.#path, () => this.rows(topic))
    if (rows.length === 0) throw topicNotFound(topic)
    return rows
  }

  /** The partitions of a topic with their starts. Throws `TOPIC_NOT_FOUND` if it does not exist. */
  ranges(topic: string): readonly PartitionRangeRow[] {
    const rows = this.partitions(topic)
    return guarded(this.#path, () => rows.map((row) => this.#withStart(row)))
  }

  /** The partitions of the topics that exist, with their starts, by topic. */
  knownRanges(topics: readonly string[]): Map<string, readonly PartitionRangeRow[]> {
    const known = this.knownPartitions(topics)
    return guarded(
      this.#path,
      () => new Map([...known].map(([topic, rows]) => [topic, rows.map((row) => this.#withStart(row))])),
    )
  }

  /** The offset of the oldest record of a partition by its row id; `undefined` if it has none. Throws the errors of SQLite. */
  oldest(id: number): number | undefined {
    const found = this.#statements.start.get(id * OFFSETS_PER_PARTITION)?.start
    return found === null || found === undefined ? undefined : Number(found)
  }

  #withStart(row: PartitionRow): PartitionRangeRow {
    return { ...row, start: this.oldest(row.id) ?? row.next }
  }

  /** The partitions of the topics that exist, by topic. */
  knownPartitions(topics: readonly string[]): Map<string, readonly PartitionRow[]> {
    this.requireOpen()
    const all = guarded(this.#path, () => [...new Set(topics)].map((topic) => [topic, this.rows(topic)] as const))
    return new Map(all.filter(([, rows]) => rows.length > 0))
  }

  /**
   * The partitions of a topic, empty if it does not exist. For use inside a transaction: throws the errors of SQLite unchanged.
   */
  rows(topic: string): readonly PartitionRow[] {
    return this.#statements.partitions.all(topic) as unknown as PartitionRow[]
  }

  /**
   * Creates a missing topic if this bus creates topics, else throws `TOPIC_NOT_FOUND`. Returns whether the topic was created.
   * Runs inside the caller's transaction.
   */
  ensureTopic(topic: string): boolean {
    if (this.rows(topic).length > 0) return false
    if (!this.#createTopics) throw topicNotFound(topic)
    this.addTopic(topic, DEFAULT_PARTITIONS)
    return true
  }

  /** Creates a topic. Runs inside the caller's transaction. */
  addTopic(topic: string, partitions: number, config: Readonly<Record<string, string>> = {}): readonly PartitionRow[] {
    const invalid = topicNameError(topic)
    if (invalid) throw invalid
    const { lastInsertRowid } = this.#statements.addTopic.run(topic, JSON.stringify(config))
    this.addPartitions(Number(lastInsertRowid), 0, partitions)
    return this.partitions(topic)
  }

  /**
   * Adds partitions to a topic that has `count`, up to a total of `wanted`. Subscribed groups start at the oldest record of a new
   * partition even with `latest`, because a member may notice the partition only after records were published to it. Runs inside
   * the caller's transaction.
   */
  addPartitions(topicId: number, count: number, wanted: number): void {
    const { addPartition, startAtOldest, bumpGroups } = this.#statements
    for (let partition = count; partition < wanted; partition += 1) {
      startAtOldest.run(topicId, addPartition.run(topicId, partition).lastInsertRowid)
    }
    bumpGroups.run(topicId)
  }
}
