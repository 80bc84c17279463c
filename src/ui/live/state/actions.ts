import type { TailRequest } from '../ports.ts'
import type { PartitionRow } from './rows.ts'
import type { ViewName } from './view-names.ts'
import type { DashboardState } from './views/dashboard-state.ts'
import type { ResetState } from './views/reset-state.ts'
import { type SagasState, selectedSaga } from './views/sagas-state.ts'
import type { TailState } from './views/tail-state.ts'
import { selectedTopic, type TopicsState } from './views/topics-state.ts'

// What the keys `t`, `f` and `c` refer to: the selected row, or what is open.

/** The parts of the screen that these keys depend on. */
interface Shown {
  readonly view: ViewName
  readonly dashboard: DashboardState
  readonly topics: TopicsState
  readonly sagas: SagasState
  readonly tail: TailState | undefined
  readonly reset: ResetState | undefined
}

/** A command to copy: its words, or a finished command line. */
export type CopiedCommand = { readonly words: readonly string[] } | { readonly line: string }

/** The most events that the screen keeps. */
const MAX_EVENTS = 500

const everything = { from: undefined, where: '', grep: '', limit: MAX_EVENTS }

const selectedPartition = ({ open }: DashboardState): PartitionRow | undefined =>
  open?.partitions.rows[open.partitions.at]

/**
 * Returns the events of the selected row: those of a conversation, the newest of a topic, or of the topics of a group, and those that a group stands at in a
 * partition. `undefined` if no row with a topic is selected.
 */
export function tailFrom({ view, dashboard, topics, sagas }: Shown): TailRequest | undefined {
  if (view === 'topics') {
    const row = selectedTopic(topics)
    return row && { ...everything, topics: [row.topic.topic] }
  }
  if (view === 'sagas') {
    const instance = selectedSaga(sagas)?.instance
    return instance && conversationOf(instance.messagesId ?? instance.correlationId)
  }
  const partition = selectedPartition(dashboard)
  if (partition !== undefined) {
    const { topic, lag } = partition
    const from = { topic, partition: lag.partition, offset: lag.committed ?? ('start' as const) }
    return { ...everything, topics: [topic], from }
  }
  const read = dashboard.open === undefined ? dashboard.groups.rows[dashboard.groups.at]?.lag.topics : undefined
  return read === undefined || read.length === 0 ? undefined : { ...everything, topics: read.map(({ topic }) => topic) }
}

/** Returns the conversation of the selected event; `undefined` if it has none, or if it is shown already. */
export function conversationFrom({ list, detail, request }: TailState): TailRequest | undefined {
  const { correlationId } = detail?.row ?? list.rows[list.at] ?? {}
  if (correlationId === undefined || correlationId === request.conversation) return undefined
  return conversationOf(correlationId)
}

const conversationOf = (conversation: string): TailRequest => ({ ...everything, topics: [], conversation })

/** Returns the command that shows or does the same as the screen; `undefined` if nothing is selected. */
export function copiedFrom({ view, dashboard, topics, sagas, tail, reset }: Shown): CopiedCommand | undefined {
  if (reset !== undefined) return copiedReset(reset)
  if (tail !== undefined) return { words: tailWords(tail) }
  if (view === 'topics') {
    const row = selectedTopic(topics)
    return row && { words: ['topics', 'describe', row.topic.topic] }
  }
  if (view === 'sagas') {
    const instance = selectedSaga(sagas)?.instance
    return instance && { words: ['sagas', 'show', instance.correlationId, '--saga', instance.saga] }
  }
  const { open, groups } = dashboard
  const group = open?.group.group ?? groups.rows[groups.at]?.lag.group
  if (group === undefined) return undefined
  const partition = selectedPartition(dashboard)
  return { words: ['lag', '--group', group, ...(partition === undefined ? [] : ['--topic', partition.topic])] }
}

function copiedReset(reset: ResetState): CopiedCommand {
  if (reset.step === 'done') return { line: reset.undo }
  const { group, partition } = reset.subject
  const to = 'proposal' in reset ? reset.proposal.request.to : reset.step === 'planning' ? reset.request.to : undefined
  const scope = partition === undefined ? ['--all-topics'] : ['--topic', `${partition.topic}:${partition.partition}`]
  return { words: ['reset', '--group', group, ...scope, ...(to === undefined ? [] : ['--to', to])] }
}

function tailWords({ request, detail }: TailState): readonly string[] {
  const at = (topic: string, partition: number, offset: bigint | 'start') =>
    ['tail', topic, '--partition', String(partition), '--from', String(offset)] as const
  if (detail !== undefined) {
    const { topic, partition, offset } = detail.row
    return [...at(topic, partition, offset), '--number', '1', '--no-follow']
  }
  const { topics, from, where, grep, conversation } = request
  if (conversation !== undefined) return ['trace', conversation]
  return [
    ...(from === undefined ? ['tail', ...topics] : at(from.topic, from.partition, from.offset)),
    ...(where === '' ? [] : ['--where', where]),
    ...(grep === '' ? [] : ['--grep', grep]),
  ]
}
