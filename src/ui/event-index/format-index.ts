import { partitionName } from '../../bus/names/names.ts'
import type { DeleteIndexPlan } from '../../operations/event-index/delete-index.ts'
import type { IndexStatus, TopicStatus } from '../../operations/event-index/index-status.ts'
import type { IndexNotice, IndexUpdated } from '../../operations/event-index/update-index.ts'
import { tailNoticeText } from '../notes/tail-notices.ts'
import { unreadableText } from '../notes/unreadable.ts'
import { formatBytes } from '../text/format-bytes.ts'
import type { TimeZone } from '../text/format-time.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'

/** Returns the sentence of a notice, without a full stop. It shows times in the zone `timeZone`. */
export function indexNoticeText(notice: IndexNotice, timeZone: TimeZone): string {
  switch (notice.code) {
    case 'topic-recreated':
      return `topic ${notice.topic} was deleted and created again: it is indexed from its start`
    case 'topic-gone':
      return `topic ${notice.topic} does not exist any more: it was removed from the index`
    case 'index-following':
      return 'all events are indexed; waiting for new ones (Ctrl-C ends)'
    default:
      return tailNoticeText(notice, timeZone)
  }
}

/** Formats what was indexed. */
export function formatUpdated(
  { file, topics, recordsAdded, unreadable }: IndexUpdated,
  width: number | undefined,
): string {
  const rows = topics.map(({ topic, partitionCount, offsetsRead }) => [topic, partitionCount, offsetsRead])
  const notes = unreadable.map((one) => `note: ${printable(`${partitionName(one)}: ${unreadableText(one)}`)}\n`)
  return [
    topics.length === 0 ? '' : `${formatTable(['TOPIC', 'PARTITIONS', 'OFFSETS-READ'], rows, width)}\n`,
    ...notes,
    `indexed ${plural(recordsAdded, 'more event')} in ${printable(file)}\n`,
  ].join('')
}

/** Formats which offsets are indexed, a line for each topic. */
export function formatStatus(status: IndexStatus, width: number | undefined): string {
  const { file, exists, bytes, recordCount, fields, topics } = status
  if (!exists) return 'there is no index of this bus; "crbus index" creates it\n'
  const named = fields.length === 0 ? '' : `FIELDS  ${printable(fields.join(', '))}\n`
  const rows = topics.map((topic) => [
    topic.topic,
    indexedPartitions(topic),
    topic.partitions.length,
    topic.behind,
    stateOf(topic),
  ])
  return [
    `INDEX   ${printable(file)}\nSIZE    ${formatBytes(bytes)}, ${plural(recordCount, 'event')}\n${named}`,
    topics.length === 0 ? '' : `\n${formatTable(['TOPIC', 'INDEXED', 'PARTITIONS', 'BEHIND', 'STATE'], rows, width)}`,
  ].join('')
}

const indexedPartitions = ({ partitions }: TopicStatus): number =>
  partitions.filter(({ state }) => state === 'current').length

function stateOf({ partitions, behind }: TopicStatus): string {
  const states = new Set(partitions.map(({ state }) => state))
  if (states.has('gone')) return 'deleted from the bus'
  if (states.has('recreated')) return 'created again; "crbus index" starts over'
  if (!states.has('current')) return 'not indexed'
  return behind === 0n ? 'complete' : 'behind'
}

/** Formats a plan to delete an index. */
export const formatDeletion = ({ file, exists, bytes }: DeleteIndexPlan): string =>
  exists ? `INDEX  ${printable(file)}\nSIZE   ${formatBytes(bytes)}\n` : 'there is no index of this bus\n'
