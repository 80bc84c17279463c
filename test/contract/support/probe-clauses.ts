import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { makeCases } from '../../../src/operations/probe/make-cases.ts'
import { planProbe } from '../../../src/operations/probe/plan-probe.ts'
import { runProbe } from '../../../src/operations/probe/run-probe.ts'
import { type Behavior, startConsumer } from '../../support/probed-consumer.ts'
import type { Contract } from '../bus-contract.ts'
import { testSignal } from './harness.ts'

export function probeClauses({ bus }: Contract): void {
  /** Probes a consumer that runs in this process, and returns the problems by scenario. */
  async function probed(behavior: Behavior): Promise<Readonly<Record<string, readonly string[]>>> {
    const prefix = `t-${randomUUID()}`
    const topics = { input: `${prefix}-events`, output: `${prefix}-commands`, deadLetters: `${prefix}-dlq` }
    for (const topic of Object.values(topics)) await bus().admin.createTopic(topic, { partitions: 1 })
    onTestFinished(await startConsumer(bus(), `${prefix}-saga`, topics, behavior))
    const run = `crbus-probe-${prefix}`
    const data = '{"order_id":"o-{{uuid}}"}'
    const made = makeCases({
      ...{ run, burst: 50, late: 24 * 3_600_000, now: Date.now },
      events: { type: 'OrderPlaced.v1', data, second: { type: 'OrderCancelled.v1', data } },
      settings: { topic: topics.input, envelope: 'bincode', codec: 'json' },
    })
    if (!made.ok) throw new Error(made.reason)
    const signal = testSignal()
    const plan = await planProbe(bus(), {
      ...{ run, topic: topics.input, cases: made.cases, signal, settle: 20_000 },
      expected: [{ topic: topics.output }],
    })
    expect(plan.groups).toEqual([{ group: `${prefix}-saga`, state: 'Stable', memberCount: 1 }])
    const { results } = await runProbe(bus(), plan, { now: Date.now, signal })
    expect(results.map(({ published }) => published)).toEqual([1, 2, 1, 2, 2, 50])
    return Object.fromEntries(
      results.flatMap(({ scenario, problems }) =>
        problems.length === 0 ? [] : [[scenario, problems.map(({ code }) => code)]],
      ),
    )
  }

  test.each<readonly [Behavior, object]>([
    ['good', {}],
    ['handles-duplicates', { twice: ['duplicated'] }],
    ['loses-bursts', { burst: ['lost'] }],
    ['needs-order', { 'out-of-order': ['lost'] }],
  ])(
    'finds exactly the faults of a consumer that is %s',
    async (behavior, problems) => {
      expect(await probed(behavior)).toEqual(problems)
    },
    90_000,
  )
}
