import type { GroupLag } from '../../../operations/lag/report.ts'
import { plural } from '../../text/listed.ts'
import { printable } from '../../text/printable.ts'
import { ABSENT } from '../columns/lag-columns.ts'
import type { DashboardState, OpenGroup } from '../state/dashboard-state.ts'
import type { LagHistory } from '../state/lag-history.ts'
import { severityOf } from '../state/verdict-order.ts'
import { cut, joined, plain, type StyledText, spread } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import { formatAge, formatClock, formatCount, formatRate } from '../text/short-values.ts'
import { sparkline } from '../text/sparkline.ts'

/** The width of a sparkline in a title. */
const SPARKLINE_CELLS = 12
/** The most cells that the name of the bus takes in a title. */
const BUS_CELLS = 24
const SEPARATOR: StyledText = { text: ' · ' }

/** Returns the title of the list of groups: `7 groups · 1 stopped · 6 ok`. */
export function groupsTitle(state: DashboardState, palette: Palette, width: number): string {
  const { groups } = state.report
  const shown = state.groups.rows.length
  const counted =
    shown === groups.length ? plural(groups.length, 'group') : `${shown} of ${plural(groups.length, 'group')}`
  const byVerdict = [...Map.groupBy(groups, ({ verdict }) => verdict)].sort(([a], [b]) => severityOf(a) - severityOf(b))
  const verdicts = byVerdict.flatMap(([verdict, own]): StyledText[] =>
    verdict === undefined ? [] : [SEPARATOR, { text: `${own.length} ${verdict}`, paint: palette.verdict(verdict) }],
  )
  const left = [
    { text: 'crbus lag', paint: palette.title },
    ...busName(state, palette),
    { text: `  ${counted}` },
    ...verdicts,
  ]
  return spread(left, clock(state, palette), width)
}

/** Returns the title of an open group: its name and verdict, its numbers, and its rates. */
export function openTitle(
  state: DashboardState,
  { group, members }: OpenGroup,
  palette: Palette,
  width: number,
): readonly string[] {
  const { lag, age, verdict } = group
  const name = { text: printable(group.group), paint: palette.title }
  const judged = verdict === undefined ? [] : [{ text: `  ${verdict}`, paint: palette.verdict(verdict) }]
  const idle = group.memberCount - members.size
  const figures = [
    group.state,
    `${plural(group.memberCount, 'member')}${idle > 0 && members.size > 0 ? `, ${idle} without partitions` : ''}`,
    `lag ${lag === undefined ? ABSENT : formatCount(lag)}`,
    ...(age === undefined ? [] : [`age ${formatAge(age)}`]),
    topicsOf(group),
  ]
  return [
    spread([name, ...judged, ...busName(state, palette)], clock(state, palette), width),
    joined([{ text: figures.join(' · ') }], width),
    joined(rates(group, state.history, palette), width),
  ]
}

/** The short name of the bus: its profile, else its brokers. It is red if a profile guards the bus. */
function busName({ bus }: DashboardState, palette: Palette): StyledText[] {
  const name = bus?.profile ?? bus?.brokers
  if (name === undefined) return []
  return [{ text: '  ' }, { text: cut(name, BUS_CELLS), paint: bus?.guard === undefined ? plain : palette.trouble }]
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

/** Returns the time of the last measurement, and whether the screen is paused. */
const clock = ({ isPaused, time, timeZone }: DashboardState, { paused, quiet }: Palette): readonly StyledText[] => [
  ...(isPaused ? [{ text: ' PAUSED ', paint: paused }, { text: '  ' }] : []),
  { text: formatClock(time, timeZone), paint: quiet },
]
