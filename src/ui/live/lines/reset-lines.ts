import { resetLayout, type Size, textWidth } from '../state/layout.ts'
import type { ResetState, ResetSubject } from '../state/views/reset-state.ts'
import { type StyledText, wrapCells } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'

/** Returns the title of a reset: the group, and its partition if only one is reset. */
export const resetTitle = ({ subject }: ResetState, palette: Palette): readonly StyledText[] => [
  { text: 'reset ' },
  { text: subject.group, paint: palette.title, isName: true },
  { text: scopeOf(subject) },
]

const scopeOf = ({ partition }: ResetSubject): string =>
  partition === undefined ? '  all committed partitions' : `  ${partition.topic}[${partition.partition}]`

const TARGETS = [
  'Type the position to reset to, as for crbus reset --to:',
  '',
  '  start  end           the ends of the log',
  '  47                   an offset',
  '  -100  +100           relative to the committed offset',
  '  @-1h  "10m ago"      a time',
  '  @2026-11-23T10:00Z   a time',
  '  group:other          the offsets of another group',
  '',
  'enter shows the plan. Nothing changes until you confirm it.',
]

/** Returns the lines of a reset: its plan, what was done, or why nothing was done. */
export function resetLines(state: ResetState, size: Size, palette: Palette): readonly string[] {
  const wrapped = (lines: readonly string[]) => lines.flatMap((line) => wrapCells(line, textWidth(size)))
  switch (state.step) {
    case 'target':
      return wrapped(TARGETS).map((line) => palette.quiet(line))
    case 'planning':
      return ['making the plan']
    case 'plan':
    case 'applying':
      return state.lines.slice(state.top, state.top + resetLayout(size).plan)
    case 'done':
      return [
        ...wrapped([state.text, '', 'to undo:']),
        ...wrapped([`  ${state.undo}`]).map((line) => palette.title(line)),
      ]
    case 'failed':
      return wrapped(state.lines)
  }
}

/** Returns the line above the keys: what the user types, or the question about the plan. */
export function resetMessage(state: ResetState, palette: Palette): readonly StyledText[] {
  const cursor: StyledText = { text: ' ', paint: palette.selected }
  switch (state.step) {
    case 'target':
      return [{ text: 'to: ' }, { text: state.text }, cursor]
    case 'plan': {
      const { isNothing, refusal, confirmBy, question } = state.proposal
      if (refusal !== undefined) return [{ text: `! ${refusal}`, paint: palette.trouble }]
      if (isNothing) return [{ text: 'nothing to change' }]
      if (confirmBy === undefined) {
        // The question is longer than most screens are wide, so it comes last.
        const asked = { text: 'apply the plan? [y/N] ', paint: palette.title }
        return [asked, cursor, { text: `  ${question}`, paint: palette.quiet }]
      }
      return [
        { text: 'protected: type ', paint: palette.trouble },
        { text: confirmBy, paint: palette.trouble, isName: true },
        { text: ' to confirm: ', paint: palette.trouble },
        { text: state.typed },
        cursor,
      ]
    }
    case 'applying':
      return [{ text: 'committing the offsets and reading them back' }]
    case 'planning':
    case 'done':
    case 'failed':
      return []
  }
}
