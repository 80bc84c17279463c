import { partitionName } from '../../bus/names/names.ts'
import type { GroupLag, LagNote, LagReport, PartitionLag } from '../../operations/lag/report.ts'
import { formatDuration } from '../text/format-duration.ts'
import { formatTime, type TimeZone } from '../text/format-time.ts'
import { listed, listedPartitions, sharedLines } from '../text/listed.ts'
import { printable } from '../text/printable.ts'

/** The most partitions or topics that a note lists, and the most notes with the same code that a group gets. */
const MAX_LISTED = 3
/** The most partitions without a commit that a note lists. A user needs all of them to commit or to reset them. */
const MAX_UNCOMMITTED = 10

/** Returns the sentence of a note, without the group. `now` is the time that ages are relative to, in milliseconds. */
function lagNoteText(note: LagNote, now: number, timeZone: TimeZone): string {
  switch (note.code) {
    case 'open-transaction': {
      const { topic, partition, offset, since } = note
      const began =
        since === undefined ? '' : ` since ${formatTime(since, timeZone)} (${formatDuration(Math.max(0, now - since))})`
      return `a transaction is open in ${partitionName(note)}${began} at offset ${offset} and holds back read-committed consumers; to end it: kafka-transactions.sh abort --topic ${topic} --partition ${partition} --start-offset ${offset}`
    }
    case 'deleted-unread': {
      const from = listedPartitions(note.partitions, MAX_LISTED)
      return `${note.gone} events after the committed offset were deleted unread from ${from}; LAG does not count them`
    }
    case 'never-committed': {
      const count = note.partitions.length
      return `${count} ${partitions(count)} with events and no committed offset, which LAG does not count: ${listedPartitions(note.partitions, MAX_UNCOMMITTED)}`
    }
    case 'offsets-counted':
      return `LAG counts offsets of compacted topics, so fewer events may wait: ${listed(note.topics, MAX_LISTED)}`
    case 'first-event-in-future':
      return `the first waiting event of ${listedPartitions(note.partitions, MAX_LISTED)} is dated in the future, so its age is not known`
    case 'first-event-unreadable':
      return `the first waiting event cannot be read, so its age is not known: ${note.reason}`
  }
}

const partitions = (count: number): string => (count === 1 ? 'partition' : 'partitions')

/** The lines that stand for the notes beyond `MAX_LISTED`. Only these codes have one note for each partition. */
const moreText: Partial<Record<LagNote['code'], (count: number) => string>> = {
  'open-transaction': (count) => `transactions are open in ${count} more ${partitions(count)}`,
  'first-event-unreadable': (count) => `the first waiting event of ${count} more ${partitions(count)} cannot be read`,
}

/**
 * Returns lines about what the figures of groups do not show. A note that several groups have, such as an open transaction of a
 * topic that all of them read, is one line with their names. `now` is the time that ages are relative to, in milliseconds.
 */
export function lagNotes(
  { groups }: { readonly groups: readonly GroupLag[] },
  now: number,
  timeZone: TimeZone,
): string[] {
  const lines = groups.flatMap(({ group, notes = [] }) =>
    groupLines(notes, now, timeZone).map((line) => ({ name: group, line })),
  )
  return sharedLines(lines).map(printable)
}

/** Returns the notes of a group as sentences, and how many more there are of each kind. */
const groupLines = (notes: readonly LagNote[], now: number, timeZone: TimeZone): readonly string[] =>
  [...Map.groupBy(notes, ({ code }) => code)].flatMap(([code, own]) => {
    const more = own.length > MAX_LISTED ? moreText[code]?.(own.length - MAX_LISTED) : undefined
    const shown = more === undefined ? own : own.slice(0, MAX_LISTED)
    return [...shown.map((note) => lagNoteText(note, now, timeZone)), ...(more === undefined ? [] : [more])]
  })

/** Returns the JSON document of a report. Every note has its sentence as `message`, and times are RFC 3339. */
export const lagDocument = ({ sample, groups }: LagReport, now: number) => ({
  sample,
  groups: groups.map(({ notes, topics, ...group }) => ({
    ...group,
    notes: notes?.map((note) => ({ ...withTime(note), message: lagNoteText(note, now, 'utc') })),
    topics: topics.map((topic) => ({ ...topic, partitions: topic.partitions.map(partitionDocument) })),
  })),
})

export type LagDocument = ReturnType<typeof lagDocument>

const withTime = (note: LagNote) => (note.code === 'open-transaction' ? { ...note, since: timeOf(note.since) } : note)

function partitionDocument(partition: PartitionLag) {
  const { transaction } = partition
  // Do not copy it: a report may have 100,000 partitions, and most of them have no transaction.
  if (transaction === undefined) return partition
  return { ...partition, transaction: { offset: transaction.offset, since: timeOf(transaction.since) } }
}

const timeOf = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString()
