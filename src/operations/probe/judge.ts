import { compareText } from '../../bus/compare.ts'
import { type CaseEffects, fromEffectKey, isMet } from './effects.ts'
import {
  type Effect,
  type ExpectedEffect,
  type ProbeProblem,
  type Scenario,
  type ScenarioResult,
  scenarioOrder,
} from './probe.ts'

interface Judged {
  readonly effects: readonly CaseEffects[]
  readonly expected: readonly ExpectedEffect[]
  /** The number of events that each group has not committed, by scenario. */
  readonly unread: ReadonlyMap<Scenario, readonly { readonly group: string; readonly count: number }[]>
}

/**
 * Compares the effects of the scenarios. Every event must have the effects of the event that was published once, also if it was
 * published twice, late, or in a burst; two events must have the same effects in both orders.
 */
export function judgeProbe({ effects, expected, unread }: Judged): readonly ScenarioResult[] {
  const byScenario = Map.groupBy(effects, (one) => one.case.scenario)
  return scenarioOrder.flatMap((scenario): ScenarioResult[] => {
    const own = byScenario.get(scenario)
    if (own === undefined) return []
    const base = baseOf(scenario)
    const [compared] = (base === undefined ? undefined : byScenario.get(base)) ?? []
    const problems: ProbeProblem[] = [
      ...(unread.get(scenario) ?? []).map((group) => ({ code: 'not-read' as const, ...group })),
      ...deadLettersOf(own),
      ...(compared === undefined || base === undefined || compared.counts.size === 0
        ? missingOf(own, expected)
        : differences(own, compared, base)),
    ]
    const published = own.reduce((sum, one) => sum + one.case.records.length, 0)
    return [{ scenario, converged: problems.length === 0, published, effects: totals(own), problems }]
  })
}

const baseOf = (scenario: Scenario): Scenario | undefined => {
  if (scenario === 'once' || scenario === 'in-order') return undefined
  return scenario === 'out-of-order' ? 'in-order' : 'once'
}

function totals(own: readonly CaseEffects[]): readonly Effect[] {
  const sums = new Map<string, number>()
  for (const [key, count] of own.flatMap(({ counts }) => [...counts])) sums.set(key, (sums.get(key) ?? 0) + count)
  return [...sums].sort(([a], [b]) => compareText(a, b)).map(([key, count]) => ({ ...fromEffectKey(key), count }))
}

/** Returns the expected effects that some of the events do not have at all. */
const missingOf = (own: readonly CaseEffects[], expected: readonly ExpectedEffect[]): readonly ProbeProblem[] =>
  expected
    .filter((one) =>
      own.some(({ counts }) => {
        const kinds = [...counts.keys()].map(fromEffectKey)
        return !kinds.some(({ topic, eventType }) => isMet(one, topic, eventType))
      }),
    )
    .map((one) => ({ code: 'effect-missing', ...one }))

/** Sums up the effects that events have more or less often than those that they are compared with. */
function differences(own: readonly CaseEffects[], compared: CaseEffects, base: Scenario): readonly ProbeProblem[] {
  const kinds = new Set([compared, ...own].flatMap(({ counts }) => [...counts.keys()]))
  return [...kinds].sort(compareText).flatMap((key) =>
    (['duplicated', 'lost'] as const).flatMap((code): ProbeProblem[] => {
      const expected = compared.counts.get(key) ?? 0
      const surplus = own
        .map((one) => ({ id: one.case.correlationId, more: (one.counts.get(key) ?? 0) - expected }))
        .filter(({ more }) => (code === 'duplicated' ? more > 0 : more < 0))
      const [first] = surplus
      if (first === undefined) return []
      const count = surplus.reduce((sum, { more }) => sum + Math.abs(more), 0)
      const affected = { correlationId: first.id, cases: surplus.length, comparedWith: base }
      return [{ code, ...fromEffectKey(key), count, expected: expected * own.length, ...affected }]
    }),
  )
}

function deadLettersOf(own: readonly CaseEffects[]): readonly ProbeProblem[] {
  const topics = new Set(own.flatMap(({ deadLetters }) => [...deadLetters.keys()]))
  return [...topics].sort(compareText).map((topic) => {
    const having = own.filter(({ deadLetters }) => deadLetters.has(topic))
    const count = having.reduce((sum, { deadLetters }) => sum + (deadLetters.get(topic) ?? 0), 0)
    const correlationId = having[0]?.case.correlationId ?? ''
    return { code: 'dead-letter', topic: topic || undefined, count, correlationId }
  })
}
