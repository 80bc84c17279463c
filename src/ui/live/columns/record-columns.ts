import type { RecordRow } from '../../records/record-row.ts'
import { cut } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import type { Column, Columns } from './fit-columns.ts'
import { nameColumn } from './lag-columns.ts'

const TIME_CELLS = '00:00:00.000'.length
/** Wider than any terminal: the payload takes the rest of the line. */
const REST_CELLS = 2000

/** Returns the columns of the list of events. There is a column for the topic if several are shown. */
export function recordColumns(rows: readonly RecordRow[], topicCount: number, palette: Palette): Columns<RecordRow> {
  const time: Column<RecordRow> = {
    title: 'TIME',
    min: TIME_CELLS,
    max: TIME_CELLS,
    cell: (row) => ({ text: row.time, paint: palette.quiet }),
  }
  const topic = topicCount > 1 ? [nameColumn('TOPIC', 10, rows, (row: RecordRow) => row.topic)] : []
  const position = nameColumn('OFFSET', 6, rows, (row: RecordRow) => `${row.partition}@${row.offset}`)
  const type: Column<RecordRow> = {
    ...nameColumn('EVENT', 10, rows, (row: RecordRow) => row.type),
    cell: (row, width) => ({
      text: cut(row.type, width),
      paint: row.isUndecodable ? palette.trouble : palette.eventType(row.type),
    }),
  }
  const text: Column<RecordRow> = {
    title: 'PAYLOAD',
    min: 8,
    max: REST_CELLS,
    cell: (row, width) => ({ text: cut(row.text, width) }),
  }
  return {
    shown: [time, ...topic, position, type, text],
    ranked: [type, text, position, type, ...topic, ...topic, time, position],
  }
}
