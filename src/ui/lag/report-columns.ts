import type { LagSummary } from '../../operations/lag/report.ts'
import type { LagVerdict } from '../../operations/lag/verdict.ts'
import type { Cell, Header } from '../text/table.ts'
import { bar } from './bar.ts'
import { formatAge, formatCount, formatRate } from './short-values.ts'

/** The width of the bars of a report. */
const BAR_CELLS = 8

/** How the numbers of a report are shown. */
export interface ReportStyle {
  /** Whether the report has rates. */
  readonly isSampled: boolean
  /** Returns the color of a verdict. */
  readonly verdictPaint: (verdict: LagVerdict | undefined) => (text: string) => string
  /** Whether there is room for bars. */
  readonly hasBars: boolean
  /** Whether numbers are shown in full instead of in at most seven characters. */
  readonly isWide: boolean
}

/** The headers of the cells of `summaryCells`. */
export const summaryHeaders = ({ isSampled, hasBars }: ReportStyle): readonly Header[] => [
  { title: 'LAG', align: 'right' },
  ...(hasBars ? [{ title: '', isWhole: true }] : []),
  { title: 'AGE', align: 'right' },
  ...(isSampled ? ['IN/S', 'OUT/S', 'CATCH-UP'].map((title) => ({ title, align: 'right' as const })) : []),
]

/** Returns the numbers of a group, topic or partition. `share` is the length of its bar, from 0 to 1. */
export function summaryCells(
  { lag, age, rates, verdict }: LagSummary,
  share: number,
  { isSampled, verdictPaint, hasBars, isWide }: ReportStyle,
): readonly Cell[] {
  const rate = (value: number | undefined) => (value === undefined ? '' : formatRate(value))
  const time = (value: number | undefined) => (value === undefined ? '' : formatAge(value))
  return [
    lag === undefined ? '' : isWide ? String(lag) : formatCount(lag),
    // A space keeps the cell blank, because an empty one is shown as `-`.
    ...(hasBars ? [{ text: bar(share, BAR_CELLS) || ' ', paint: verdictPaint(verdict) }] : []),
    time(age),
    ...(isSampled ? [rate(rates?.in), rate(rates?.out), time(rates?.catchUp)] : []),
  ]
}
