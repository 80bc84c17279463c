import type { Trace, TraceFinding } from '../../operations/trace/trace.ts'
import { formatDuration } from '../text/format-duration.ts'
import { plural } from '../text/listed.ts'

/** Returns the sentence of a finding, without a full stop. Names in it are texts of strangers. */
export function findingText(finding: TraceFinding, { messages }: Pick<Trace, 'messages'>): string {
  const typeOf = (index: number | undefined): string => {
    const { event, topic } = messages[index ?? -1]?.message ?? {}
    return event?.eventType ?? `a record of ${topic}`
  }
  const [first] = finding.messages
  const type = typeOf(first)
  const count = finding.messages.length
  const others = count > 1 ? ` and ${plural(count - 1, 'other message')}` : ''
  switch (finding.code) {
    case 'duplicate':
      return `${type} was published ${count === 1 ? 'twice' : `${count + 1} times`} with the same message id`
    case 'redelivered':
      return `${typeOf(finding.cause)} was handled more than once: it caused ${type} ${count === 1 ? 'twice' : `${count + 1} times`}, with different message ids`
    case 'orphan': {
      const { since, causeId } = finding
      const why =
        since === undefined
          ? 'it was a timer, was deleted, or is on a topic that was not read'
          : 'it was a timer, was published before the start of the search (--since), or is on a topic that was not read'
      return `the message ${causeId} that caused ${type}${others} was not found: ${why}`
    }
    case 'gap':
      return `the command ${finding.causeId} that caused ${type}${others} is missing from ${finding.topic}: it was deleted there, or was never published`
    case 'overdue':
      return `nothing on ${finding.topic} followed ${type} in ${formatDuration(finding.age)}`
    case 'clock-skew':
      return `${count === 1 ? `${type} has` : `${plural(count, 'message')} have`} an earlier time than the cause, by up to ${formatDuration(finding.most)}: the clocks of the publishers differ`
    case 'several-roots':
      return `${count} commands ${type} for different keys started separate flows: their publishers used one correlation id for several conversations`
    case 'undecodable':
      return `${count === 1 ? type : plural(count, 'message')} cannot be decoded: ${finding.reason}`
    case 'dead-letter':
      return `${count === 1 ? type : plural(count, 'message')} became ${count === 1 ? 'a dead letter' : 'dead letters'}${finding.reason === undefined ? '' : `: ${finding.reason}`}`
  }
}
