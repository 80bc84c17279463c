import type { GroupLag } from '../../operations/lag/lag.ts'
import { printable } from '../text/printable.ts'
import { type DashboardState, filterOf } from './dashboard-state.ts'
import type { Palette } from './palette.ts'
import { cut, joined, type Piece, spread, widthOf } from './pieces.ts'

/** The group that is open, else the one that is chosen. */
export const groupInView = ({ open, groups }: DashboardState): GroupLag | undefined =>
  open?.group ?? groups.rows[groups.at]?.lag

/** The line above the keys: what went wrong, else the filter, else the note about the group in view. */
export function messageLine(state: DashboardState, note: string | undefined, palette: Palette, width: number): string {
  const { trouble, mode } = state
  const filter = printable(filterOf(state))
  if (mode === 'filter') return joined([{ text: `/${filter}` }, { text: ' ', paint: palette.chosen }], width)
  if (trouble !== undefined) return joined([{ text: `! ${trouble}`, paint: palette.trouble }], width)
  if (filter === '') return note === undefined ? '' : joined([{ text: note, paint: palette.quiet }], width)
  return joined([{ text: `/${filter}` }, { text: '  esc drops it', paint: palette.quiet }], width)
}

/** The keys, as many as there is room for, and which row of how many is chosen. */
export function keysLine(state: DashboardState, canType: boolean, palette: Palette, width: number): string {
  const { rows, at } = state.open?.places ?? state.groups
  const place = rows.length === 0 || state.mode === 'help' ? '' : `${at + 1}/${rows.length}`
  const keys = canType ? keysOf(state) : ['Ctrl-C quit']
  const room = width - widthOf(place) - 2
  let length = keys.length
  while (length > 1 && widthOf(textOf(keys.slice(0, length))) > room) length -= 1
  const left: Piece = { text: cut(textOf(keys.slice(0, length)), width), paint: palette.quiet }
  return spread([left], [{ text: place, paint: palette.quiet }], width)
}

const textOf = (keys: readonly string[]): string => keys.join('  ')

/** The most important first. */
function keysOf({ mode, sort, isPaused, open }: DashboardState): readonly string[] {
  if (mode === 'help') return ['any key: back', 'q quit']
  if (mode === 'filter') return ['enter keep', 'esc drop']
  return [
    'q quit',
    '? help',
    open === undefined ? 'enter open' : 'esc back',
    `s sort: ${sort}`,
    '/ filter',
    isPaused ? 'p go on' : 'p pause',
    '↑↓ move',
  ]
}
