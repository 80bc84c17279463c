import { compareText } from '../../bus/compare.ts'
import { topicRole } from '../trace/topic-role.ts'
import type { TopologyFacts, TypeTraffic } from './facts.ts'
import { includesType, mayMeanSame } from './services.ts'
import { type Finding, findingCodes, type TopicNode } from './topology.ts'

/** Finds what contradicts the declarations or leads nowhere, in the order of the codes, then of the names. */
export function judgeTopology(topics: readonly TopicNode[], facts: TopologyFacts): readonly Finding[] {
  const findings = [
    ...topics.flatMap((topic) => [...judgeTopic(topic, facts), ...judgeSchema(topic, facts)]),
    ...judgeServices(topics, facts),
    ...idleGroups(facts),
  ]
  return findings.sort((a, b) => findingCodes.indexOf(a.code) - findingCodes.indexOf(b.code))
}

function* judgeTopic(node: TopicNode, facts: TopologyFacts): Generator<Finding> {
  const { topic, isOnBus, isDeclared, readers } = node
  const { services, topics } = facts.declarations
  const hasDeclarations = services.size + topics.size > 0
  if (!isOnBus) {
    const users = [...services].filter(([, { consumes, publishes }]) => consumes.has(topic) || publishes.has(topic))
    yield { code: 'topic-missing', topic, services: users.map(([name]) => name), isInTopics: topics.has(topic) }
    return
  }
  // Dead letters wait for a person, so that no group reads them, and a service need not declare their topic.
  if (topicRole(topic).kind === 'dead-letter') return
  if (hasDeclarations && !isDeclared) yield { code: 'topic-undeclared', topic }
  const published = node.types.filter(({ count }) => count > 0).map(({ eventType }) => eventType)
  if (readers === null || published.length === 0) return
  const consumers = [...services.values()].filter(({ consumes }) => consumes.has(topic))
  const unconsumed = published.filter(
    (type) => !consumers.some(({ consumes }) => includesType(consumes.get(topic), type)),
  )
  if (unconsumed.length === 0) return
  if (readers.length === 0) yield { code: 'type-unconsumed', topic, types: unconsumed, reason: 'no-group' }
  // A group that no declaration explains may consume every type. It may be that of a service that declares no group.
  else if (
    consumers.some(({ group }) => group === undefined) ||
    readers.every((reader) => isExplained(reader, node, facts))
  )
    yield { code: 'type-unconsumed', topic, types: unconsumed, reason: 'not-declared' }
}

/** Whether a service declares the group of a reader and what it consumes of the topic. */
const isExplained = (
  { service }: { readonly service?: string | undefined },
  { topic }: TopicNode,
  { declarations }: TopologyFacts,
): boolean => service !== undefined && (declarations.services.get(service)?.consumes.has(topic) ?? false)

function* judgeSchema({ topic, types }: TopicNode, { traffic }: TopologyFacts): Generator<Finding> {
  const unknown = types.filter(({ isInSchema, count }) => isInSchema === false && count > 0)
  if (unknown.length > 0) {
    const names = unknown.map(({ eventType }) => eventType)
    yield { code: 'schema-drift', topic, types: names, reason: 'not-in-schema' }
  }
  const own: readonly TypeTraffic[] = traffic.find((one) => one.topic === topic)?.types ?? []
  for (const { eventType, decoded } of own) {
    if (decoded === undefined || decoded.failed === 0) continue
    const { failed, checked, problem = '' } = decoded
    yield { code: 'schema-drift', topic, types: [eventType], reason: 'undecodable', failed, checked, problem }
  }
}

function* judgeServices(topics: readonly TopicNode[], { declarations, groups }: TopologyFacts): Generator<Finding> {
  const { services } = declarations
  const nodes = new Map(topics.map((node) => [node.topic, node]))
  for (const [service, { group, consumes }] of services) {
    const onBus = [...consumes].filter(([topic]) => nodes.get(topic)?.isOnBus)
    for (const [topic, names] of onBus) {
      const node = nodes.get(topic) as TopicNode
      const published = node.types
        .filter(({ count, isInSchema, publishers }) => count > 0 || isInSchema || publishers.length > 0)
        .map(({ eventType }) => eventType)
      const declared = [...services.values()].flatMap(({ publishes }) => publishes.get(topic) ?? [])
      const types = names.filter(
        (name) =>
          !published.some((type) => includesType([name], type)) && !declared.some((other) => mayMeanSame(name, other)),
      )
      if (types.length > 0) yield { code: 'type-unpublished', topic, types, service, isWhole: node.isWhole }
    }
    if (group === undefined || groups === null) continue
    const read = groups.find((one) => one.group === group)?.topics
    const unread = onBus.map(([topic]) => topic).filter((topic) => !read?.has(topic))
    if (unread.length > 0) yield { code: 'consumer-missing', service, group, topics: unread }
  }
}

function* idleGroups({ groups, isWanted, existing }: TopologyFacts): Generator<Finding> {
  for (const { group, memberCount, topics } of [...(groups ?? [])].sort((a, b) => compareText(a.group, b.group))) {
    const read = [...topics.keys()].filter((topic) => isWanted(topic) && existing.has(topic)).sort(compareText)
    if (memberCount === 0 && read.length > 0) yield { code: 'group-idle', group, topics: read }
  }
}
