import type { Finding, TopicNode, Topology } from '../../src/operations/topology/topology.ts'
import { type TopologyDocument, topologyDocument } from '../../src/ui/topology/topology-document.ts'

/** A text that runs a script if it becomes markup, with a character that reverses text. */
export const HOSTILE = '</script><img src=x onerror="document.title=1"> \u202e<b>'

const LAST_SEEN = BigInt(Date.UTC(2026, 10, 30, 8, 31, 26))
const verbs = ['Placed', 'Failed', 'Cancelled', 'Completed']

/**
 * Makes a topology: each service publishes its topics, two others consume each of them, and the group `audit` reads every fifth topic.
 * The first topic is hostile, the second does not exist, and nothing consumes the types of the last.
 */
export function makeTopology(serviceCount: number, topicCount: number): Topology {
  const service = (at: number) => `service-${at % serviceCount}`
  const topics = Array.from({ length: topicCount }, (_, at): TopicNode => {
    const topic = at === 0 ? HOSTILE : `topic-${String(at).padStart(3, '0')}`
    const isLast = at === topicCount - 1
    const consumers = [
      { name: service(at + 1), by: 'declaration' as const },
      { name: service(at * 3 + 2), by: 'declaration' as const },
      ...(at % 5 === 0 ? [{ name: 'audit', by: 'offsets' as const }] : []),
    ]
    const types = verbs.slice(0, 1 + (at % verbs.length)).map((verb, index) => ({
      eventType: `${at === 0 ? HOSTILE : `Order${at}`}${verb}.v1`,
      count: 1000 * (index + 1),
      lastSeen: LAST_SEEN,
      publishers: [{ name: service(at), by: 'declaration' as const }],
      consumers: isLast ? [] : consumers,
    }))
    const reader = {
      group: service(at + 1),
      service: service(at + 1),
      state: 'Stable' as const,
      memberCount: 2,
      lag: 12n,
    }
    return {
      ...{ topic, isOnBus: at !== 1, isDeclared: true, sampled: 5000, isWhole: at % 2 === 0, types },
      ...{ withoutType: 0, unlisted: 0, readers: isLast ? [] : [reader] },
    }
  })
  const nameAt = (at: number) => topics[at]?.topic ?? ''
  const typeAt = (at: number) => topics[at]?.types[0]?.eventType ?? ''
  const last = topicCount - 1
  const findings: Finding[] = [
    { code: 'topic-missing', topic: nameAt(1), services: [HOSTILE], isInTopics: true },
    { code: 'type-unconsumed', topic: nameAt(last), types: [typeAt(last)], reason: 'no-group' },
    { code: 'group-idle', group: 'audit', topics: [nameAt(5)] },
  ]
  const flows = Array.from({ length: last }, (_, at) => ({
    from: { topic: nameAt(at), eventType: typeAt(at) },
    to: { topic: nameAt(at + 1), eventType: typeAt(at + 1) },
    ...{ count: 100 + at, median: 37, by: at === 2 ? ['service-1', 'service-2'] : [service(at)] },
  }))
  return { topics, flows, findings, notes: [{ code: 'groups-hidden' }] }
}

/** Makes the document of {@link makeTopology}. */
export const makeTopologyDocument = (serviceCount: number, topicCount: number): TopologyDocument =>
  topologyDocument(makeTopology(serviceCount, topicCount), ({ code }) =>
    code === 'topic-missing' ? [{ run: 'crbus topics apply' }] : [],
  )
