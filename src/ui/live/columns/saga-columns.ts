import { formatAge } from '../../lag/short-values.ts'
import { type TimeZone, timeParts } from '../../text/format-time.ts'
import type { SagaRow } from '../state/views/sagas-state.ts'
import { cut } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import type { Column, Columns } from './fit-columns.ts'
import { ABSENT, nameColumn, numberColumn } from './lag-columns.ts'

const STATE_CELLS = 'compensated'.length
/** Milliseconds of a time and the century of a day tell nothing. */
const STARTED_CELLS = '11-23 10:00:00'.length

interface SagaTimes {
  /** Ages are those at this time, in milliseconds. */
  readonly now: number
  readonly timeZone: TimeZone
}

/** Returns the columns of the list of conversations. `rows` are those that are visible. */
export function sagaColumns(
  rows: readonly SagaRow[],
  { now, timeZone }: SagaTimes,
  palette: Palette,
): Columns<SagaRow> {
  const ageOf = (time: number) => Math.max(0, now - time)
  const id = nameColumn('CORRELATION-ID', 14, rows, ({ name }: SagaRow) => name)
  const saga = nameColumn('SAGA', 8, rows, (row: SagaRow) => row.saga)
  const state: Column<SagaRow> = {
    title: 'STATE',
    min: STATE_CELLS,
    max: STATE_CELLS,
    cell: ({ instance }) => ({ text: instance.state, paint: palette.sagaState(instance.state) }),
  }
  const age = numberColumn('AGE', 6, ({ instance }: SagaRow) => ageOf(instance.since), formatAge)
  const started: Column<SagaRow> = {
    title: 'STARTED',
    min: STARTED_CELLS,
    max: STARTED_CELLS,
    cell: ({ instance }) => ({ text: startText(instance.startedAt, timeZone), paint: palette.quiet }),
  }
  const last: Column<SagaRow> = {
    ...nameColumn('LAST-EVENT', 12, rows, (row: SagaRow) => row.last),
    cell: (row, width) => ({ text: cut(row.last, width), paint: palette.eventType(row.last) }),
  }
  const ago = numberColumn('LAST', 6, ({ instance }: SagaRow) => ageOf(instance.last.at), formatAge)
  const waits: Column<SagaRow> = {
    ...nameColumn('WAITS-FOR', 12, rows, (row) => row.waits),
    cell: (row, width) => ({ text: row.waits === '' ? ABSENT : cut(row.waits, width) }),
  }
  return {
    shown: [id, saga, state, age, started, last, ago, waits],
    ranked: [id, state, age, saga, started, waits, id, waits, last, last, ago, saga],
  }
}

/** Formats the start of a conversation: `11-23 10:00:00`. */
function startText(time: number, timeZone: TimeZone): string {
  const { day, time: ofDay } = timeParts(time, timeZone)
  return `${day.slice(-5)} ${ofDay.slice(0, 8)}`
}
