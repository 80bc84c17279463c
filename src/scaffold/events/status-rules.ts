import { type Name, spellings } from '../name.ts'
import type { DomainEvent } from './events.ts'

/** Last words of events that end the life of an aggregate. */
const endingWords = new Set(
  [
    'archived canceled cancelled closed compensated completed delivered deleted discontinued ended expired finished',
    'refunded released removed returned reversed revoked settled terminated undone voided withdrawn',
  ].flatMap((line) => line.split(' ')),
)

const ends = ({ words }: Name): boolean => endingWords.has(words.at(-1) ?? '')

/** When the command of a change applies. */
export interface StatusRule {
  /** Names of the events after which the command applies. */
  readonly follows: readonly Name[]
  /** Whether the names of the events do not decide the rule, so that its author has to confirm it. */
  readonly isGuess: boolean
}

/**
 * Returns a status rule for each event except the first, which creates the aggregate. No event follows an ending event. An ending
 * event may follow every other event, and any other change may follow the changes named before it. All of these rules are
 * guesses, except for a single change that ends the aggregate, because it can only follow the creation.
 */
export function statusRules([creation, ...changes]: readonly DomainEvent[]): readonly StatusRule[] {
  if (creation === undefined) return []
  return changes.map(({ name }, index) => {
    const before = ends(name) ? changes : changes.slice(0, index)
    const follows = [creation.name, ...before.map((change) => change.name).filter((one) => one !== name && !ends(one))]
    return { follows, isGuess: changes.length > 1 || !ends(name) }
  })
}

/** Returns the question that a guessed rule leaves open. */
export function statusQuestion({ command }: DomainEvent, { follows }: StatusRule): string {
  const listed = follows.map(spellings.pascal).join(', ')
  return `${spellings.pascal(command)} applies only after ${listed}; is that right?`
}
