import { partitionName } from '../../bus/names/names.ts'
import type { TrimPlan } from '../../operations/topics/trim.ts'
import { tailNoticeText } from '../notes/tail-notices.ts'
import type { TimeZone } from '../text/format-time.ts'
import { listed, plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'

/** The most groups that the question names. */
const MAX_GROUPS = 5

const HIDDEN_OFFSETS =
  'the committed offsets of groups may not be read by this user, so groups that have not read the events are not shown'

/** Formats a plan to delete the oldest events of a topic: each partition, then the groups that have not read them. */
export function formatTrim(
  { topic, steps, counts, unread, notes }: TrimPlan,
  timeZone: TimeZone,
  width: number | undefined,
): string {
  const events = counts === 'offsets' ? 'OFFSETS-LOST' : 'EVENTS-LOST'
  const parts = [
    `TOPIC  ${printable(topic)}\n`,
    formatTable(
      ['PARTITION', 'START', 'NEW-START', 'END', events],
      steps.map(({ partition, start, newStart, end, eventCount }) => [partition, start, newStart, end, eventCount]),
      width,
    ),
  ]
  if (unread !== null && unread.length > 0) {
    parts.push(
      formatTable(
        ['GROUP', 'PARTITION', 'COMMITTED', 'UNREAD-LOST'],
        unread.map(({ group, partition, committed, unreadCount }) => [group, partition, committed, unreadCount]),
        width,
      ),
    )
  }
  const lines = [
    ...notes.map((note) => `note: ${printable(tailNoticeText(note, timeZone))}\n`),
    ...(unread === null ? [`note: ${HIDDEN_OFFSETS}\n`] : []),
    ...(unread !== null && unread.length > 0 ? [`warning: ${printable(unreadText(unread))}\n`] : []),
  ]
  return [...parts, ...(lines.length === 0 ? [] : [lines.join('')])].join('\n')
}

function unreadText(unread: NonNullable<TrimPlan['unread']>): string {
  const groups = [...new Set(unread.map(({ group }) => group))]
  const have = groups.length === 1 ? 'has' : 'have'
  return `${listed(groups, MAX_GROUPS)} ${have} not read these events and will miss them`
}

/** Returns the question that a user answers before the events are deleted. */
export function trimQuestion({ topic, steps, eventCount, counts, unread, bus }: TrimPlan): string {
  const changed = steps.filter((step) => step.eventCount > 0n)
  const [only] = changed
  const where = changed.length === 1 && only ? partitionName({ topic, partition: only.partition }) : topic
  const groups = new Set(unread?.map(({ group }) => group)).size
  const missed = groups === 0 ? '' : `, unread by ${plural(groups, 'group')},`
  return `Delete ${counts === 'offsets' ? 'up to ' : ''}${plural(eventCount, 'event')}${missed} of ${where} on ${bus.kind}?`
}

/** Returns the plan as in `--json`: every note has its sentence as `message`. */
export const trimDocument = (plan: TrimPlan) => ({
  ...plan,
  notes: plan.notes.map((note) => ({ ...note, message: tailNoticeText(note, 'utc') })),
})
