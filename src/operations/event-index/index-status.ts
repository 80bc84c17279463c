import { statSync } from 'node:fs'
import type { EventBus } from '../../bus/event-bus.ts'
import { stableEndOf } from '../../bus/topic-log.ts'
import { EventIndex } from '../../event-index/event-index.ts'
import type { IndexedPartition } from '../../event-index/indexed-partitions.ts'
import { checkPartitions, offsetsBehind, type PartitionState } from './check-partitions.ts'

/** What the index has of a partition, beside what the partition has. */
interface PartitionStatus {
  readonly partition: number
  /** `missing`: the index does not have the partition. */
  readonly state: PartitionState | 'missing'
  /** The indexed offsets: from `from` to before `to`. Absent if the index does not have the partition. */
  readonly from?: bigint | undefined
  readonly to?: bigint | undefined
  /** The offset of the next record of the partition that a reader of committed records gets. Absent if the partition is gone. */
  readonly end?: bigint | undefined
  /** The number of offsets that are not indexed. */
  readonly behind: bigint
}

export interface TopicStatus {
  readonly topic: string
  readonly behind: bigint
  readonly partitions: readonly PartitionStatus[]
}

export interface IndexStatus {
  readonly file: string
  readonly exists: boolean
  /** The size of the file with the log of SQLite. */
  readonly bytes: number
  readonly recordCount: number
  /** The chosen payload fields. */
  readonly fields: readonly string[]
  readonly topics: readonly TopicStatus[]
  readonly behind: bigint
}

/** Compares an index with the topics of the bus: those that it has, and all others that are not internal. Only reads. */
export async function indexStatus(bus: EventBus, path: string): Promise<IndexStatus> {
  const { indexed, ...about } = readIndex(path)
  const listed = (await bus.admin.listTopics()).filter(({ topic, internal }) => !internal && !topic.startsWith('__'))
  const names = [...new Set([...listed, ...indexed].map(({ topic }) => topic))].sort()
  const ranges = await bus.log.rangesOf(names)
  const checked = await checkPartitions(bus, indexed, ranges)
  const topics = names.map((topic): TopicStatus => {
    const own = checked.filter(({ indexed: one }) => one.topic === topic)
    const partitions = (ranges.get(topic) ?? []).map((range): PartitionStatus => {
      const known = own.find(({ indexed: one }) => one.partition === range.partition)
      const current = known?.state === 'current' ? known.indexed : undefined
      return {
        partition: range.partition,
        state: known?.state ?? 'missing',
        ...(known && { from: known.indexed.start, to: known.indexed.next }),
        end: stableEndOf(range),
        behind: offsetsBehind(range, current),
      }
    })
    const gone = own.flatMap(({ indexed: { partition, start, next }, state }): PartitionStatus[] =>
      state === 'gone' ? [{ partition, state, from: start, to: next, behind: 0n }] : [],
    )
    const all = [...partitions, ...gone]
    return { topic, behind: all.reduce((sum, { behind }) => sum + behind, 0n), partitions: all }
  })
  return { file: path, ...about, topics, behind: topics.reduce((sum, { behind }) => sum + behind, 0n) }
}

function readIndex(path: string) {
  // Opening adds the files of a log for the time being.
  const bytes = indexBytes(path)
  const index = EventIndex.open(path)
  const none: readonly IndexedPartition[] = []
  if (index === undefined) return { exists: false, bytes: 0, recordCount: 0, fields: [], indexed: none }
  try {
    return { exists: true, bytes, recordCount: index.recordCount(), fields: index.fields(), indexed: index.reach() }
  } finally {
    index.close()
  }
}

/** The endings of the files of an index: the database, and the log of SQLite with its own index. */
export const INDEX_ENDINGS = ['', '-wal', '-shm'] as const

/** Returns the size of an index with the log of SQLite. */
export const indexBytes = (path: string): number =>
  INDEX_ENDINGS.reduce((sum, ending) => sum + (statSync(`${path}${ending}`, { throwIfNoEntry: false })?.size ?? 0), 0)
