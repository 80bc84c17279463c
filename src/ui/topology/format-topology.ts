import { Chalk, type ChalkInstance } from 'chalk'
import type { Finding, Flow, Participant, TopicNode, Topology } from '../../operations/topology/topology.ts'
import { formatDuration } from '../text/format-duration.ts'
import type { TimeZone } from '../text/format-time.ts'
import { formatTimestamp } from '../text/format-timestamp.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'
import { wrap } from '../text/wrap.ts'
import { findingText } from './finding-text.ts'
import type { TopologySuggestion } from './topology-document.ts'

export interface TopologyStyle {
  readonly color: boolean
  readonly timeZone: TimeZone
  /** The width of the terminal. Absent: nothing is shortened. */
  readonly columns?: number | undefined
  /** Returns what to try next about a finding. */
  readonly suggest: (finding: Finding) => readonly TopologySuggestion[]
  readonly suggestionText: (suggestion: TopologySuggestion) => string
}

/** The tables of a topic are indented, so that its name stands out. */
const INDENT = '  '

/** Formats a topology: a section for each topic with its types and readers, then what causes what, then the findings. */
export function* formatTopology(topology: Topology, style: TopologyStyle): Generator<string> {
  const chalk = new Chalk({ level: style.color ? 1 : 0 })
  for (const node of topology.topics) yield `${topicSection(node, chalk, style)}\n`
  if (topology.flows.length > 0) yield `${chalk.bold('FLOWS')}\n${indented(flowTable(topology.flows, style))}\n`
  yield* findingLines(topology, chalk, style)
}

function topicSection(node: TopicNode, chalk: ChalkInstance, { timeZone, columns }: TopologyStyle): string {
  const width = columns === undefined ? undefined : columns - INDENT.length
  const { types, readers } = node
  const typeTable =
    types.length === 0
      ? ''
      : formatTable(
          ['TYPE', 'EVENTS', { title: 'LAST-SEEN', isWhole: true, isExtra: true }, 'PUBLISHED-BY', 'CONSUMED-BY'],
          types.map(({ eventType, count, lastSeen, publishers, consumers }) => [
            eventType,
            count,
            lastSeen === undefined ? '-' : formatTimestamp(lastSeen, timeZone),
            names(publishers),
            names(consumers),
          ]),
          width,
        )
  const readerTable =
    readers === null || readers.length === 0
      ? ''
      : formatTable(
          ['GROUP', 'SERVICE', 'STATE', 'MEMBERS', { title: 'LAG', align: 'right' }],
          readers.map(({ group, service, state, memberCount, lag, counts }) => [
            group,
            service ?? '-',
            state,
            memberCount,
            lag === undefined ? '-' : `${counts === 'offsets' ? '≤' : ''}${lag}`,
          ]),
          width,
        )
  const tables = [typeTable, readerTable].filter((table) => table !== '').map(indented)
  return `${chalk.bold(printable(node.topic))}  ${chalk.dim(topicSummary(node))}\n${tables.join('\n')}`
}

function topicSummary({ isOnBus, sampled, isWhole, withoutType, unlisted, readers }: TopicNode): string {
  if (!isOnBus) return 'does not exist'
  return [
    isWhole ? plural(sampled, 'record') : `the newest ${plural(sampled, 'record')}`,
    withoutType === 0 ? '' : `${withoutType} without an event`,
    unlisted === 0 ? '' : `${unlisted} of types that are not listed`,
    readers?.length === 0 ? 'no group reads it' : '',
  ]
    .filter((part) => part !== '')
    .join(', ')
}

const names = (participants: readonly Participant[]): string => participants.map(({ name }) => name).join(',')

const flowTable = (flows: readonly Flow[], { columns }: TopologyStyle): string =>
  formatTable(
    ['FROM', 'TYPE', 'TO', 'TYPE', 'EVENTS', { title: 'MEDIAN', align: 'right' }, 'BY'],
    flows.map(({ from, to, count, median, by }) => [
      from.topic,
      from.eventType,
      to.topic,
      to.eventType,
      count,
      median === undefined ? '-' : `${median < 0 ? '-' : ''}${formatDuration(Math.abs(median))}`,
      by.join('|'),
    ]),
    columns === undefined ? undefined : columns - INDENT.length,
  )

const indented = (table: string): string => table.replaceAll(/^(?=.)/gm, INDENT)

function* findingLines(
  { findings }: Pick<Topology, 'findings'>,
  chalk: ChalkInstance,
  { columns, suggest, suggestionText }: TopologyStyle,
): Generator<string> {
  for (const finding of findings) {
    const [head, text] = [`${finding.code}  `, printable(findingText(finding))]
    const line = columns === undefined ? `${head}${text}` : wrap(head, text, columns)
    // The code is painted after the line is broken, because colors have no width.
    yield `${line.replace(finding.code, chalk.yellow(finding.code))}\n`
    // Commands are not broken into lines, because users copy them.
    for (const suggestion of suggest(finding)) yield `  try: ${printable(suggestionText(suggestion))}\n`
  }
}
