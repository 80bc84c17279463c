import { partitionName, positionName } from '../../bus/names/names.ts'
import type { AuditCode, AuditFinding, AuditNote } from '../../operations/audit/report.ts'
import { formatTime, type TimeZone } from '../text/format-time.ts'
import { listed, plural } from '../text/listed.ts'

/** The most partitions that a note lists. */
const MAX_PARTITIONS = 5

const sentences: Readonly<Record<AuditCode, (finding: AuditFinding) => string>> = {
  'never-published': ({ topic, count }) =>
    `${plural(count, 'event')} stored and never published: not on '${topic}', and not in the outbox`,
  'never-stored': ({ topic, count }) => `${plural(count, 'event')} on '${topic}' that the store does not have`,
  'published-twice': ({ topic, count }) =>
    `${plural(count, 'record')} on '${topic}' beyond the stored events: the same events were published again`,
  'out-of-order': ({ topic, count }) =>
    `${plural(count, 'event')} on '${topic}' after a later event of the same stream, in one partition`,
  differs: ({ topic, count }) => `${plural(count, 'event')} on '${topic}' with other content than in the store`,
  undecodable: ({ topic, count }) => `${plural(count, 'record')} on '${topic}' that cannot be decoded as events`,
  unreadable: ({ topic, count, ranges = [] }) =>
    `${plural(count, 'range')} of '${topic}' cannot be read, first ${ranges[0] === undefined ? '' : partitionName(ranges[0])}: ${ranges[0]?.reason ?? ''}`,
  'no-streams': ({ topic, count }) =>
    `the store has no stream for '${topic}', so its ${count === 1 ? '1 event was' : `${count} events were`} not compared`,
}

/** Says what a finding found. */
export const auditFindingText = (finding: AuditFinding): string => sentences[finding.code](finding)

const reasons: Readonly<Partial<Record<AuditCode, string>>> = {
  'never-published': 'other services do not know of these events',
  'never-stored': 'other services have seen events that are not in the stream, for example after a restored backup',
  'published-twice': 'at-least-once delivery allows copies; consumers must ignore the message ids that they know',
  'out-of-order': 'consumers see the later state first',
  differs: 'a consumer and the owner of the stream see different facts',
}

/** Says why a finding matters; `undefined` if the finding itself does. */
export const auditFindingWhy = ({ code }: AuditFinding): string | undefined => reasons[code]

/** Says what limits an audit. */
export function auditNoteText(note: AuditNote, timeZone: TimeZone): string {
  const { topic } = note
  switch (note.code) {
    case 'trimmed':
      return `the oldest events of '${topic}' are deleted, so only events since ${formatTime(note.since, timeZone)} are compared`
    case 'emptied': {
      const names = note.partitions.map((partition) => partitionName({ topic, partition }))
      return `all events of ${listed(names, MAX_PARTITIONS)} are deleted, so it is not known since when '${topic}' is complete, and a time must be given since which to compare`
    }
    case 'compacted':
      return `'${topic}' is compacted: a stored event without a record may have been published, so it is not reported`
    case 'not-compared':
      return `more than ${note.limit} events of '${topic}' have no counterpart; only the first ${note.limit} were compared for other content`
    case 'saga-outcomes':
      return `'${topic}' has the outcomes that a saga published, which are in no stream, so its ${note.count === 1 ? '1 event was' : `${note.count} events were`} not compared`
  }
}

/** Names where a finding's event is: its stream and version, its record, or both. */
export function exampleText({ examples }: AuditFinding, at: number, timeZone: TimeZone): string {
  const example = examples[at]
  if (example === undefined) return ''
  const { streamId, version, position, other, parts, eventType, time } = example
  const stored = streamId === undefined ? undefined : `${streamId} version ${version}`
  const where = [stored, position === undefined ? undefined : positionName(position)].filter(Boolean).join(', ')
  const beside = other === undefined ? '' : `, first ${positionName(other)}`
  const differing = parts === undefined ? '' : ` (${parts.join(', ')})`
  const when = time < 0 ? '-' : formatTime(time, timeZone)
  return `${when}  ${eventType === '' ? '' : `${eventType}  `}${where}${beside}${differing}`
}
