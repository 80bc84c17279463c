import type { TopicPartition } from '../../bus/admin.ts'
import type { GroupLag, LagNote, PartitionLag } from './report.ts'

/** Lists what the numbers of a group do not show, from the partitions of its topics. */
export function notesOf({ lag, gone, topics }: Pick<GroupLag, 'lag' | 'gone' | 'topics'>): LagNote[] {
  // A group may have thousands of partitions, and most have nothing to note.
  const noted = topics.flatMap(({ topic, partitions }) =>
    partitions.filter(isNoted).map((partition) => ({ ...partition, topic })),
  )
  const partitionsWith = (condition: (partition: PartitionLag) => boolean): TopicPartition[] =>
    noted.filter(condition).map(({ topic, partition }) => ({ topic, partition }))
  const transactions = noted.flatMap(({ topic, partition, transaction }): LagNote[] =>
    transaction === undefined ? [] : [{ code: 'open-transaction', topic, partition, ...transaction }],
  )
  const unreadable = noted.flatMap(({ topic, partition, unreadable: reason }): LagNote[] =>
    reason === undefined ? [] : [{ code: 'first-event-unreadable', topic, partition, reason }],
  )
  const compacted = topics.filter(({ counts }) => counts === 'offsets').map(({ topic }) => topic)
  const inFuture = partitionsWith(({ ahead }) => ahead !== undefined)
  const notes: LagNote[] = transactions
  if (gone !== undefined) {
    const partitions = partitionsWith((partition) => partition.gone !== undefined)
    notes.push({ code: 'deleted-unread', gone, partitions })
  }
  const uncommitted = partitionsWith(isUncommitted)
  // A group that has committed nothing at all has no lag and says so by its verdict.
  if (lag !== undefined && uncommitted.length > 0) notes.push({ code: 'never-committed', partitions: uncommitted })
  if (compacted.length > 0) notes.push({ code: 'offsets-counted', topics: compacted })
  if (inFuture.length > 0) notes.push({ code: 'first-event-in-future', partitions: inFuture })
  return [...notes, ...unreadable]
}

const isUncommitted = ({ verdict }: PartitionLag): boolean => verdict === 'never-committed'

function isNoted(partition: PartitionLag): boolean {
  const { transaction, gone, ahead, unreadable } = partition
  const isUnusual = transaction !== undefined || gone !== undefined || ahead !== undefined || unreadable !== undefined
  return isUnusual || isUncommitted(partition)
}
