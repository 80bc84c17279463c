import { formatDuration } from '../text/format-duration.ts'
import type { TopologyDocument } from '../topology/topology-document.ts'
import { topologyGraph } from '../topology/topology-graph.ts'
import { elements } from './browser/elements.ts'
import { pageFrame } from './browser/page-frame.ts'
import { pageKeys } from './browser/page-keys.ts'
import { graphLayout } from './browser/topology/graph-layout.ts'
import { topologyDetails } from './browser/topology/topology-details.ts'
import { topologyHead } from './browser/topology/topology-head.ts'
import { topologyMap } from './browser/topology/topology-map.ts'
import { type PageNode, type PageTopology, topologyModel } from './browser/topology/topology-model.ts'
import { topologyRows } from './browser/topology/topology-rows.ts'
import { topologyView } from './browser/topology/topology-view.ts'
import { virtualList } from './browser/virtual-list.ts'
import { ROW_PX } from './frame-style.ts'
import { htmlPage, pageScript } from './page-shell.ts'
import { toneOfType } from './tone-of-type.ts'
import { topologyStyle } from './topology-style.ts'

interface PageSource {
  /** When the topology was read, in milliseconds. */
  readonly now: number
  /** The bus, if it has a name. */
  readonly bus: string | undefined
}

/** Creates a page of HTML that shows a topology. It is complete in itself and loads nothing. */
export function topologyPage(document: TopologyDocument, source: PageSource): string {
  const title = source.bus === undefined ? 'crbus topology' : `${source.bus} · crbus topology`
  return htmlPage({ title, style: topologyStyle, script, data: pageTopology(document, source) })
}

/** Returns what the page shows: the document, and the graph of its drawing. */
export function pageTopology(document: TopologyDocument, { now, bus }: PageSource): PageTopology {
  const { topics, flows, findings, notes } = document
  const { nodes, edges } = topologyGraph({ topics, flows })
  const topicAt = new Map(topics.map(({ topic }, at) => [topic, at]))
  const participantAt = new Map(nodes.flatMap(({ kind, name }, at) => (kind === 'topic' ? [] : [[name, at] as const])))
  /** The topics of a finding, then its group or service. */
  const nodesOf = (finding: TopologyDocument['findings'][number]): readonly number[] => {
    const own = 'topic' in finding ? [finding.topic] : finding.topics
    const name = 'service' in finding ? finding.service : 'group' in finding ? finding.group : undefined
    return [...own.map((topic) => topicAt.get(topic)), name === undefined ? undefined : participantAt.get(name)].filter(
      (at) => at !== undefined,
    )
  }
  return {
    bus,
    at: new Date(now).toISOString(),
    nodes: nodes.map((node, at): PageNode => ({ ...node, topic: topicOf(topics[at]) })),
    edges,
    flows: flows.map(({ from, to, count, median, by }) => ({
      fromNode: topicAt.get(from.topic) ?? -1,
      toNode: topicAt.get(to.topic) ?? -1,
      ...{ from, to, count, by },
      median: median === undefined ? undefined : `${median < 0 ? '-' : ''}${formatDuration(Math.abs(median))}`,
    })),
    findings: findings.map((finding) => ({
      code: finding.code,
      message: finding.message,
      suggestions: finding.suggestions,
      nodes: nodesOf(finding),
      types: 'types' in finding ? finding.types : [],
    })),
    notes: notes.map(({ message }) => message),
  }
}

function topicOf(node: TopologyDocument['topics'][number] | undefined): PageNode['topic'] {
  if (node === undefined) return undefined
  const { topic: _, types, ...topic } = node
  return { ...topic, types: types.map((type) => ({ ...type, tone: toneOfType(type.eventType) })) }
}

const script = pageScript(
  topologyView,
  {
    ...{ elements, pageFrame, pageKeys, virtualList, graphLayout },
    ...{ topologyModel, topologyRows, topologyMap, topologyHead, topologyDetails },
  },
  ROW_PX,
)
