import type { ProbeProblem, Scenario } from '../../operations/probe/probe.ts'
import { plural } from '../text/listed.ts'

/** What each scenario tests. */
export const scenarioTexts: Readonly<Record<Scenario, string>> = {
  once: 'an event',
  twice: 'the same event again later, as after a rebalance',
  late: 'an event with an old timestamp',
  'in-order': 'an event, then a second one about the same entity',
  'out-of-order': 'the second event before the first',
  burst: 'many events at once',
}

/** Returns the sentence of a problem, without a full stop. Names in it are texts of strangers. */
export function problemText(problem: ProbeProblem): string {
  switch (problem.code) {
    case 'effect-missing': {
      const { topic, eventType } = problem
      return `no ${eventType ?? 'event'} came on ${topic}`
    }
    case 'duplicated':
    case 'lost': {
      const { code, topic, eventType, count, expected, correlationId, cases, comparedWith } = problem
      const where = topic === undefined ? 'in the event store' : `on ${topic}`
      const are = code === 'duplicated' ? 'too many' : 'missing'
      const whose = cases === 1 ? correlationId : `${correlationId} and ${plural(cases - 1, 'other')}`
      return `${plural(count, 'effect')} ${eventType} ${are} ${where}: ${expected} expected, as in ${comparedWith} (${whose})`
    }
    case 'not-read':
      return `group ${problem.group} has not committed ${plural(problem.count, 'event')}`
    case 'dead-letter': {
      const { topic, count, correlationId } = problem
      return `${plural(count, 'dead letter')} ${topic === undefined ? 'in the event store' : `on ${topic}`} (${correlationId})`
    }
  }
}
