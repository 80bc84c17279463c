import { type Name, spellings } from '../name.ts'
import type { DomainEvent } from './events.ts'

/** Last words of events after which nothing more is expected to happen. */
const ending = new Set(
  [
    'archived canceled cancelled closed compensated completed delivered deleted discontinued ended expired finished',
    'refunded released removed returned reversed revoked settled terminated undone voided withdrawn',
  ].flatMap((line) => line.split(' ')),
)

const ends = ({ words }: Name): boolean => ending.has(words.at(-1) ?? '')

/** The statuses in which the command of a change applies. */
export interface StatusRule {
  /** Names of the events that the change may follow. */
  readonly follows: readonly Name[]
  /** Whether the names of the events leave another answer open. */
  readonly isGuess: boolean
}

/**
 * The status rule of each event but the first, which creates. Nothing follows an event that ends; one that ends may follow
 * every other, and any other change may follow the ones named before it. That is certain only of a single change that ends:
 * there is nothing else for it to follow.
 */
export function statusRules([creation, ...changes]: readonly DomainEvent[]): readonly StatusRule[] {
  if (creation === undefined) return []
  return changes.map(({ name }, index) => {
    const before = ends(name) ? changes : changes.slice(0, index)
    const follows = [creation.name, ...before.map((change) => change.name).filter((one) => one !== name && !ends(one))]
    return { follows, isGuess: changes.length > 1 || !ends(name) }
  })
}

/** The question that a guessed rule leaves open. */
export function statusQuestion({ command }: DomainEvent, { follows }: StatusRule): string {
  const listed = follows.map(spellings.pascal).join(', ')
  return `${spellings.pascal(command)} applies after ${listed} and after no other event; is that right?`
}
