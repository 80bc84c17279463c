import { Chalk } from 'chalk'
import { partitionName, positionName } from '../../bus/names/names.ts'
import type { Letter, Origin } from '../../operations/dead-letters/letter.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { type PrettyStyle, prettyLines } from '../records/text/format-record-pretty.ts'
import { padEndCells } from '../text/cell-width.ts'
import { formatDuration } from '../text/format-duration.ts'
import { formatTime } from '../text/format-time.ts'
import { printable } from '../text/printable.ts'
import { eventTypeOf } from './event-type.ts'

const NAME_CELLS = 10
/** The first lines of a record name its position, which is not that of its origin. */
const POSITION_LINES = 4

/** Formats everything of a dead letter: where it came from, why it failed, what became of it, then its event. */
export function formatLetter(letter: Letter, view: EventView, style: PrettyStyle): string {
  const chalk = new Chalk({ level: style.color ? 1 : 0 })
  const title = `${chalk.bold(printable(letter.id))} ${printable(eventTypeOf(view) ?? 'record without an event')}`
  const fields = fieldsOf(letter, style).map(
    ([name, value]) => `  ${chalk.dim(padEndCells(name, NAME_CELLS))} ${value}`,
  )
  const details = (letter.details ?? '').split('\n').filter((line) => line.trim() !== '')
  return `${[
    title,
    ...fields,
    ...details.map(
      (line, at) => `  ${chalk.dim(padEndCells(at === 0 ? 'details' : '', NAME_CELLS))} ${printable(line)}`,
    ),
    ...prettyLines(style)(view).slice(POSITION_LINES),
  ].join('\n')}\n`
}

type Field = readonly [name: string, value: string]

function fieldsOf(letter: Letter, { timeZone, now }: PrettyStyle): Field[] {
  const { status, origin, reason, facts, attempts, retries, firstFailedAt, lastFailedAt, resolution, streamId } = letter
  const timeText = (time: number) => `${formatTime(time, timeZone)} (${formatDuration(Math.max(0, now() - time))} ago)`
  const optional = (name: string, value: string | undefined): Field[] =>
    value === undefined ? [] : [[name, printable(value)]]
  return [
    ['status', status],
    ...optional('by', resolution?.by || undefined),
    ...(resolution?.at === undefined ? [] : [['at', timeText(resolution.at)] as const]),
    ...(resolution?.notes ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line, at): Field => [at === 0 ? 'notes' : '', printable(line)]),
    ['from', printable(originText(origin))],
    ...optional('stream', streamId),
    ...optional('reason', reason || undefined),
    ...facts.map(([name, value]): Field => [printable(name), printable(value)]),
    ...(firstFailedAt === undefined ? [] : [['failed', timeText(firstFailedAt)] as const]),
    ...(lastFailedAt === undefined || lastFailedAt === firstFailedAt
      ? []
      : [['last', timeText(lastFailedAt)] as const]),
    ...optional('attempts', attempts?.toString()),
    ...optional('retries', retries?.toString()),
  ]
}

function originText({ topic, partition, offset }: Origin): string {
  if (topic === undefined) return 'not known'
  if (partition === undefined) return topic
  return offset === undefined ? partitionName({ topic, partition }) : positionName({ topic, partition, offset })
}
