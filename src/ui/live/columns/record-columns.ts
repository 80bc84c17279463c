import type { RecordRow } from '../../records/record-row.ts'
import { cut } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import type { Column, Columns } from './fit-columns.ts'
import { nameColumn } from './lag-columns.ts'

const TIME_CELLS = '00:00:00.000'.length
const AFTER_CELLS = '~+59m59s'.length
/** Wider than any terminal: the payload takes the rest of the line. */
const REST_CELLS = 2000

/** Returns the columns of the list of events. There is a column for the topic if several are shown. */
export function recordColumns(rows: readonly RecordRow[], topicCount: number, palette: Palette): Columns<RecordRow> {
  const time = timeColumn(palette)
  const topic = topicCount > 1 ? [nameColumn('TOPIC', 10, rows, (row: RecordRow) => row.topic)] : []
  const position = nameColumn('OFFSET', 6, rows, (row: RecordRow) => `${row.partition}@${row.offset}`)
  const type: Column<RecordRow> = {
    ...nameColumn('EVENT', 10, rows, (row: RecordRow) => row.type),
    cell: (row, width) => ({
      text: cut(row.type, width),
      paint: row.isUndecodable ? palette.trouble : palette.eventType(row.type),
    }),
  }
  return {
    shown: [time, ...topic, position, type, payload],
    ranked: [type, payload, position, type, ...topic, ...topic, time, position],
  }
}

/** Returns the columns of the list of the messages of a conversation, as a tree. */
export function conversationColumns(rows: readonly RecordRow[], palette: Palette): Columns<RecordRow> {
  const time = timeColumn(palette)
  const treeText = ({ branch, type }: RecordRow) => `${branch?.lines ?? ''}${type}`
  const tree: Column<RecordRow> = {
    ...nameColumn('MESSAGE', 10, rows, treeText),
    // Cut at the end: the branches in front show where a message belongs.
    cell: (row, width) => ({
      text: cut(treeText(row), width),
      paint: row.isUndecodable ? palette.trouble : palette.eventType(row.type),
    }),
  }
  const after: Column<RecordRow> = {
    title: 'AFTER',
    min: AFTER_CELLS,
    max: AFTER_CELLS,
    align: 'right',
    cell: (row) => ({ text: cut(row.branch?.after ?? '', AFTER_CELLS), paint: palette.quiet }),
  }
  const position = nameColumn('POSITION', 10, rows, (row: RecordRow) => row.key)
  return { shown: [time, after, tree, position, payload], ranked: [tree, after, payload, tree, time, position] }
}

const timeColumn = (palette: Palette): Column<RecordRow> => ({
  title: 'TIME',
  min: TIME_CELLS,
  max: TIME_CELLS,
  cell: (row) => ({ text: row.time, paint: palette.quiet }),
})

const payload: Column<RecordRow> = {
  title: 'PAYLOAD',
  min: 8,
  max: REST_CELLS,
  cell: (row, width) => ({ text: cut(row.text, width) }),
}
