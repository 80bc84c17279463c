import { linearShare } from '../../lag/bar.ts'
import type { PartitionRow } from '../state/rows.ts'
import type { Palette } from '../text/palette.ts'
import type { Column, Columns } from './fit-columns.ts'
import { ABSENT, lagColumns, largestLag, nameColumn, numberColumn } from './lag-columns.ts'

/** Returns the columns of the list of partitions. There is a column for the topic if the group has several topics. */
export function partitionColumns(
  rows: readonly PartitionRow[],
  topicCount: number,
  palette: Palette,
): Columns<PartitionRow> {
  const largest = largestLag(rows)
  const columns = lagColumns(rows, palette, (lag) => linearShare(lag, largest))
  const { lag, bar, age, in: incoming, out, catchUp, trend, verdict } = columns
  const partition: Column<PartitionRow> = numberColumn('PART', 4, (row) => row.lag.partition, String)
  const topic = topicCount > 1 ? [nameColumn('TOPIC', 12, rows, (row) => row.name)] : []
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

/** Returns a column of offsets, wide enough for the longest. */
function offsetColumn(
  title: string,
  rows: readonly PartitionRow[],
  offsetOf: (row: PartitionRow) => bigint | undefined,
): Column<PartitionRow> {
  const width = rows.reduce((widest, row) => Math.max(widest, textOf(offsetOf(row)).length), title.length)
  return numberColumn(title, width, offsetOf, textOf)
}

const textOf = (offset: bigint | undefined): string => offset?.toString() ?? ABSENT
