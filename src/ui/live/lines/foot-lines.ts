import type { GroupLag } from '../../../operations/lag/report.ts'
import { printable } from '../../text/printable.ts'
import { type DashboardState, filterOf } from '../state/dashboard-state.ts'
import { cut, joined, type StyledText, spread, widthOf } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'

/** Returns the open group, else the selected one; `undefined` if there is no group. */
export const groupInView = ({ open, groups }: DashboardState): GroupLag | undefined =>
  open?.group ?? groups.rows[groups.at]?.lag

/** Returns the line above the keys: the filter being typed, else a problem, else the filter, else the note about the group in view. */
export function messageLine(state: DashboardState, note: string | undefined, palette: Palette, width: number): string {
  const { trouble, mode } = state
  const filter = printable(filterOf(state))
  if (mode === 'filter') return joined([{ text: `/${filter}` }, { text: ' ', paint: palette.selected }], width)
  if (trouble !== undefined) return joined([{ text: `! ${trouble}`, paint: palette.trouble }], width)
  if (filter === '') return note === undefined ? '' : joined([{ text: note, paint: palette.quiet }], width)
  return joined([{ text: `/${filter}` }, { text: '  esc clears it', paint: palette.quiet }], width)
}

/** Returns the last line: the keys that fit, and the number of the selected row. `canType` is false if no keys can be read. */
export function keysLine(state: DashboardState, canType: boolean, palette: Palette, width: number): string {
  const { rows, at } = state.open?.partitions ?? state.groups
  const position = rows.length === 0 || state.mode === 'help' ? '' : `${at + 1}/${rows.length}`
  const keys = canType ? keysOf(state) : ['Ctrl-C quit']
  const room = width - widthOf(position) - 2
  let length = keys.length
  while (length > 1 && widthOf(textOf(keys.slice(0, length))) > room) length -= 1
  const left: StyledText = { text: cut(textOf(keys.slice(0, length)), width), paint: palette.quiet }
  return spread([left], [{ text: position, paint: palette.quiet }], width)
}

const textOf = (keys: readonly string[]): string => keys.join('  ')

/** Returns the keys of the current mode, the most important first. */
function keysOf({ mode, sort, isPaused, open }: DashboardState): readonly string[] {
  if (mode === 'help') return ['any key: back', 'q quit']
  if (mode === 'filter') return ['enter keep', 'esc clear']
  return [
    'q quit',
    '? help',
    open === undefined ? 'enter open' : 'esc back',
    `s sort: ${sort}`,
    '/ filter',
    isPaused ? 'p resume' : 'p pause',
    '↑↓ move',
  ]
}
