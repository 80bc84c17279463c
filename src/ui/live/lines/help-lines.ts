import { HELP_NAME_CELLS, type HelpTopic, wrappedHelp } from '../state/help-rows.ts'
import { helpHeight, type Size, textWidth } from '../state/layout.ts'
import { joined, padded } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'

/** Returns the visible lines of a help, from the line `top` on. */
export const helpLines = (topic: HelpTopic, top: number, size: Size, palette: Palette): readonly string[] =>
  wrappedHelp(topic, size)
    .slice(top, top + helpHeight(size))
    .map(({ name, text, verdict, state }) => {
      const judged = verdict === undefined ? palette.title : palette.verdict(verdict)
      const paint = state === undefined ? judged : palette.sagaState(state)
      return joined([{ text: padded(name, HELP_NAME_CELLS), paint }, { text }], textWidth(size))
    })
