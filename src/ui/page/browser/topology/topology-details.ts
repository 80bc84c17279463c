import type { PageElement } from '../dom.ts'
import type { Elements } from '../elements.ts'
import type { PageFlow, TopologyModel } from './topology-model.ts'
import type { TopologyRows } from './topology-rows.ts'

interface DetailsContext {
  readonly rows: TopologyRows
  /** Selects another node. */
  readonly goTo: (node: number, type?: string) => void
}

/** Shows everything about a node or a flow. */
export interface TopologyDetails {
  /** `drawing` shows the neighbors of the node. */
  node(
    node: number,
    type: string | undefined,
    close: PageElement,
    drawing: PageElement | undefined,
  ): readonly PageElement[]
  flow(flow: PageFlow, close: PageElement): readonly PageElement[]
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function topologyDetails(
  { html, button }: Elements,
  model: TopologyModel,
  { rows, goTo }: DetailsContext,
): TopologyDetails {
  const { flows } = model
  /** The most entries of a section that are shown. */
  const maxEntries = 200
  const section = (title: string, content: readonly PageElement[]) => {
    if (content.length === 0) return []
    const rest = content.length - maxEntries
    return [
      html('h3', '', title),
      ...content.slice(0, maxEntries),
      ...(rest > 0 ? [html('p', 'dim', `and ${rest} more`)] : []),
    ]
  }
  const link = (node: number, label: string, type?: string) =>
    node < 0 ? html('span', '', label) : button(label, 'quiet', () => goTo(node, type))
  const participants = (title: string, own: readonly { readonly name: string; readonly by: string }[]) =>
    html(
      'div',
      'pair',
      html('span', 'dim', title),
      ...(own.length === 0
        ? [html('span', '', '-')]
        : own.map(({ name, by }) => {
            const linked = link(model.indexOf('participant', name), name)
            linked.setAttribute('title', `known by ${by}`)
            return linked
          })),
    )
  const pairs = (own: readonly (readonly [string, string])[]) =>
    html('dl', 'pairs', ...own.flatMap(([name, value]) => [html('dt', '', name), html('dd', '', value)]))
  const flowLine = (flow: PageFlow) => {
    const { from, to, fromNode, toNode, count, median, by } = flow
    const facts = [
      `${count.toLocaleString('en')} event${count === 1 ? '' : 's'}`,
      median === undefined ? '' : `after ${median}`,
      by.length === 0 ? '' : `by ${by.join(' or ')}`,
    ]
    return html(
      'div',
      'entry',
      html(
        'div',
        'links',
        link(fromNode, `${from.eventType} on ${from.topic}`, from.eventType),
        html('span', 'dim', '→'),
        link(toNode, `${to.eventType} on ${to.topic}`, to.eventType),
      ),
      html('div', 'dim', facts.filter((fact) => fact !== '').join(', ')),
    )
  }
  const top = (title: string, kind: string, close: PageElement) =>
    html('div', 'top', html('h2', '', title), html('span', 'dim', kind), close)
  const found = (node: number) =>
    model
      .findingsOf(node)
      .map((finding) =>
        html('p', 'found', html('span', `badge ${model.toneOf(finding)}`, finding.code), ` ${finding.message}`),
      )
  const lines = (node: number, kind: 'publishes' | 'consumes') =>
    model.edgesOf(node).flatMap((at) => {
      const edge = model.edges[at]
      if (edge?.kind !== kind) return []
      const other = kind === 'publishes' ? edge.to : edge.from
      const types = edge.types.length === 0 ? 'types are not known' : edge.types.join(', ')
      return [html('div', 'entry', link(other, model.nodeOf(other).name), html('div', 'dim', types))]
    })

  return {
    node(node, type, close, drawing) {
      const { kind, name, topic } = model.nodeOf(node)
      const parts = [top(name, kind, close), ...found(node), ...(drawing === undefined ? [] : [drawing])]
      if (topic === undefined)
        return [
          ...parts,
          ...section('Consumes', lines(node, 'consumes')),
          ...section('Publishes', lines(node, 'publishes')),
        ]
      const types = topic.types.map(({ eventType, tone, count, lastSeen, publishers, consumers }) =>
        html(
          'div',
          `entry${eventType === type ? ' chosen' : ''}`,
          html('div', '', html('b', tone, eventType), ...rows.badges(node, eventType)),
          html(
            'div',
            'dim',
            count === 0
              ? 'declared; no event was read'
              : `${count.toLocaleString('en')} events, the last at ${rows.time(lastSeen)}`,
          ),
          participants('published by', publishers),
          participants('consumed by', consumers),
        ),
      )
      const readers = (topic.readers ?? []).map(({ group, service, state, memberCount, lag, counts }) =>
        html(
          'div',
          'entry',
          link(model.indexOf('participant', service ?? group), group),
          html(
            'div',
            'dim',
            `${service === undefined ? '' : `of ${service}, `}${state}, ${memberCount} member${memberCount === 1 ? '' : 's'}, lag ${lag === undefined ? '-' : `${counts === 'offsets' ? '≤' : ''}${lag}`}`,
          ),
        ),
      )
      const own = flows.filter(({ fromNode, toNode }) => fromNode === node || toNode === node)
      return [
        ...parts,
        html('p', 'dim', `${rows.summary(node)}${topic.declared ? '; declared' : ''}`),
        ...section('Types', types),
        ...(topic.readers === null
          ? section('Groups', [html('p', 'dim', 'not visible to the user who made this page')])
          : section('Groups', readers)),
        ...section('Flows', own.map(flowLine)),
      ]
    },
    flow(flow, close) {
      const { from, to, count, median, by, fromNode, toNode } = flow
      return [
        top(`${from.eventType} → ${to.eventType}`, 'flow', close),
        pairs([
          ['events', count.toLocaleString('en')],
          ['median', median ?? 'unknown'],
          ['handled by', by.length === 0 ? 'unknown' : by.join(' or ')],
        ]),
        ...section('From', [link(fromNode, from.topic, from.eventType)]),
        ...section('To', [link(toNode, to.topic, to.eventType)]),
        html('p', 'dim', 'The causation ids of the events prove it.'),
      ]
    },
  }
}
