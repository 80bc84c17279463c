import type { LagVerdict } from '../../operations/lag/verdict.ts'

/** The rank of each verdict, worst first. */
const ranks = {
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

/** An unknown verdict ranks before `ok`. */
const UNKNOWN_RANK = 8

/** Returns the rank of a verdict; smaller is worse. */
export const severityOf = (verdict: LagVerdict | undefined): number =>
  verdict === undefined ? UNKNOWN_RANK : ranks[verdict]
