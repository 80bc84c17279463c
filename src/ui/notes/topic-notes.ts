import type { TopicsApplyNote, TopicsApplyPlan } from '../../operations/topics/apply.ts'
import type { TopicWarning } from '../../operations/topics/topics.ts'
import { plural } from '../text/listed.ts'
import { unreadableText } from './unreadable.ts'

/** The sentence of a warning about a topic. */
function topicWarningText(warning: TopicWarning): string {
  switch (warning.code) {
    case 'unconventional-name':
      return `'${warning.topic}' does not follow the convention {aggregate}-events, such as order-events`
    case 'empty-partitions': {
      const { empty, partitionCount, typesInOnePartition: types } = warning
      const said = `${empty} of ${plural(partitionCount, 'partition')} ${empty === 1 ? 'is' : 'are'} empty`
      if (types === undefined) return said
      const seen =
        types === 1
          ? 'the only event type seen has one partition'
          : `each of the ${types} event types seen has one partition`
      return `${said}: by default the key is the event type, and ${seen}`
    }
    case 'open-transaction':
      return `a transaction is open in partition ${warning.partition} at offset ${warning.offset}: read-committed consumers wait`
    case 'unreadable-records':
      return `${unreadableText(warning)}; events that cannot be read are left out of the types`
  }
}

/** A report or plan as JSON documents have it: every warning with its sentence as `message`. */
export const withWarningMessages = <Report extends { readonly warnings: readonly TopicWarning[] }>(report: Report) => ({
  ...report,
  warnings: report.warnings.map((warning) => ({ ...warning, message: topicWarningText(warning) })),
})

/** The sentence of a note about a declared topic, without the topic. */
export function topicsApplyNoteText(note: TopicsApplyNote): string {
  switch (note.code) {
    case 'fewer-partitions-declared':
      return `it has ${note.partitionCount} partitions and ${note.declared} are declared; partitions cannot be removed`
    case 'partitions-added':
      return 'with more partitions a key can map to another partition, so its old and new events may be read out of order'
    case 'replication-differs':
      return `it has ${plural(note.replication, 'replica')} and ${note.declared} are declared; change the replication with the cluster's own tools`
  }
}

/** A plan as JSON documents have it: every note with its sentence as `message`. */
export const topicsApplyDocument = ({ create, change, same, notes }: TopicsApplyPlan) => ({
  create: create.map(({ partitions: partitionCount, ...topic }) => ({ ...topic, partitionCount })),
  change: change.map(({ topic, partitions: partitionCount, retention }) => ({
    topic,
    partitionCount,
    retention: retention && { from: milliseconds(retention.from), to: milliseconds(retention.to) },
  })),
  same,
  notes: notes.map((note) => ({ ...note, message: topicsApplyNoteText(note) })),
})

/** Reads a value of `retention.ms`: -1 for unlimited, absent for the cluster's default. */
const milliseconds = (value: string | undefined): bigint | undefined =>
  value !== undefined && /^-?\d+$/.test(value) ? BigInt(value) : undefined
