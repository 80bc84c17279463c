import { type OperationHint, operationHints } from '../hints.ts'
import type { TracedMessage, TraceFinding } from './trace.ts'

/** Returns what to do next about a finding; empty if there is nothing that crbus can do. */
export function hintsOf(finding: TraceFinding, messages: readonly TracedMessage[]): readonly OperationHint[] {
  const first = messages[finding.messages[0] ?? -1]?.message
  const read = () =>
    first === undefined || first.deadLetter?.stored !== undefined
      ? []
      : [operationHints.readRecord(first.topic, first.partition, first.offset)]
  switch (finding.code) {
    case 'redelivered':
      return [operationHints.findDuplicates()]
    case 'orphan':
      return [finding.since === undefined ? operationHints.searchAllTopics() : operationHints.searchFromStart()]
    case 'gap':
      return [operationHints.describeTopic(finding.topic)]
    case 'overdue':
      return first === undefined ? [] : [operationHints.measureTopic(first.topic)]
    case 'duplicate':
    case 'undecodable':
    case 'dead-letter':
      return read()
    default:
      return []
  }
}
