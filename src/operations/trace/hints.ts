import { positionName } from '../../bus/names/names.ts'
import { type OperationHint, operationHints } from '../hints.ts'
import type { TracedMessage, TraceFinding } from './trace.ts'

/** Returns what to do next about a finding; empty if there is nothing that crbus can do. */
export function hintsOf(finding: TraceFinding, messages: readonly TracedMessage[]): readonly OperationHint[] {
  const first = messages[finding.messages[0] ?? -1]?.message
  const read = () =>
    first?.record === undefined ? [] : [operationHints.readRecord(first.topic, first.partition, first.offset)]
  switch (finding.code) {
    case 'redelivered':
      return [operationHints.findDuplicates()]
    case 'orphan':
      return [finding.since === undefined ? operationHints.searchAllTopics() : operationHints.searchFromStart()]
    case 'gap':
      return [operationHints.describeTopic(finding.topic)]
    case 'overdue':
      return first === undefined ? [] : [operationHints.measureTopic(first.topic)]
    case 'dead-letter':
      return first === undefined
        ? []
        : [operationHints.showDeadLetter(first.deadLetter?.stored?.id ?? positionName(first))]
    case 'duplicate':
    case 'undecodable':
      return read()
    default:
      return []
  }
}
