import { durationText } from '../../bus/time/duration.ts'
import { type Name, spellings } from '../name.ts'
import type { Scope } from '../template/scope.ts'
import type { KnownAction, Step } from '../topics/topic.ts'

/** Time-outs of the attempts to undo a step, as multiples of the time-out of a step: 1 + 2 + 4 + 8 + 16. */
const UNDO_TIMEOUTS = 31
/** The time-out of a step if the template does not ask for it. */
const DEFAULT_TIMEOUT_MS = 30_000

/**
 * Returns what a template needs for the description of a saga, by which crbus judges its conversations. Deadlines are longer than the
 * time-outs of the saga, so that a conversation counts as stuck only if the saga itself did not react.
 */
export function descriptionScope({
  name,
  steps,
  timeout = DEFAULT_TIMEOUT_MS,
}: {
  readonly name: Name
  readonly steps: readonly [Step, ...Step[]]
  readonly timeout: number | undefined
}): Scope {
  const [start] = steps
  const own = (last: string) => `${spellings.pascal(name)}${last}`
  const nameOf = (event: KnownAction) => spellings.pascal(event.name)
  const undone = steps.flatMap(({ undo }) => (undo === undefined ? [] : [nameOf(undo.event)]))
  const failures = steps.slice(1).flatMap((step) => step.failures.map(nameOf))
  const ends = [own('Completed'), own('Failed'), own('Stuck')]
  const answered = 2 * timeout
  const compensated = (UNDO_TIMEOUTS + 1) * timeout
  const expectations = [
    // An event of the saga's other steps may begin the compensation before the next step has answered.
    ...steps.map(({ done }, index) => {
      const next = steps[index + 1]
      const wanted = next === undefined ? [own('Completed')] : [nameOf(next.done), ...next.failures.map(nameOf)]
      const others = [own('TimedOut'), ...undone, own('Failed'), own('Stuck')]
      return expectation(nameOf(done), [...wanted, ...others], answered)
    }),
    ...[...failures, ...undone, own('TimedOut')].map((event) => expectation(event, ends, compensated)),
    expectation(nameOf(start.done), ends, compensated + steps.length * timeout),
  ]
  return {
    topics: steps.map(({ topic }) => topic),
    commands: steps.map(({ commands }) => commands),
    started_by: [nameOf(start.done)],
    expects: expectations,
  }
}

const expectation = (after: string, oneOf: readonly string[], within: number): Scope => ({
  after,
  oneOf: [...new Set(oneOf)].filter((name) => name !== after),
  within: durationText(within),
})
