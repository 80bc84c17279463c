import { type OperationHint, operationHints } from '../hints.ts'
import type { Finding } from './topology.ts'

/** Returns what to do next about a finding; empty if there is nothing that crbus can do. */
export function hintsOf(finding: Finding): readonly OperationHint[] {
  switch (finding.code) {
    case 'topic-missing':
      // The declaration of a service has no partitions, so that the topic cannot be created from it.
      return finding.isInTopics ? [operationHints.applyTopics()] : []
    case 'consumer-missing':
      return [operationHints.describeGroup(finding.group)]
    case 'schema-drift':
      return finding.reason === 'not-in-schema'
        ? [operationHints.importSchema(finding.topic)]
        : [operationHints.checkSchema(finding.topic)]
    default:
      return []
  }
}
