import type { DiscardPlan } from '../../operations/dead-letters/discard.ts'
import type { Letter } from '../../operations/dead-letters/letter.ts'
import type { LetterList } from '../../operations/dead-letters/list-letters.ts'
import type { ReasonCount } from '../../operations/dead-letters/reasons.ts'
import type { RetryPlan } from '../../operations/dead-letters/sending/retry.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { formatDuration } from '../text/format-duration.ts'
import { formatTime, type TimeZone } from '../text/format-time.ts'
import { listed, plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'
import { eventTypeOf } from './event-type.ts'
import { skipText } from './letter-words.ts'

interface ListStyle {
  readonly timeZone: TimeZone
  readonly now: number
  readonly width: number | undefined
  /** Decodes the event of a letter. */
  readonly viewOf: (letter: Letter) => EventView
}

/** The most reasons that a table shows. */
const MAX_REASONS = 20

/** Formats dead letters: how many there are of each reason, then the letters. */
export function formatLetterList({ reasons, letters }: LetterList, style: ListStyle): string {
  const { timeZone, now, width, viewOf } = style
  const at = (time: number | undefined) => (time === undefined ? '-' : formatTime(time, timeZone))
  return [
    formatTable(
      ['LETTERS', 'REASON', { title: 'FIRST', isWhole: true }, { title: 'LAST', isWhole: true }],
      reasons.slice(0, MAX_REASONS).map(({ count, reason, first, last }) => [count, reason, at(first), at(last)]),
      width,
    ),
    ...(letters.length === 0
      ? []
      : [
          formatTable(
            [
              { title: 'ID', isWhole: true },
              'TYPE',
              'TOPIC',
              'REASON',
              { title: 'ATTEMPTS', isExtra: true },
              { title: 'AGE', align: 'right' },
              'STATUS',
            ],
            letters.map((letter) => [
              letter.id,
              eventTypeOf(viewOf(letter)) ?? '-',
              letter.origin.topic ?? '-',
              letter.reason,
              letter.attempts ?? '-',
              letter.firstFailedAt === undefined ? '-' : formatDuration(Math.max(0, now - letter.firstFailedAt)),
              letter.status,
            ]),
            width,
          ),
        ]),
  ].join('\n')
}

const reasonTable = (reasons: readonly ReasonCount[], width: number | undefined): string =>
  formatTable(
    ['LETTERS', 'REASON'],
    reasons.slice(0, MAX_REASONS).map(({ count, reason }) => [count, reason]),
    width,
  )

/** Formats the plan of a retry: how many letters go to each topic, and why they failed. */
export function formatRetryPlan(
  { count, topics, reasons, interrupted, skipped }: RetryPlan,
  width: number | undefined,
): string {
  const tables =
    count === 0
      ? []
      : [
          formatTable(
            ['LETTERS', 'TO-TOPIC'],
            topics.map((one) => [one.count, one.topic]),
            width,
          ),
          reasonTable(reasons, width),
        ]
  const lines = [
    ...(interrupted === 0
      ? []
      : [
          `note: a retry of ${plural(interrupted, 'dead letter')} was interrupted; letters that it sent are not sent again\n`,
        ]),
    ...skipped.map((one) => `note: ${printable(skipText(one))}\n`),
  ]
  return [...tables, ...(lines.length === 0 ? [] : [lines.join('')])].join('\n')
}

/** The most topics that the question names. */
const MAX_TOPICS = 5

/** Returns the question that a user answers before letters are sent. */
export const retryQuestion = ({ count, topics }: RetryPlan): string =>
  `Send ${plural(count, 'dead letter')} to ${listed(
    topics.map(({ topic }) => topic),
    MAX_TOPICS,
  )}?`

/** Formats the plan of discarding letters. */
export function formatDiscardPlan({ count, reasons, skipped }: DiscardPlan, width: number | undefined): string {
  const lines = skipped.map((one) => `note: ${printable(skipText(one))}\n`)
  return [...(count === 0 ? [] : [reasonTable(reasons, width)]), ...(lines.length === 0 ? [] : [lines.join('')])].join(
    '\n',
  )
}
