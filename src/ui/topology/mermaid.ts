import type { Topology } from '../../operations/topology/topology.ts'
import { mermaidText } from '../trace/mermaid.ts'
import { type GraphEdge, topologyGraph } from './topology-graph.ts'

/** The most event types that an arrow names. */
const MAX_TYPES = 3

/** Formats a topology as a flowchart of Mermaid: topics, services and groups, with arrows from publishers and to consumers. */
export function* formatTopologyMermaid({ topics, flows }: Topology): Generator<string> {
  yield 'flowchart LR\n'
  const { nodes, edges } = topologyGraph({ topics, flows })
  const idOf = (at: number): string => (at < topics.length ? `t${at}` : `s${at - topics.length}`)
  for (const [at, { name }] of nodes.entries()) {
    const topic = topics[at]
    yield topic === undefined
      ? `  ${idOf(at)}["${mermaidText(name)}"]\n`
      : `  ${idOf(at)}[("${mermaidText(name)}${topic.isOnBus ? '' : ' (missing)'}")]\n`
  }
  for (const edge of edges) yield `  ${idOf(edge.from)} ${arrow(edge)} ${idOf(edge.to)}\n`
}

const arrow = ({ kind, types }: GraphEdge): string =>
  kind === 'causes' ? '-.->' : types.length === 0 ? '-->' : `-->|${label(types)}|`

/** The label of an arrow, in quotes, because parentheses in it would begin a shape. */
const label = (types: readonly string[]): string => {
  const shown = types.slice(0, MAX_TYPES).map(mermaidText).join('<br/>')
  const rest = types.length - MAX_TYPES
  return `"${shown}${rest > 0 ? `<br/>and ${rest} more` : ''}"`
}
