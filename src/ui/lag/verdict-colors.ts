import type { ChalkInstance } from 'chalk'
import type { LagVerdict } from '../../operations/lag/verdict.ts'

/** Returns the color of each verdict. They are basic colors, which the terminal defines. */
export const verdictColors = (chalk: ChalkInstance): Readonly<Record<LagVerdict, (text: string) => string>> => ({
  'beyond-the-log': chalk.magenta,
  stopped: chalk.red,
  stalled: chalk.red,
  rewound: chalk.magenta,
  'held-back': chalk.yellow,
  'falling-behind': chalk.yellow,
  'never-committed': chalk.yellow,
  'catching-up': chalk.cyan,
  ok: chalk.green,
})
