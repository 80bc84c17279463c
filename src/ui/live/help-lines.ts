import type { LagVerdict } from '../../operations/lag/verdict.ts'
import type { Palette } from './palette.ts'
import { joined, type Piece, padded } from './pieces.ts'

const keys = [
  ['↑ ↓  j k', 'move by one, PgUp PgDn by a page, g G to the ends'],
  ['enter', 'open a group: its members and partitions'],
  ['esc', 'back; also backspace and ←'],
  ['/', 'filter: type, enter keeps it, esc drops it'],
  ['s', 'sort by verdict (worst), lag, age or name'],
  ['p', 'pause: look no more until pressed again'],
  ['q', 'quit'],
] as const

const marks = [
  ['bars', 'groups: a step is ten times as much; partitions: by share'],
  ['trend', 'the lag at the last looks, newest on the right'],
  ['/s  catch-up', 'rates and the time until nothing waits, over the last 10 s'],
] as const

const verdicts: Readonly<Record<LagVerdict, string>> = {
  'beyond-the-log': 'committed outside what the log holds',
  stopped: 'events wait and nobody reads them',
  stalled: 'events wait and nothing was committed',
  rewound: 'the committed offset moved back',
  'held-back': 'only what an open transaction holds back waits',
  'falling-behind': 'commits move, the lag does not shrink',
  'never-committed': 'there are events and nothing was committed',
  'catching-up': 'the lag shrinks',
  ok: 'nothing waits, or only what just came',
}

/** Cells of what is explained. */
const NAMES = 17

export function helpLines(palette: Palette, width: number): readonly string[] {
  const line = (name: Piece, text: string) => joined([{ ...name, text: padded(name.text, NAMES) }, { text }], width)
  return [
    ...keys.map(([key, text]) => line({ text: key, paint: palette.title }, text)),
    '',
    ...marks.map(([mark, text]) => line({ text: mark, paint: palette.title }, text)),
    '',
    ...(Object.entries(verdicts) as [LagVerdict, string][]).map(([verdict, text]) =>
      line({ text: verdict, paint: palette.verdict(verdict) }, text),
    ),
  ]
}
