import type { LagVerdict } from '../../operations/lag-verdict.ts'

/** Worst first, as the operation ranks them; not to know comes before `ok`. */
const verdicts = {
  'beyond-the-log': 0,
  stopped: 1,
  stalled: 2,
  rewound: 3,
  'falling-behind': 4,
  'never-committed': 5,
  'catching-up': 6,
  ok: 8,
} as const satisfies Record<LagVerdict, number>

const UNKNOWN = 7

/** Smaller is worse. */
export const severityOf = (verdict: LagVerdict | undefined): number =>
  verdict === undefined ? UNKNOWN : verdicts[verdict]
