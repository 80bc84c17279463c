import type { GroupLag } from '../../operations/lag/lag.ts'
import { printable } from '../text/printable.ts'
import type { DashboardState, OpenGroup } from './dashboard-state.ts'
import { formatAge, formatClock, formatCount, formatRate } from './figures.ts'
import { ABSENT } from './lag-columns.ts'
import type { LagHistory } from './lag-history.ts'
import type { Palette } from './palette.ts'
import { joined, type Piece, spread } from './pieces.ts'
import { sparkline } from './sparkline.ts'
import { severityOf } from './verdict-order.ts'

/** Cells of a sparkline in a title. */
const SPARKLINE = 12
const DOT: Piece = { text: ' · ' }

/** What there is, and how it is with it: `7 groups · 1 stopped · 6 ok`. */
export function groupsTitle(state: DashboardState, palette: Palette, width: number): string {
  const { groups } = state.report
  const shown = state.groups.rows.length
  const counted =
    shown === groups.length ? plural(groups.length, 'group') : `${shown} of ${plural(groups.length, 'group')}`
  const byVerdict = [...Map.groupBy(groups, ({ verdict }) => verdict)].sort(([a], [b]) => severityOf(a) - severityOf(b))
  const verdicts = byVerdict.flatMap(([verdict, own]): Piece[] =>
    verdict === undefined ? [] : [DOT, { text: `${own.length} ${verdict}`, paint: palette.verdict(verdict) }],
  )
  const left = [{ text: 'crbus lag', paint: palette.title }, { text: `  ${counted}` }, ...verdicts]
  return spread(left, clock(state, palette), width)
}

/** A group's name and verdict, its figures, and its rates. */
export function openTitle(
  state: DashboardState,
  { group, members }: OpenGroup,
  palette: Palette,
  width: number,
): readonly string[] {
  const { lag, age, verdict } = group
  const name = { text: printable(group.group), paint: palette.title }
  const judged = verdict === undefined ? [] : [{ text: `  ${verdict}`, paint: palette.verdict(verdict) }]
  const idle = group.members - members.size
  const figures = [
    group.state,
    `${plural(group.members, 'member')}${idle > 0 && members.size > 0 ? `, ${idle} without partitions` : ''}`,
    `lag ${lag === undefined ? ABSENT : formatCount(lag)}`,
    ...(age === undefined ? [] : [`age ${formatAge(age)}`]),
    topicsOf(group),
  ]
  return [
    spread([name, ...judged], clock(state, palette), width),
    joined([{ text: figures.join(' · ') }], width),
    joined(rates(group, state.history, palette), width),
  ]
}

function topicsOf({ topics }: GroupLag): string {
  const [first] = topics
  return first !== undefined && topics.length === 1 ? printable(first.topic) : plural(topics.length, 'topic')
}

function rates({ group, rates: now }: GroupLag, history: LagHistory, { trend, quiet }: Palette): readonly Piece[] {
  if (now === undefined) return [{ text: 'rates come with the next look', paint: quiet }]
  const seen = history.get(group)
  const rate = (name: string, value: number, values: readonly number[] = []): Piece[] => [
    { text: `${name} ${formatRate(value)}/s ` },
    { text: sparkline(values, SPARKLINE), paint: trend },
  ]
  return [...rate('in', now.in, seen?.in), { text: '   ' }, ...rate('out', now.out, seen?.out), ...catchUp(now.catchUp)]
}

/** Said while there is something to catch up with. */
const catchUp = (time: number | undefined): readonly Piece[] =>
  time === undefined || time === 0 ? [] : [{ text: `   nothing waits in ${formatAge(time)}` }]

const clock = ({ isPaused, time }: DashboardState, { paused, quiet }: Palette): readonly Piece[] => [
  ...(isPaused ? [{ text: ' PAUSED ', paint: paused }, { text: '  ' }] : []),
  { text: formatClock(time), paint: quiet },
]

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
