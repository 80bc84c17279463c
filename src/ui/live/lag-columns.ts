import type { LagSummary } from '../../operations/lag/lag.ts'
import { bar } from './bar.ts'
import type { Column } from './columns.ts'
import { formatAge, formatCount, formatRate } from './figures.ts'
import { REMEMBERED } from './lag-history.ts'
import type { Palette } from './palette.ts'
import { cutMiddle, widthOf } from './pieces.ts'
import { sparkline } from './sparkline.ts'

interface LagRow {
  readonly lag: LagSummary
  readonly trend: readonly number[]
}

/** Cells of a name that tell it from others, mostly. */
const NAME = 32

/** What is not there or not known. */
export const ABSENT = '-'
/** The longest verdict. */
const VERDICT = 'never-committed'.length

/** The columns that groups and partitions have in common. */
export function lagColumns(palette: Palette, shareOf: (lag: bigint) => number) {
  const paintOf = ({ lag: { verdict } }: LagRow) => palette.verdict(verdict)
  return {
    lag: numberColumn('LAG', 7, ({ lag: { lag } }: LagRow) => lag, formatCount),
    age: numberColumn('AGE', 6, ({ lag: { age } }: LagRow) => age, formatAge),
    in: numberColumn('IN/S', 6, ({ lag: { rates } }: LagRow) => rates?.in, formatRate),
    out: numberColumn('OUT/S', 6, ({ lag: { rates } }: LagRow) => rates?.out, formatRate),
    catchUp: numberColumn('CATCH-UP', 8, ({ lag: { rates } }: LagRow) => rates?.catchUp, formatAge),
    bar: {
      title: '',
      min: 5,
      max: 20,
      cell: (row, width) => ({ text: bar(shareOf(row.lag.lag ?? 0n), width), paint: paintOf(row) }),
    },
    trend: {
      title: 'TREND',
      min: 6,
      max: REMEMBERED,
      cell: ({ trend }, width) => ({ text: sparkline(trend, width), paint: palette.trend }),
    },
    verdict: {
      title: 'VERDICT',
      min: VERDICT,
      max: VERDICT,
      cell: (row) => ({ text: row.lag.verdict ?? ABSENT, paint: paintOf(row) }),
    },
  } as const satisfies Record<string, Column<LagRow>>
}

/** Figures, on the right of so many cells. */
export const numberColumn = <Row, Value>(
  title: string,
  width: number,
  figureOf: (row: Row) => Value | undefined,
  format: (value: Value) => string,
): Column<Row> => ({
  title,
  min: width,
  max: width,
  align: 'right',
  cell: (row) => {
    const value = figureOf(row)
    return { text: value === undefined ? ABSENT : format(value) }
  },
})

/** Names, in as many cells as the longest takes when there is room, and never in fewer than `min`; cut in their middle. */
export const nameColumn = <Row>(
  title: string,
  min: number,
  rows: readonly Row[],
  textOf: (row: Row) => string,
): Column<Row> => {
  const max = rows.reduce((widest, row) => Math.max(widest, widthOf(textOf(row))), min)
  const good = Math.max(min, Math.min(max, NAME))
  return { title, min, good, max, cell: (row, width) => ({ text: cutMiddle(textOf(row), width) }) }
}

/** The largest lag of them. */
export const largestLag = (rows: readonly LagRow[]): bigint =>
  rows.reduce((most, { lag: { lag = 0n } }) => (lag > most ? lag : most), 0n)
