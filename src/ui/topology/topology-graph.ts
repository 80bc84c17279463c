import type { Flow, Reader, TopicNode, TypeNode } from '../../operations/topology/topology.ts'

/** A topic, a service, or a consumer group that no service declares, as a node of a drawing. */
interface GraphNode {
  readonly kind: 'topic' | 'service' | 'group'
  readonly name: string
}

/** A line of a drawing. */
export interface GraphEdge {
  /** The indices of the nodes. */
  readonly from: number
  readonly to: number
  /** `causes` leads from topic to topic, where it is not known for sure who handles the messages. */
  readonly kind: 'publishes' | 'consumes' | 'causes'
  /** The event types. Empty: the types are not known, or the line is of the kind `causes`. */
  readonly types: readonly string[]
}

export interface TopologyGraph {
  /** The topics in their order, then services and groups in the order in which topics mention them. */
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

/** What a drawing needs of a topic. */
interface GraphTopic extends Pick<TopicNode, 'topic' | 'readers'> {
  readonly types: readonly Pick<TypeNode, 'eventType' | 'publishers' | 'consumers'>[]
}

/** What a drawing needs of a topology. */
interface GraphSource {
  readonly topics: readonly GraphTopic[]
  readonly flows: readonly Flow[]
}

/** Returns the nodes and the lines of a drawing: from publishers to topics, from topics to consumers, and between topics. */
export function topologyGraph({ topics, flows }: GraphSource): TopologyGraph {
  const participants = new Map<string, number>()
  const services = new Set<string>()
  const topicAt = new Map(topics.map(({ topic }, at) => [topic, at]))
  const edges: GraphEdge[] = []
  const indexOf = (name: string): number => {
    const known = participants.get(name) ?? topics.length + participants.size
    participants.set(name, known)
    return known
  }
  for (const [at, node] of topics.entries()) {
    for (const { name, by } of node.types.flatMap(({ publishers, consumers }) => [...publishers, ...consumers])) {
      if (by === 'declaration') services.add(name)
    }
    for (const { service } of node.readers ?? []) if (service !== undefined) services.add(service)
    for (const [name, types] of typesByName(node, 'publishers'))
      edges.push({ from: indexOf(name), to: at, kind: 'publishes', types })
    for (const [name, types] of typesByName(node, 'consumers'))
      edges.push({ from: at, to: indexOf(name), kind: 'consumes', types })
    for (const reader of node.types.length === 0 ? (node.readers ?? []) : [])
      edges.push({ from: at, to: indexOf(nameOf(reader)), kind: 'consumes', types: [] })
  }
  for (const [from, to] of unattributed(flows)) {
    const [start, end] = [topicAt.get(from), topicAt.get(to)]
    if (start !== undefined && end !== undefined) edges.push({ from: start, to: end, kind: 'causes', types: [] })
  }
  const others = [...participants.keys()].map((name): GraphNode => {
    return { kind: services.has(name) ? 'service' : 'group', name }
  })
  return { nodes: [...topics.map(({ topic }): GraphNode => ({ kind: 'topic', name: topic })), ...others], edges }
}

const nameOf = ({ group, service }: Reader): string => service ?? group

const typesByName = (
  { types }: GraphTopic,
  key: 'publishers' | 'consumers',
): ReadonlyMap<string, readonly string[]> => {
  const byName = new Map<string, string[]>()
  for (const type of types) {
    for (const { name } of type[key]) byName.set(name, [...(byName.get(name) ?? []), type.eventType])
  }
  return byName
}

/** Returns the topics of flows whose handler is not known for sure, each pair once. */
const unattributed = (flows: readonly Flow[]): readonly (readonly [string, string])[] => {
  const pairs = flows.filter(({ by }) => by.length !== 1).map(({ from, to }) => [from.topic, to.topic] as const)
  return [...new Map(pairs.map((pair) => [pair.join('\n'), pair])).values()]
}
