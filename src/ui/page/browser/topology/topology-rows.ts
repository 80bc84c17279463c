import type { PageElement } from '../dom.ts'
import type { Elements } from '../elements.ts'
import type { PageFlow, PageType, TopologyModel } from './topology-model.ts'

/** Formats topics, types, services and flows as rows of lists, and their parts for details. */
export interface TopologyRows {
  readonly topicHeads: PageElement
  readonly serviceHeads: PageElement
  readonly flowHeads: PageElement
  topic(node: number): PageElement
  type(node: number, type: PageType): PageElement
  /** A service or a group, with what it consumes and publishes. */
  participant(node: number): PageElement
  flow(flow: PageFlow): PageElement
  badges(node: number, type?: string): readonly PageElement[]
  /** A badge for all findings, where there is no room for their codes; none if there are none. */
  mark(node: number, type?: string): readonly PageElement[]
  time(time: PageType['lastSeen']): string
  /** The records of a topic, in words. */
  summary(node: number): string
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function topologyRows({ html }: Elements, model: TopologyModel): TopologyRows {
  const toneByType = new Map(
    model.nodes.flatMap(({ name, topic }) =>
      (topic?.types ?? []).map(({ eventType, tone }): [string, string] => [`${name}\n${eventType}`, tone]),
    ),
  )
  const number = (value: number) => value.toLocaleString('en')
  const records = (value: number) => `${number(value)} record${value === 1 ? '' : 's'}`
  const cell = (text: string, tone = '') => html('span', `cell ${tone}`.trim(), text)
  const heads = (kind: string, ...titles: readonly string[]) =>
    html('div', `cells heads ${kind}`, ...titles.map((title) => cell(title)))
  const names = (participants: readonly { readonly name: string }[]) =>
    participants.length === 0 ? '-' : participants.map(({ name }) => name).join(', ')
  /** The topics at the other ends of the lines of a participant. */
  const topicsOf = (node: number, kind: 'publishes' | 'consumes'): string => {
    const own = model.edgesOf(node).flatMap((at) => {
      const edge = model.edges[at]
      if (edge?.kind !== kind) return []
      return [model.nodeOf(kind === 'publishes' ? edge.to : edge.from).name]
    })
    return own.length === 0 ? '-' : own.join(', ')
  }
  const toneOf = ({ topic, eventType }: PageFlow['from']) => toneByType.get(`${topic}\n${eventType}`) ?? 'event'

  const rows: TopologyRows = {
    topicHeads: heads('types', 'Topic and type', 'Events', 'Last seen (UTC)', 'Published by', 'Consumed by'),
    serviceHeads: heads('services', 'Service or group', 'Consumes', 'Publishes'),
    flowHeads: heads('flows', 'From', 'To', 'Events', 'Median', 'By'),
    time: (time) => (time === null ? '-' : String(time).slice(0, 19).replace('T', ' ')),
    badges: (node, type) => model.codesOf(node, type).map(({ code, tone }) => html('span', `badge ${tone}`, code)),
    mark(node, type) {
      const codes = model.codesOf(node, type)
      if (codes.length === 0) return []
      const words = codes.map(({ code }) => code).join(', ')
      const tone = codes.some((one) => one.tone === 'bad') ? 'bad' : 'warn'
      const badge = html('span', `badge ${tone}`, '!', html('span', 'hidden-text', ` ${words}`))
      badge.setAttribute('title', words)
      return [badge]
    },
    summary(node) {
      const { topic } = model.nodeOf(node)
      if (topic === undefined) return ''
      if (!topic.onBus) return 'does not exist'
      const { sampled, whole, withoutType, unlisted } = topic
      return [
        whole ? records(sampled) : `the newest ${records(sampled)}`,
        withoutType === 0 ? '' : `${number(withoutType)} without an event`,
        unlisted === 0 ? '' : `${number(unlisted)} of types that are not listed`,
      ]
        .filter((part) => part !== '')
        .join(', ')
    },
    topic(node) {
      const { name, topic } = model.nodeOf(node)
      const readers = topic?.readers ?? null
      const read =
        readers === null
          ? ''
          : readers.length === 0
            ? 'no group reads it'
            : `read by ${readers.map((one) => one.group).join(', ')}`
      return html(
        'div',
        'row topic',
        html('span', 'name', html('span', 'kind', name), ...rows.badges(node)),
        html('span', 'text dim', [rows.summary(node), read].filter((part) => part !== '').join('; ')),
      )
    },
    type: (node, { eventType, count, lastSeen, publishers, consumers, tone }) =>
      html(
        'div',
        'row cells types',
        html('span', 'cell name', html('span', `cell ${tone}`, eventType), ...rows.mark(node, eventType)),
        cell(number(count), 'number'),
        cell(rows.time(lastSeen), 'dim'),
        cell(names(publishers)),
        cell(names(consumers)),
      ),
    participant(node) {
      const { kind, name } = model.nodeOf(node)
      return html(
        'div',
        'row cells services',
        html('span', 'cell name', html('span', 'cell kind', name), html('span', 'dim', kind), ...rows.mark(node)),
        cell(topicsOf(node, 'consumes')),
        cell(topicsOf(node, 'publishes')),
      )
    },
    flow(flow) {
      const { from, to, count, median, by } = flow
      return html(
        'div',
        'row cells flows',
        html('span', 'cell', html('span', toneOf(from), from.eventType), html('span', 'dim', ` ${from.topic}`)),
        html('span', 'cell', html('span', toneOf(to), to.eventType), html('span', 'dim', ` ${to.topic}`)),
        cell(number(count), 'number'),
        cell(median ?? '-', 'number'),
        cell(by.length === 0 ? 'unknown' : by.join(' or ')),
      )
    },
  }
  return rows
}
