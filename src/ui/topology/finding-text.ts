import type { Finding, Note } from '../../operations/topology/topology.ts'
import { skippedText } from '../notes/unreadable.ts'
import { counted, listed, plural } from '../text/listed.ts'

/** The most event types or topics that a sentence lists. */
const MAX_NAMES = 5

/** Returns the sentence of a finding, without a full stop. Names in it are texts of strangers. */
export function findingText(finding: Finding): string {
  switch (finding.code) {
    case 'type-unconsumed': {
      const types = listed(finding.types, MAX_NAMES)
      return finding.reason === 'no-group'
        ? `no group reads ${finding.topic}, so nothing consumes ${types}`
        : `no service that reads ${finding.topic} declares that it consumes ${types}`
    }
    case 'type-unpublished': {
      const { topic, types, service, isWhole } = finding
      const where = isWhole ? `${topic} has no such event` : `${topic} has no such event among its newest records`
      return `${service} consumes ${listed(types, MAX_NAMES)}, but nothing publishes it: ${where}, and no service or schema declares it`
    }
    case 'topic-missing': {
      const { topic, services } = finding
      const by =
        services.length === 0
          ? 'crbus.json declares it'
          : `${counted(services, 'service')} ${services.length === 1 ? 'uses' : 'use'} it`
      return `topic ${topic} does not exist, although ${by}`
    }
    case 'topic-undeclared':
      return `topic ${finding.topic} is not declared: neither crbus.json nor a schema names it`
    case 'consumer-missing': {
      const { service, group, topics } = finding
      return `${service} consumes from ${listed(topics, MAX_NAMES)}, but its group ${group} does not read ${topics.length === 1 ? 'it' : 'them'}`
    }
    case 'group-idle':
      return `group ${finding.group} has no members; it has committed offsets of ${listed(finding.topics, MAX_NAMES)}`
    case 'schema-drift': {
      const types = listed(finding.types, MAX_NAMES)
      if (finding.reason === 'not-in-schema') return `the schema of ${finding.topic} does not have ${types}`
      const { topic, failed, checked, problem } = finding
      return `${failed} of ${plural(checked, 'payload')} of ${types} on ${topic} cannot be decoded by the schema: ${problem}`
    }
  }
}

/** Returns the sentence of a note, without a full stop. */
export function noteText(note: Note): string {
  switch (note.code) {
    case 'groups-hidden':
      return 'this user may not see the consumer groups, so the readers of topics are unknown'
    case 'sample-reduced':
      return `only the newest ${note.number} records of each topic were read, because there are ${note.topicCount} topics; name fewer topics to read more`
    case 'unreadable-skipped':
      return skippedText(note)
  }
}
