import type { Flow, TopicNode, Topology } from '../../operations/topology/topology.ts'
import { mermaidText } from '../trace/mermaid.ts'

/** The most event types that an arrow names. */
const MAX_TYPES = 3

/** Formats a topology as a flowchart of Mermaid: topics, services and groups, with arrows from publishers and to consumers. */
export function* formatTopologyMermaid({ topics, flows }: Topology): Generator<string> {
  yield 'flowchart LR\n'
  const participants = new Map<string, string>()
  const ids = new Map(topics.map(({ topic }, at) => [topic, `t${at}`]))
  const lines: string[] = []
  const idOf = (name: string): string => {
    const known = participants.get(name) ?? `s${participants.size}`
    participants.set(name, known)
    return known
  }
  for (const node of topics) {
    const topic = ids.get(node.topic)
    for (const [name, types] of typesByName(node, 'publishers'))
      lines.push(`  ${idOf(name)} -->|${label(types)}| ${topic}\n`)
    for (const [name, types] of typesByName(node, 'consumers'))
      lines.push(`  ${topic} -->|${label(types)}| ${idOf(name)}\n`)
    for (const { group, service } of node.types.length === 0 ? (node.readers ?? []) : []) {
      lines.push(`  ${topic} --> ${idOf(service ?? group)}\n`)
    }
  }
  for (const [from, to] of unattributed(flows)) lines.push(`  ${ids.get(from)} -.-> ${ids.get(to)}\n`)
  for (const { topic, isOnBus } of topics) {
    yield `  ${ids.get(topic)}[("${mermaidText(topic)}${isOnBus ? '' : ' (missing)'}")]\n`
  }
  for (const [name, id] of participants) yield `  ${id}["${mermaidText(name)}"]\n`
  yield* lines
}

const typesByName = ({ types }: TopicNode, key: 'publishers' | 'consumers'): ReadonlyMap<string, readonly string[]> => {
  const byName = new Map<string, string[]>()
  for (const type of types) {
    for (const { name } of type[key]) byName.set(name, [...(byName.get(name) ?? []), type.eventType])
  }
  return byName
}

/** The label of an arrow, in quotes, because parentheses in it would begin a shape. */
const label = (types: readonly string[]): string => {
  const shown = types.slice(0, MAX_TYPES).map(mermaidText).join('<br/>')
  const rest = types.length - MAX_TYPES
  return `"${shown}${rest > 0 ? `<br/>and ${rest} more` : ''}"`
}

/** Returns the topics of flows whose handler is not known for sure, each pair once. */
const unattributed = (flows: readonly Flow[]): readonly (readonly [string, string])[] => {
  const pairs = flows.filter(({ by }) => by.length !== 1).map(({ from, to }) => [from.topic, to.topic] as const)
  return [...new Map(pairs.map((pair) => [pair.join('\n'), pair])).values()]
}
