import type { LagVerdict } from '../../operations/lag/verdict.ts'

/** Worst first, as the operation ranks them; not to know comes before `ok`. */
const verdicts = {
  'beyond-the-log': 0,
  stopped: 1,
  stalled: 2,
  rewound: 3,
  'held-back': 4,
  'falling-behind': 5,
  'never-committed': 6,
  'catching-up': 7,
  ok: 9,
} as const satisfies Record<LagVerdict, number>

const UNKNOWN = 8

/** Smaller is worse. */
export const severityOf = (verdict: LagVerdict | undefined): number =>
  verdict === undefined ? UNKNOWN : verdicts[verdict]
