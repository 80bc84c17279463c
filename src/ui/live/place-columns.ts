import { shareOfLargest } from './bar.ts'
import type { Column, Columns } from './columns.ts'
import { ABSENT, lagColumns, largestLag, nameColumn, numberColumn } from './lag-columns.ts'
import type { Palette } from './palette.ts'
import type { PlaceRow } from './rows.ts'

/** What is shown of each of these partitions; their topic where there are several. */
export function placeColumns(rows: readonly PlaceRow[], topics: number, palette: Palette): Columns<PlaceRow> {
  const largest = largestLag(rows)
  const columns = lagColumns(palette, (lag) => shareOfLargest(lag, largest))
  const { lag, bar, age, in: incoming, out, catchUp, trend, verdict } = columns
  const partition: Column<PlaceRow> = numberColumn('PART', 4, (row) => row.lag.partition, String)
  const topic = topics > 1 ? [nameColumn('TOPIC', 12, rows, (row) => row.name)] : []
  const committed = offsetColumn('COMMITTED', rows, (row) => row.lag.committed)
  const end = offsetColumn('END', rows, (row) => row.lag.end)
  const reader = nameColumn('MEMBER', 8, rows, (row) => row.reader)
  return {
    shown: [...topic, partition, lag, bar, age, committed, end, incoming, out, catchUp, trend, reader, verdict],
    ranked: [
      partition,
      ...topic,
      verdict,
      lag,
      bar,
      reader,
      trend,
      committed,
      end,
      ...topic,
      age,
      incoming,
      out,
      catchUp,
    ],
  }
}

/** Offsets in full, however long they are. */
function offsetColumn(
  title: string,
  rows: readonly PlaceRow[],
  offsetOf: (row: PlaceRow) => bigint | undefined,
): Column<PlaceRow> {
  const width = rows.reduce((widest, row) => Math.max(widest, textOf(offsetOf(row)).length), title.length)
  return numberColumn(title, width, offsetOf, textOf)
}

const textOf = (offset: bigint | undefined): string => offset?.toString() ?? ABSENT
