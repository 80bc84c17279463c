import type { LagVerdict } from '../../../operations/lag/verdict.ts'
import { joined, padded, type StyledText } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'

const keys = [
  ['↑ ↓  j k', 'move by a row; PgUp PgDn by a page; g G to the ends'],
  ['enter', 'open a group: its members and partitions'],
  ['esc', 'back; also backspace and ←'],
  ['/', 'filter: enter keeps it, esc clears it'],
  ['s', 'sort by verdict (worst), lag, age or name'],
  ['p', 'pause until pressed again'],
  ['q', 'quit'],
] as const

const marks = [
  ['bars', 'groups: logarithmic, a step is ten times as much; partitions: linear'],
  ['trend', 'the last lags, newest on the right'],
  ['/s  catch-up', 'rates and the time until nothing waits, over the last 10 s'],
] as const

const verdicts: Readonly<Record<LagVerdict, string>> = {
  'beyond-the-log': 'the committed offset is outside the log',
  stopped: 'events wait and no member reads them',
  stalled: 'events wait and nothing was committed',
  rewound: 'the committed offset moved back',
  'held-back': 'only events behind an open transaction wait',
  'falling-behind': 'offsets are committed, the lag does not shrink',
  'never-committed': 'there are events and nothing was committed',
  'catching-up': 'the lag shrinks',
  ok: 'nothing waits, or only events that just came',
}

/** The width of the left column. */
const NAME_CELLS = 17

/** Returns the lines of the help screen. */
export function helpLines(palette: Palette, width: number, bus: string | undefined): readonly string[] {
  const line = (name: StyledText, text: string) =>
    joined([{ ...name, text: padded(name.text, NAME_CELLS) }, { text }], width)
  return [
    ...(bus === undefined ? [] : [line({ text: 'bus', paint: palette.title }, bus)]),
    ...keys.map(([key, text]) => line({ text: key, paint: palette.title }, text)),
    '',
    ...marks.map(([mark, text]) => line({ text: mark, paint: palette.title }, text)),
    '',
    ...(Object.entries(verdicts) as [LagVerdict, string][]).map(([verdict, text]) =>
      line({ text: verdict, paint: palette.verdict(verdict) }, text),
    ),
  ]
}
