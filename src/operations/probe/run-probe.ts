import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { NewRecord, Position } from '../../bus/record.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { EventStore } from '../../store/event-store.ts'
import { EffectCollector } from './effects.ts'
import { judgeProbe } from './judge.ts'
import { type ProbeCase, type ProbePlan, type ProbeResult, type Scenario, scenarioOrder } from './probe.ts'

interface ProbeRun {
  /** The event store of the consumer, whose events are effects too. */
  readonly store?: EventStore | undefined
  readonly now: () => number
  readonly signal: AbortSignal
  /** Called when the events of a phase were published, and when the wait for their effects ended. */
  readonly onPhase?: ((phase: ProbePhase) => void) | undefined
}

interface ProbePhase {
  readonly scenarios: readonly Scenario[]
  readonly published: number
}

const POLL_INTERVAL_MS = 200
/** How long no effect may come before the probe ends, if the groups have read all events. Chains of services may take a while. */
const QUIET_MS = 2000
/** How much the clock of the event store may differ from that of this process. */
const CLOCK_MARGIN_MS = 600_000

interface PublishedCase {
  readonly scenario: Scenario
  readonly position: Position
}

/**
 * Publishes the events of a plan and waits for their effects: until the groups have committed them and no effect has come for a while,
 * or until nothing has happened for the time to settle. Then publishes the burst and the second events of the other scenarios, and waits
 * again.
 */
export async function runProbe(bus: EventBus, plan: ProbePlan, run: ProbeRun): Promise<ProbeResult> {
  const { store, now, signal, onPhase } = run
  const begin = now()
  const started = performance.now()
  const collector = await EffectCollector.open(bus, plan)
  const published: PublishedCase[] = []
  for (const phase of phasesOf(plan.cases)) {
    const positions = await bus.log.append(
      plan.topic,
      phase.map(({ record }) => record),
    )
    collector.published(positions)
    for (const [at, position] of positions.entries()) {
      const scenario = phase[at]?.scenario
      if (scenario !== undefined) published.push({ scenario, position })
    }
    const scenarios = scenarioOrder.filter((scenario) => phase.some((one) => one.scenario === scenario))
    onPhase?.({ scenarios, published: positions.length })
    await waitForEffects(bus, plan, { collector, published, signal })
    if (signal.aborted) break
  }
  if (store !== undefined) await collector.readStore(store, new Date(begin - CLOCK_MARGIN_MS), signal)
  const unread = await unreadEvents(bus, plan, published)
  const results = judgeProbe({ effects: collector.effects, expected: plan.expected, unread })
  return {
    converged: results.every(({ converged }) => converged),
    results,
    duration: Math.round(performance.now() - started),
  }
}

interface PhaseRecord {
  readonly scenario: Scenario
  readonly record: NewRecord
}

/**
 * Divides the records into the first of each case, and the others with those of the burst. Records with different keys may be on
 * different partitions, whose order is not kept unless the first was handled before.
 */
function phasesOf(cases: readonly ProbeCase[]): readonly (readonly PhaseRecord[])[] {
  const phases: [PhaseRecord[], PhaseRecord[]] = [[], []]
  for (const { scenario, records } of cases) {
    for (const [at, record] of records.entries()) {
      phases[scenario === 'burst' || at > 0 ? 1 : 0].push({ scenario, record })
    }
  }
  return phases.filter((phase) => phase.length > 0)
}

interface Waiting {
  readonly collector: EffectCollector
  readonly published: readonly PublishedCase[]
  readonly signal: AbortSignal
}

async function waitForEffects(bus: EventBus, plan: ProbePlan, waiting: Waiting): Promise<void> {
  const { collector, published, signal } = waiting
  let [lastProgress, lastUnread] = [performance.now(), Number.POSITIVE_INFINITY]
  while (!signal.aborted) {
    const found = await collector.poll(signal)
    const unread = [...(await unreadEvents(bus, plan, published)).values()].flat()
    const left = unread.reduce((sum, { count }) => sum + count, 0)
    if (found > 0 || left < lastUnread) lastProgress = performance.now()
    lastUnread = left
    const quiet = performance.now() - lastProgress
    const isRead = plan.groups.length > 0 && left === 0
    if (quiet >= (isRead ? Math.min(QUIET_MS, plan.settle) : plan.settle)) return
    await sleep(POLL_INTERVAL_MS, signal)
  }
}

/** Returns how many events of each scenario the groups have not committed; only those that have not committed all. */
async function unreadEvents(
  bus: EventBus,
  { groups }: ProbePlan,
  published: readonly PublishedCase[],
): Promise<ReadonlyMap<Scenario, readonly { readonly group: string; readonly count: number }[]>> {
  const unread = new Map<Scenario, { readonly group: string; readonly count: number }[]>()
  if (groups.length === 0) return unread
  const all = await bus.admin.committedOffsetsOf(groups.map(({ group }) => group))
  const byScenario = Map.groupBy(published, ({ scenario }) => scenario)
  for (const [at, { group }] of groups.entries()) {
    const committed = new Map(all[at]?.map((own) => [partitionName(own), own.offset]))
    for (const [scenario, own] of byScenario) {
      const count = own.filter(
        ({ position }) => (committed.get(partitionName(position)) ?? 0n) <= position.offset,
      ).length
      if (count > 0) unread.set(scenario, [...(unread.get(scenario) ?? []), { group, count }])
    }
  }
  return unread
}
