import { Chalk } from 'chalk'
import type { SagaState } from '../../operations/sagas/conversation.ts'
import type { SagaCounts, SagaInstance } from '../../operations/sagas/list.ts'
import { formatDuration } from '../text/format-duration.ts'
import type { ListColumn } from '../text/list-columns.ts'
import { formatTable } from '../text/table.ts'
import { firstOf, shortReason } from './saga-words.ts'

/** Formats the number of conversations of each saga by state. */
export const formatCounts = (sagas: readonly SagaCounts[], width: number | undefined): string =>
  formatTable(
    ['SAGA', 'FAILED', 'STUCK', 'RUNNING', 'EXPIRED', 'COMPENSATED', 'COMPLETED', { title: 'FROM', isExtra: true }],
    sagas.map(({ saga, counts, source }) => [
      saga,
      counts.failed,
      counts.stuck,
      counts.running,
      counts.expired,
      counts.compensated,
      counts.completed,
      source,
    ]),
    width,
  )

/** Returns the columns of a list of conversations. Ages are those at `now`. */
export function instanceColumns(now: number, color: boolean): readonly ListColumn<SagaInstance>[] {
  const paint = painter(color)
  const age = (time: number) => formatDuration(Math.max(0, now - time))
  return [
    { header: { title: 'CORRELATION-ID', min: 16 }, cell: ({ correlationId }) => correlationId },
    { header: { title: 'SAGA', min: 8, isExtra: true }, cell: ({ saga }) => saga },
    { header: { title: 'STATE', isWhole: true }, cell: ({ state }) => ({ text: state, paint: paint(state) }) },
    { header: { title: 'AGE', align: 'right' }, cell: ({ since }) => age(since), sortBy: ({ since }) => now - since },
    { header: { title: 'LAST-EVENT', min: 18 }, cell: ({ last }) => last.eventType },
    {
      header: { title: 'LAST', align: 'right', isExtra: true },
      cell: ({ last }) => age(last.at),
      sortBy: ({ last }) => now - last.at,
    },
    {
      header: { title: 'WAITS-FOR', min: 20 },
      cell: ({ reason, waitsFor }) => (reason === undefined ? firstOf(waitsFor) : shortReason(reason)),
    },
    {
      header: { title: 'DEADLINE', align: 'right', isExtra: true },
      cell: ({ deadline }) => (deadline === undefined ? '' : untilText(deadline, now)),
      sortBy: ({ deadline }) => deadline,
    },
  ]
}

/** Formats a deadline as what is left or over: `in 12s`, `3m ago`. */
export const untilText = (deadline: number, now: number): string =>
  deadline >= now ? `in-${formatDuration(deadline - now)}` : `${formatDuration(now - deadline)}-ago`

/** Returns the paint of a state. */
export function painter(color: boolean): (state: SagaState) => (text: string) => string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  return (state) => {
    if (state === 'failed' || state === 'stuck') return chalk.red
    if (state === 'compensated') return chalk.yellow
    return state === 'completed' ? chalk.green : (text) => text
  }
}
