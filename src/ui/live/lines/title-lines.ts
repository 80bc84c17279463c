import type { GroupLag } from '../../../operations/lag/report.ts'
import { formatAge, formatClock, formatCount, formatRate } from '../../lag/short-values.ts'
import { severityOf } from '../../lag/verdict-order.ts'
import { plural } from '../../text/listed.ts'
import { printable } from '../../text/printable.ts'
import { ABSENT } from '../columns/lag-columns.ts'
import type { LagHistory } from '../state/lag-history.ts'
import { verdictOf } from '../state/rows.ts'
import type { DashboardState, OpenGroup } from '../state/views/dashboard-state.ts'
import { joined, type StyledText } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import { sparkline } from '../text/sparkline.ts'

/** The width of a sparkline in a title. */
const SPARKLINE_CELLS = 12
const SEPARATOR: StyledText = { text: ' · ' }

/** Returns the title of the list of groups: `7 groups · 1 stopped · 6 ok`. */
export function groupsTitle(state: DashboardState, palette: Palette): readonly StyledText[] {
  const { groups } = state.report
  const { hidden } = state
  const shown = state.groups.rows.length
  const all = plural(groups.length, 'group')
  const counted = shown + hidden === groups.length ? all : `${shown} of ${all}`
  const asleep = hidden === 0 ? [] : [SEPARATOR, { text: `${hidden} asleep`, paint: palette.quiet }]
  const awake = hidden === 0 ? groups : state.groups.rows.map(({ lag }) => lag)
  const byVerdict = [...Map.groupBy(awake, ({ verdict }) => verdict)].sort(([a], [b]) => severityOf(a) - severityOf(b))
  const verdicts = byVerdict.flatMap(([verdict, own]): StyledText[] =>
    verdict === undefined ? [] : [SEPARATOR, { text: `${own.length} ${verdict}`, paint: palette.verdict(verdict) }],
  )
  return [{ text: 'crbus lag', paint: palette.title }, { text: `  ${counted}` }, ...verdicts, ...asleep]
}

/** Returns the title of an open group: its name and verdict. */
export function openTitle({ group }: OpenGroup, palette: Palette): readonly StyledText[] {
  const { verdict } = group
  const judged = verdict === undefined ? [] : [{ text: `  ${verdictOf(group)}`, paint: palette.verdict(verdict) }]
  return [{ text: printable(group.group), paint: palette.title, isName: true }, ...judged]
}

/** Returns the lines with the figures of an open group: its numbers, and its rates. */
export function openFigures(
  state: DashboardState,
  { group, members }: OpenGroup,
  palette: Palette,
  width: number,
): readonly string[] {
  const { lag, age } = group
  const idle = group.memberCount - members.size
  const figures = [
    group.state,
    `${plural(group.memberCount, 'member')}${idle > 0 && members.size > 0 ? `, ${idle} without partitions` : ''}`,
    `lag ${lag === undefined ? ABSENT : formatCount(lag)}`,
    ...(age === undefined ? [] : [`age ${formatAge(age)}`]),
    topicsOf(group),
  ]
  const paint = state.staleSince === undefined ? undefined : palette.quiet
  return [joined([{ text: figures.join(' · '), paint }], width), joined(rates(group, state.history, palette), width)]
}

function topicsOf({ topics }: GroupLag): string {
  const [first] = topics
  return first !== undefined && topics.length === 1 ? printable(first.topic) : plural(topics.length, 'topic')
}

function rates({ group, rates: now }: GroupLag, history: LagHistory, { trend, quiet }: Palette): readonly StyledText[] {
  if (now === undefined) return [{ text: 'rates follow with the next measurement', paint: quiet }]
  const seen = history.get(group)
  const rate = (name: string, value: number, values: readonly number[] = []): StyledText[] => [
    { text: `${name} ${formatRate(value)}/s ` },
    { text: sparkline(values, SPARKLINE_CELLS), paint: trend },
  ]
  return [...rate('in', now.in, seen?.in), { text: '   ' }, ...rate('out', now.out, seen?.out), ...catchUp(now.catchUp)]
}

/** Returns the time until the group has caught up, while events wait. */
const catchUp = (time: number | undefined): readonly StyledText[] =>
  time === undefined || time === 0 ? [] : [{ text: `   caught up in ${formatAge(time)}` }]

/** Returns the time of the last measurement, and whether the screen is paused or its figures are stale. */
export const clock = (
  { isPaused, staleSince, time, timeZone }: DashboardState,
  { paused, stale, quiet }: Palette,
): readonly StyledText[] => [
  ...(isPaused ? [{ text: ' PAUSED ', paint: paused }, { text: '  ' }] : []),
  staleSince === undefined
    ? { text: formatClock(time, timeZone), paint: quiet }
    : { text: ` STALE since ${formatClock(staleSince, timeZone)} `, paint: stale },
]
