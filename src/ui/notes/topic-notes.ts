import type { TopicsApplyNote, TopicsApplyPlan } from '../../operations/topics/apply.ts'
import type { ExpectedDeletion } from '../../operations/topics/expected-deletions.ts'
import type { TopicWarning } from '../../operations/topics/topics.ts'
import { plural } from '../text/listed.ts'
import { deletionDocument } from './deletion-notes.ts'
import { unreadableText } from './unreadable.ts'

/** Returns the sentence of a warning about a topic, without a full stop. */
function topicWarningText(warning: TopicWarning): string {
  switch (warning.code) {
    case 'unconventional-name':
      return `'${warning.topic}' does not follow the convention {aggregate}-events, such as order-events`
    case 'empty-partitions': {
      const { empty, partitionCount, typesInOnePartition: types } = warning
      const counted = `${empty} of ${plural(partitionCount, 'partition')} ${empty === 1 ? 'is' : 'are'} empty`
      if (types === undefined) return counted
      const seen =
        types === 1
          ? 'the only event type seen is in one partition'
          : `each of the ${types} event types seen is in one partition`
      return `${counted}: by default the key is the event type, so all events of a type go to the same partition; ${seen}`
    }
    case 'open-transaction':
      return `a transaction is open in partition ${warning.partition} at offset ${warning.offset}: read-committed consumers wait`
    case 'unreadable-records':
      return `${unreadableText(warning)}; the event types do not include events that cannot be read`
  }
}

/** Returns the JSON document of a report or plan: every warning has its sentence as `message`. */
export const withWarningMessages = <Report extends { readonly warnings: readonly TopicWarning[] }>(report: Report) => ({
  ...report,
  warnings: report.warnings.map((warning) => ({ ...warning, message: topicWarningText(warning) })),
})

/** What more partitions mean for the order of events. */
export const PARTITIONS_ADDED =
  'with more partitions a key can map to another partition, so its old and new events may be read out of order'

/** Returns the sentence of a note about a declared topic, without the name of the topic. */
export function topicsApplyNoteText(note: TopicsApplyNote): string {
  switch (note.code) {
    case 'fewer-partitions-declared':
      return `the topic has ${note.partitionCount} partitions, but ${note.declared} are declared; partitions cannot be removed`
    case 'partitions-added':
      return PARTITIONS_ADDED
    case 'replication-differs':
      return `the topic has ${plural(note.replication, 'replica')}, but ${note.declared} are declared; change the replication with the cluster's own tools`
  }
}

/** Returns the JSON document of a plan: every note has its sentence as `message`. */
export const topicsApplyDocument = (
  { create, change, same, notes }: TopicsApplyPlan,
  deletions: readonly ExpectedDeletion[],
) => ({
  create: create.map(({ partitions: partitionCount, ...topic }) => ({ ...topic, partitionCount })),
  change: change.map(({ topic, partitions: partitionCount, retention }) => ({
    topic,
    partitionCount,
    retention: retention && { from: milliseconds(retention.from), to: milliseconds(retention.to) },
  })),
  same,
  notes: notes.map((note) => ({ ...note, message: topicsApplyNoteText(note) })),
  deletions: deletions.map(deletionDocument),
})

/** Parses a value of `retention.ms`. -1 means unlimited; an absent value means the default of the cluster. */
const milliseconds = (value: string | undefined): bigint | undefined =>
  value !== undefined && /^-?\d+$/.test(value) ? BigInt(value) : undefined
