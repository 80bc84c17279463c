import { Chalk } from 'chalk'
import type { ExpectedEffect, ProbePlan, ProbeResult, Scenario, ScenarioResult } from '../../operations/probe/probe.ts'
import { formatDuration } from '../text/format-duration.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'
import { problemText, scenarioTexts } from './problem-text.ts'

/** The scenarios of a plan, with the number of their records. */
const scenariosOf = ({ cases }: ProbePlan): readonly { readonly scenario: Scenario; readonly eventCount: number }[] =>
  [...Map.groupBy(cases, ({ scenario }) => scenario)].map(([scenario, own]) => {
    return { scenario, eventCount: own.reduce((sum, { records }) => sum + records.length, 0) }
  })

const eventCount = (plan: ProbePlan): number => scenariosOf(plan).reduce((sum, one) => sum + one.eventCount, 0)

/** Formats a plan: the events to publish, and what is waited for. */
export function formatProbePlan(plan: ProbePlan, width: number | undefined): string {
  const { topic, run, expected, groups, settle } = plan
  const scenarios = formatTable(
    ['SCENARIO', 'EVENTS', 'TESTS'],
    scenariosOf(plan).map((one) => [one.scenario, one.eventCount, scenarioTexts[one.scenario]]),
    width,
  )
  const readers =
    groups.length === 0
      ? `no group with members reads ${topic}: the probe waits until nothing has come for ${formatDuration(settle)}`
      : `the events are read by ${groups.map(({ group, memberCount }) => `${group} (${plural(memberCount, 'member')})`).join(', ')}`
  return [
    `TOPIC     ${printable(topic)}\n`,
    `EXPECTED  ${printable(expected.map(expectedName).join(', '))}\n`,
    `RUN       ${run}\n`,
    `\n${scenarios}`,
    `\n${printable(readers)}\n`,
  ].join('')
}

const expectedName = ({ topic, eventType }: ExpectedEffect): string =>
  eventType === undefined ? topic : `${topic}:${eventType}`

/** Returns the question that a user answers before the events are published. */
export const probeQuestion = (plan: ProbePlan): string =>
  `Publish ${plural(eventCount(plan), 'event')} to ${plan.topic} on ${plan.bus.kind}? Running services will handle them.`

/** Formats the results: a line for each scenario, and the problems below it. */
export function formatProbe({ results }: ProbeResult, color: boolean, width: number | undefined): string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const paint = { ok: chalk.green, failed: chalk.red }
  const table = formatTable(
    ['SCENARIO', 'VERDICT', 'PUBLISHED', 'EFFECTS'],
    results.map((result) => {
      const verdict = result.converged ? 'ok' : 'failed'
      return [result.scenario, { text: verdict, paint: paint[verdict] }, result.published, effectsText(result)]
    }),
    width,
  )
  const problems = results.flatMap(({ scenario, problems: own }) =>
    own.map((problem) => `${scenario}: ${chalk.yellow(problem.code)}  ${printable(problemText(problem))}\n`),
  )
  return `\n${table}${problems.length === 0 ? '' : `\n${problems.join('')}`}`
}

/** Lists effects in one cell: `2×payment-commands:Pay.v1,1×(store):OrderPaid.v1`. */
const effectsText = ({ effects }: ScenarioResult): string =>
  effects.map(({ topic = '(store)', eventType, count }) => `${count}×${topic}:${eventType}`).join(',')

/** Returns the plan as in `--json`. */
export const probePlanDocument = (plan: ProbePlan) => ({
  topic: plan.topic,
  run: plan.run,
  expectations: plan.expected,
  scenarios: scenariosOf(plan),
  groups: plan.groups,
  settle: plan.settle,
  bus: plan.bus,
})

/** Returns the result as in `--json`. Problems have their sentences. */
export const probeResultDocument = ({ converged, results, duration }: ProbeResult) => ({
  converged,
  duration,
  results: results.map(({ problems, ...result }) => ({
    ...result,
    problems: problems.map((problem) => ({ ...problem, message: problemText(problem) })),
  })),
})
