import { compareText } from '../../bus/compare.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { listGroups } from '../../operations/groups/groups.ts'
import { measureLag } from '../../operations/lag/lag.ts'
import { parsePoint } from '../../operations/offsets/offset-grammar.ts'
import type { SagaReport } from '../../operations/sagas/list.ts'
import { listTopics } from '../../operations/topics/topics.ts'
import { formatDuration } from '../../ui/text/format-duration.ts'
import { formatTime, type TimeZone } from '../../ui/text/format-time.ts'
import { plural } from '../../ui/text/listed.ts'
import { formatTable } from '../../ui/text/table.ts'
import { fixedValues } from '../completion/value-kind.ts'
import type { Choice } from '../process/ask.ts'

/** Aligns the details behind the names of choices. */
function aligned(rows: readonly (readonly [value: string, ...details: string[]])[]): readonly Choice[] {
  const lines = formatTable(Array(rows[0]?.length ?? 0).fill(''), rows)
    .split('\n')
    .slice(1)
  return rows.map(([value], index) => ({ value, label: lines[index] ?? value }))
}

/** Lists the topics with partitions and events. */
export async function topicChoices(bus: EventBus): Promise<readonly Choice[]> {
  const topics = await listTopics(bus)
  return aligned(
    topics.map(({ topic, partitionCount, eventCount, counts }) => [
      topic,
      plural(partitionCount, 'partition'),
      `${counts === 'offsets' ? 'up to ' : ''}${plural(eventCount, 'event')}`,
    ]),
  )
}

/** Lists the topics on which a group has committed offsets, or which its members read. */
export async function topicsOfGroup(bus: EventBus, group: string): Promise<readonly Choice[]> {
  const found = (await listGroups(bus)).find((one) => one.group === group)
  const all = await topicChoices(bus)
  const own = all.filter(({ value }) => found?.topics.includes(value))
  return own.length === 0 ? all : own
}

/** Lists the groups with state and lag, worst first. */
export async function groupChoices(
  bus: EventBus,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal },
): Promise<readonly Choice[]> {
  const { groups } = await measureLag(bus, { groups: undefined, topics: undefined, now, signal })
  return aligned(
    groups.map(({ group, state, memberCount, lag }) => [group, state, plural(memberCount, 'member'), `lag ${lag}`]),
  )
}

/** The records of each partition in which recent conversations are searched for. */
const RECENT_RECORDS = 500n
/** The most conversations to choose from. */
const MAX_CONVERSATIONS = 100

/** Lists the newest conversations with the time and the type of their first message among the newest records. */
export async function conversationChoices(
  bus: EventBus,
  { stop }: { readonly stop: { readonly signal: AbortSignal } },
  timeZone: TimeZone,
): Promise<readonly Choice[]> {
  const { findConversations } = await import('../../operations/trace/find-conversations.ts')
  const { conversations } = await findConversations(bus, {
    ...{ filter: undefined, reading: {}, newest: RECENT_RECORDS, signal: stop.signal },
    onNotice: () => {},
  })
  return aligned(
    conversations
      .slice(0, MAX_CONVERSATIONS)
      .map(({ correlationId, eventType, time, count }) => [
        correlationId,
        time === undefined ? '-' : formatTime(time, timeZone),
        eventType,
        plural(count, 'message'),
      ]),
  )
}

/** Lists the conversations of sagas with their states and how long they have had them, the most urgent first. */
export function sagaChoices({ instances, at }: SagaReport): readonly Choice[] {
  return aligned(
    instances
      .slice(0, MAX_CONVERSATIONS)
      .map(({ correlationId, saga, state, since, last }) => [
        correlationId,
        saga,
        `${state} for ${formatDuration(Math.max(0, at - since))}`,
        last.eventType,
      ]),
  )
}

/** Lists positions with what each means now. */
export function positionChoices(kind: 'position' | 'target', now: number, timeZone: TimeZone): readonly Choice[] {
  return aligned(
    Object.entries(fixedValues[kind] ?? {}).map(([value, meaning]) => {
      const point = parsePoint(value, now)
      const isTime = point.ok && point.spec.kind === 'time'
      return [value, isTime ? `${meaning}: ${formatTime(Number(point.spec.time), timeZone)}` : meaning]
    }),
  )
}

/** Lists names without details. */
export const nameChoices = (names: Iterable<string>): readonly Choice[] =>
  [...new Set(names)].sort(compareText).map((value) => ({ value, label: value }))
