import type { EventBus } from '../../bus/event-bus.ts'
import { compileFilter } from '../events/event-filter.ts'
import { measureLag } from '../lag/lag.ts'
import type { GroupLag } from '../lag/report.ts'
import { planReset } from '../reset/make-plan.ts'
import type { ResetPlan } from '../reset/plan.ts'
import { tail } from '../tail/tail.ts'
import { buildTrace } from '../trace/build-trace.ts'
import { type Gathered, gatherConversation } from '../trace/gather.ts'
import type { Trace } from '../trace/trace.ts'
import { commitEnds } from './run-demo.ts'

/** A group that stays behind, so that there is lag to look at after the demo. Nothing reads for it. */
export const DEMO_GROUP = 'crbus-demo-audit'
const TOPIC = 'order-events'
/** More than a checkout has. */
const MAX_MESSAGES = 100
/** The default of `crbus trace --overdue`. */
const OVERDUE_MS = 60_000

/** What `lag`, `tail`, `trace` and `reset` find on the bus of the demo. */
export interface DemoFindings {
  readonly lag: GroupLag
  /** The event types of one checkout, in order. */
  readonly events: readonly string[]
  /** The same checkout as a tree, with its commands. */
  readonly trace: Trace
  /** What was read for it. */
  readonly read: Gathered['read']
  /** The plan to skip what waits for the group. */
  readonly plan: ResetPlan
}

/** Commits the current end of the orders for the group of the demo, so that the orders to come wait for it. */
export const leaveGroupBehind = (bus: EventBus): Promise<void> => commitEnds(bus, DEMO_GROUP, [TOPIC])

interface FindingsRequest {
  readonly topics: readonly string[]
  readonly correlationId: string
  readonly now: () => number
  readonly signal: AbortSignal
}

/** Measures the lag of the group, reads and traces one checkout, and plans a reset of the group. Changes nothing. */
export async function demoFindings(bus: EventBus, request: FindingsRequest): Promise<DemoFindings> {
  const { topics, correlationId, now, signal } = request
  const report = await measureLag(bus, { groups: [DEMO_GROUP], now, signal })
  const compiled = await compileFilter({ correlationId })
  const events: string[] = []
  const views = tail(bus, {
    topics,
    from: { kind: 'start' },
    follow: false,
    last: 0,
    filter: compiled.ok ? compiled.filter : undefined,
    signal,
    onNotice: () => {},
  })
  for await (const batch of views) {
    for (const { envelope } of batch) if (envelope?.ok) events.push(envelope.event.eventType)
  }
  const gathered = await gatherConversation(bus, {
    ...{ correlationId, limit: MAX_MESSAGES, reading: {}, signal },
    onNotice: () => {},
  })
  const { isComplete, read } = gathered
  const options = { correlationId, topics: read.topics, isComplete, now: now(), overdue: OVERDUE_MS }
  const trace = buildTrace(gathered.messages, options)
  const plan = await planReset(bus, {
    group: DEMO_GROUP,
    scope: [{ topic: TOPIC }],
    target: { kind: 'position', position: { kind: 'end' } },
    to: 'end',
    now: now(),
    signal,
  })
  return {
    lag: report.groups[0] as GroupLag,
    events,
    trace,
    read,
    plan,
  }
}
