import type { PageElement } from '../dom.ts'
import type { Elements } from '../elements.ts'
import type { PageFrame } from '../page-frame.ts'
import type { TopologyModel } from './topology-model.ts'

/** What is above the views: the totals, the findings, and the dialog that explains the keys. */
export interface TopologyHead {
  readonly parts: readonly PageElement[]
  readonly help: PageElement
}

interface HeadContext {
  readonly frame: PageFrame
  /** Selects a node, and a type of it. */
  readonly goTo: (node: number, type?: string) => void
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function topologyHead({ html }: Elements, model: TopologyModel, { frame, goTo }: HeadContext): TopologyHead {
  const { nodes, flows, findings, notes, bus, at } = model
  const help = frame.helpDialog(
    [
      ['↑ ↓ j k', 'select a row, or a node of the map; PgUp PgDn by a page; g G to the ends'],
      ['← → h l', 'in the map: the nearest node of the previous or next column'],
      ['enter', 'show its details; esc closes them'],
      ['n N', 'next and previous finding'],
      ['f', 'only topics and services with findings'],
      ['/', 'search; esc clears'],
      ['1 2 3 4', 'map, topics, services, flows'],
      ['+ − 0', 'in the map: larger, smaller, whole'],
      ['t', 'light or dark'],
      ['?', 'this help'],
    ],
    html(
      'p',
      'dim',
      'Round boxes are topics, boxes with a solid line are services, and with a dashed line consumer groups that no service declares. Arrows lead from publishers to topics and from topics to consumers. A dotted arrow leads from topic to topic, where several groups may have handled the messages.',
    ),
  )
  const count = (kind: string) => nodes.filter((node) => node.kind === kind).length
  const types = nodes.reduce((sum, { topic }) => sum + (topic?.types.length ?? 0), 0)
  const facts = [
    bus !== undefined && html('b', '', bus),
    frame.counted(count('topic'), 'topic'),
    frame.counted(types, 'event type'),
    count('service') > 0 && frame.counted(count('service'), 'service'),
    count('group') > 0 && frame.counted(count('group'), 'group'),
    frame.counted(flows.length, 'flow'),
    frame.counted(findings.length, 'finding'),
    html('span', '', `read ${at.slice(0, 16).replace('T', ' ')} UTC`),
    ...notes.map((note) => html('span', 'warn', note)),
  ]
  const header = frame.header('Topology', { buttons: [], help, facts })
  const show = ({ nodes: [node], types: [type] }: TopologyModel['findings'][number]) =>
    node === undefined ? undefined : () => goTo(node, type)
  return { parts: [header, ...frame.findingsPanel(findings, model.toneOf, show)], help }
}
