import { Chalk } from 'chalk'
import type { LagVerdict } from '../../../operations/lag/verdict.ts'
import type { SagaState } from '../../../operations/sagas/conversation.ts'
import { verdictColors } from '../../lag/verdict-colors.ts'
import { eventTypeColor } from '../../records/text/event-type-color.ts'
import { painter } from '../../sagas/saga-table.ts'
import { type Paint, plain } from './fit-text.ts'

/** The styles of the screen. They use only basic colors, which the terminal defines. */
export interface Palette {
  readonly title: Paint
  /** For headers, keys and notes. */
  readonly quiet: Paint
  readonly selected: Paint
  readonly trend: Paint
  readonly trouble: Paint
  readonly paused: Paint
  readonly stale: Paint
  /** For an event type, in the color that it has in `crbus tail`. */
  readonly eventType: (eventType: string) => Paint
  readonly verdict: (verdict: LagVerdict | undefined) => Paint
  /** For the state of a conversation, in the color that it has in `crbus sagas list`. */
  readonly sagaState: (state: SagaState) => Paint
}

/** Returns the styles, without colors if `color` is false. */
export function palette(color: boolean): Palette {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const verdicts = verdictColors(chalk)
  return {
    title: chalk.bold,
    quiet: chalk.dim,
    selected: chalk.inverse,
    trend: chalk.blue,
    trouble: chalk.red,
    paused: chalk.inverse,
    stale: chalk.inverse.red,
    eventType: (eventType) => chalk.bold[eventTypeColor(eventType)],
    verdict: (verdict) => (verdict === undefined ? plain : verdicts[verdict]),
    sagaState: painter(color),
  }
}
