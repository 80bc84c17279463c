import type { EventBus } from '../bus/event-bus.ts'
import { sleep } from '../bus/time/sleep.ts'
import type { EncodedEvent } from '../saga/codecs/codec.ts'
import type { Problem } from '../saga/reports/problem.ts'
import type { Running, RunOptions } from '../saga/runtime/running.ts'
import { openEventStore } from '../store/open.ts'

/** The result of a run of the demo. */
export interface DemoSummary {
  /** Number of checkouts that were started. */
  readonly checkoutCount: number
  readonly completed: number
  /** Number of checkouts whose payment failed, so that their order was canceled. */
  readonly compensated: number
  readonly eventCount: number
  /** The correlation id of one checkout, as an example to look at. */
  readonly correlationId: string
}

/** The event topics of the demo, in the order of its steps. The events on `checkout-events` say how a checkout ended. */
export const demoTopics: readonly string[] = ['order-events', 'inventory-events', 'payment-events', 'checkout-events']
const commandTopics = ['order-commands', 'inventory-commands', 'payment-commands']

/** Creates the topics of the demo that do not exist yet. */
export async function createDemoTopics(bus: EventBus): Promise<void> {
  const known = new Set((await bus.admin.listTopics()).map(({ topic }) => topic))
  for (const topic of [...demoTopics, ...commandTopics]) if (!known.has(topic)) await bus.admin.createTopic(topic)
}

/** A part of the demo service, as `src/demo/part.ts` declares it. */
interface DemoPart {
  readonly name: string
  readonly run: (on: RunOptions) => Promise<Running>
  /** The topic of its commands. */
  readonly takes?: string
  /** Creates an example command. */
  readonly sample?: (number: number) => EncodedEvent
}

interface DemoRequest {
  readonly parts: readonly DemoPart[]
  /** Number of checkouts to start. */
  readonly checkouts: number
  /** Milliseconds between two checkouts. */
  readonly pause: number
  readonly now: () => number
  /** Starts no more checkouts after an abort, and waits no longer. */
  readonly signal: AbortSignal
  readonly onError: (problem: Problem) => void
  /** Returns the number of checkouts that have ended so far. */
  readonly ended: () => number
}

/** How long to wait for the last checkouts to end; longer than any checkout takes with its time-outs. */
const MAX_WAIT_MS = 60_000
const POLL_INTERVAL_MS = 20

/**
 * Runs the demo service with a store in memory and places orders. The topics must exist. Resolves when every checkout has ended,
 * with the number of started checkouts and the id of the run, which is part of their correlation ids. The service uses consumer
 * groups of its own, which begin at the end of the topics and are deleted afterwards.
 */
export async function runDemo(
  bus: EventBus,
  { parts, checkouts, pause, now, signal, onError, ended }: DemoRequest,
): Promise<{ readonly started: number; readonly run: string }> {
  const run = Math.floor(now() % 1e9).toString(36)
  const store = await openEventStore(':memory:')
  const groupOf = ({ name }: DemoPart) => `crbus-demo-${run}-${name}`
  const running: Running[] = []
  let started = 0
  try {
    for (const part of parts) {
      running.push(await part.run({ bus, store, onError, group: groupOf(part), autoOffsetReset: 'latest' }))
    }
    const { takes, sample } = parts.find((part) => part.name === 'order') as Required<DemoPart>
    while (started < checkouts && !signal.aborted) {
      started += 1
      const metadata = { correlationId: `checkout-${run}-${started}`, timestamp: new Date(now()).toISOString() }
      await bus.publish(takes, { ...sample(started), metadata })
      await sleep(pause)
    }
    for (let waited = 0; ended() < started && waited < MAX_WAIT_MS && !signal.aborted; waited += POLL_INTERVAL_MS) {
      await sleep(POLL_INTERVAL_MS)
    }
  } finally {
    await Promise.all(running.map((part) => part.close()))
    await store.close()
    const existing = new Set((await bus.admin.listGroups()).map(({ group }) => group))
    for (const group of parts.map(groupOf)) if (existing.has(group)) await bus.admin.deleteGroup(group)
  }
  return { started, run }
}
