import type { LagSummary } from '../../../operations/lag/report.ts'
import { bar } from '../../lag/bar.ts'
import { formatAge, formatCount, formatRate } from '../../lag/short-values.ts'
import { HISTORY_LENGTH } from '../state/lag-history.ts'
import { cutMiddle, widthOf } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import { sparkline } from '../text/sparkline.ts'
import type { Column } from './fit-columns.ts'

interface LagRow {
  readonly lag: LagSummary
  readonly verdict: string
  readonly trend: readonly number[]
}

/** A width at which most names still differ from each other when they are cut. */
const GOOD_NAME_CELLS = 32

/** Shown for a value that is missing or unknown. */
export const ABSENT = '-'
const VERDICT = 'VERDICT'

/** Returns the columns that groups and partitions have in common. `shareOf` returns the length of a bar, from 0 to 1. */
export function lagColumns(rows: readonly LagRow[], palette: Palette, shareOf: (lag: bigint) => number) {
  const longest = (textOf: (row: LagRow) => string) =>
    rows.reduce((most, row) => Math.max(most, textOf(row).length), VERDICT.length)
  const verdictOf = ({ lag: { verdict } }: LagRow): string => verdict ?? ABSENT
  const verdictCells = longest(({ verdict }) => verdict)
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
      max: HISTORY_LENGTH,
      cell: ({ trend }, width) => ({ text: sparkline(trend, width), paint: palette.trend }),
    },
    verdict: {
      title: VERDICT,
      min: longest(verdictOf),
      good: verdictCells,
      max: verdictCells,
      // Without room for the number of partitions, the verdict alone is shown.
      cell: (row, width) => ({
        text: row.verdict.length > width ? verdictOf(row) : row.verdict,
        paint: paintOf(row),
      }),
    },
  } as const satisfies Record<string, Column<LagRow>>
}

/** Returns a column of right-aligned numbers. */
export const numberColumn = <Row, Value>(
  title: string,
  width: number,
  read: (row: Row) => Value | undefined,
  format: (value: Value) => string,
): Column<Row> => ({
  title,
  min: width,
  max: width,
  align: 'right',
  cell: (row) => {
    const value = read(row)
    return { text: value === undefined ? ABSENT : format(value) }
  },
})

/** Returns a column of names, as wide as the longest if there is room. Longer names are cut in the middle. */
export const nameColumn = <Row>(
  title: string,
  min: number,
  rows: readonly Row[],
  textOf: (row: Row) => string,
): Column<Row> => {
  const max = rows.reduce((widest, row) => Math.max(widest, widthOf(textOf(row))), min)
  const good = Math.max(min, Math.min(max, GOOD_NAME_CELLS))
  return { title, min, good, max, cell: (row, width) => ({ text: cutMiddle(textOf(row), width) }) }
}

/** Returns the largest lag of the rows. */
export const largestLag = (rows: readonly LagRow[]): bigint =>
  rows.reduce((largest, { lag: { lag = 0n } }) => (lag > largest ? lag : largest), 0n)
