import type { PageFinding } from '../page-frame.ts'

/** A service or a group, and how crbus knows what it does. */
interface PageParticipant {
  readonly name: string
  readonly by: string
}

/** A topic as the page needs it: a topic of the document of `crbus topology`. */
interface PageTopic {
  readonly onBus: boolean
  readonly declared: boolean
  readonly sampled: number
  readonly whole: boolean
  readonly withoutType: number
  readonly unlisted: number
  readonly types: readonly PageType[]
  readonly readers:
    | readonly {
        readonly group: string
        readonly service?: string | undefined
        readonly state: string
        readonly memberCount: number
        readonly lag?: number | string | bigint | undefined
        readonly counts?: string | undefined
      }[]
    | null
}

/** An event type of a topic, with its tone: the class `bad`, `warn` or `event`. */
export interface PageType {
  readonly eventType: string
  readonly count: number
  /** As in JSON: a time that no calendar has is a number. */
  readonly lastSeen: string | number | bigint | null
  readonly publishers: readonly PageParticipant[]
  readonly consumers: readonly PageParticipant[]
  readonly tone: string
}

/** A node of the drawing. Only a topic has a `topic`. */
export interface PageNode {
  readonly kind: 'topic' | 'service' | 'group'
  readonly name: string
  readonly topic?: PageTopic | undefined
}

/** A line of the drawing, between the indices of two nodes. */
export interface PageEdge {
  readonly from: number
  readonly to: number
  readonly kind: 'publishes' | 'consumes' | 'causes'
  readonly types: readonly string[]
}

/** Events that messages of another topic caused. */
export interface PageFlow {
  /** The indices of the two topics among the nodes; -1 for a topic that was left out. */
  readonly fromNode: number
  readonly toNode: number
  readonly from: { readonly topic: string; readonly eventType: string }
  readonly to: { readonly topic: string; readonly eventType: string }
  readonly count: number
  /** The median of the time between both, as text. */
  readonly median?: string | undefined
  readonly by: readonly string[]
}

/** A finding, with the indices of the nodes that it is about. */
interface TopologyFinding extends PageFinding {
  readonly nodes: readonly number[]
  readonly types: readonly string[]
}

/** A topology as the page needs it: the document of `crbus topology`, and the graph of its drawing. */
export interface PageTopology {
  /** The bus, if it has a name. */
  readonly bus?: string | undefined
  /** When the topology was read, as in JSON. */
  readonly at: string
  readonly nodes: readonly PageNode[]
  readonly edges: readonly PageEdge[]
  readonly flows: readonly PageFlow[]
  readonly findings: readonly TopologyFinding[]
  /** What limits the answer, as sentences. */
  readonly notes: readonly string[]
}

/** Answers questions about a topology. */
export interface TopologyModel extends PageTopology {
  nodeOf(index: number): PageNode
  /** The indices of the lines of a node. */
  edgesOf(node: number): readonly number[]
  findingsOf(node: number): readonly TopologyFinding[]
  toneOf(finding: PageFinding): string
  /** A finding about a node, and about a type of it if one is given, as badges name it: each code once. */
  codesOf(node: number, type?: string): readonly { readonly code: string; readonly tone: string }[]
  indexOf(kind: 'topic' | 'participant', name: string): number
  /** What a search searches in, in lower case. */
  searchText(node: number): string
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function topologyModel(topology: PageTopology): TopologyModel {
  const { nodes, edges, findings } = topology
  /** What contradicts a declaration or loses events. Other findings may be intended. */
  const bad = new Set(['topic-missing', 'consumer-missing', 'schema-drift'])
  const ofNode = nodes.map((): number[] => [])
  for (const [at, { from, to }] of edges.entries()) {
    ofNode[from]?.push(at)
    if (to !== from) ofNode[to]?.push(at)
  }
  const found = nodes.map((): TopologyFinding[] => [])
  for (const finding of findings) for (const node of finding.nodes) found[node]?.push(finding)
  const keyOf = (kind: string, name: string) => `${kind === 'topic' ? 'topic' : 'participant'} ${name}`
  const indices = new Map(nodes.map(({ kind, name }, at) => [keyOf(kind, name), at]))
  const texts = nodes.map(({ name, topic }) =>
    [name, ...(topic?.types ?? []).map(({ eventType }) => eventType)].join('\n').toLowerCase(),
  )
  const model: TopologyModel = {
    ...topology,
    nodeOf: (index) => nodes[index] as PageNode,
    edgesOf: (node) => ofNode[node] ?? [],
    findingsOf: (node) => found[node] ?? [],
    toneOf: ({ code }) => (bad.has(code) ? 'bad' : 'warn'),
    codesOf(node, type) {
      const own = model
        .findingsOf(node)
        .filter(({ types }) => (type === undefined ? true : types.includes(type)))
        .map((finding): [string, string] => [finding.code, model.toneOf(finding)])
      return [...new Map(own)].map(([code, tone]) => ({ code, tone }))
    },
    indexOf: (kind, name) => indices.get(keyOf(kind, name)) ?? -1,
    searchText: (node) => texts[node] ?? '',
  }
  return model
}
