import { type HelpTopic, helpRows } from '../state/help-rows.ts'
import { joined, padded } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'

/** The width of the left column. */
const NAME_CELLS = 17

/** Returns the visible lines of a help, from the line `top` on. */
export const helpLines = (
  topic: HelpTopic,
  top: number,
  height: number,
  palette: Palette,
  width: number,
): readonly string[] =>
  helpRows[topic].slice(top, top + height).map(({ name, text, verdict }) => {
    const paint = verdict === undefined ? palette.title : palette.verdict(verdict)
    return joined([{ text: padded(name, NAME_CELLS), paint }, { text }], width)
  })
