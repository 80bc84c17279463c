import { setTimeout as sleep } from 'node:timers/promises'
import type { EventBus } from '../bus/event-bus.ts'
import type { EncodedEvent } from '../saga/codecs/codec.ts'
import type { Problem } from '../saga/reports/problem.ts'
import type { Running, RunOptions } from '../saga/runtime/running.ts'
import { openEventStore } from '../store/open.ts'

/** What a run of the demo ended with. */
export interface DemoSummary {
  readonly checkouts: number
  readonly completed: number
  /** Checkouts whose payment failed and whose order was cancelled for it. */
  readonly compensated: number
  readonly events: number
  /** One of the conversations, to look at. */
  readonly example: string
}

/** Its events, in the order of its steps, and the one that says how a checkout ended. */
export const demoTopics: readonly string[] = ['order-events', 'inventory-events', 'payment-events', 'checkout-events']
const commandTopics = ['order-commands', 'inventory-commands', 'payment-commands']

export async function makeDemoTopics(bus: EventBus): Promise<void> {
  const known = new Set((await bus.admin.listTopics()).map(({ topic }) => topic))
  for (const topic of [...demoTopics, ...commandTopics]) if (!known.has(topic)) await bus.admin.createTopic(topic)
}

/** A part of the service that `crbus new` would make, as `src/demo/part.ts` has it. */
interface DemoPart {
  readonly name: string
  readonly run: (on: RunOptions) => Promise<Running>
  readonly takes?: string
  readonly sample?: (number: number) => EncodedEvent
}

interface DemoRequest {
  readonly parts: readonly DemoPart[]
  readonly checkouts: number
  /** Milliseconds between two checkouts. */
  readonly pause: number
  readonly now: () => number
  readonly signal: AbortSignal
  readonly onError: (problem: Problem) => void
  /** How many checkouts have ended, as far as was seen. */
  readonly ended: () => number
}

/** Longer than any checkout takes, its time-outs included. */
const PATIENCE_MS = 60_000

/**
 * Runs the service of the templates on the bus, whose topics are there, with a store in memory, and places orders with it; resolves when every
 * checkout has ended. Its groups are its own, take nothing that was there before, and are forgotten at the end.
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
    for (let waited = 0; ended() < started && waited < PATIENCE_MS && !signal.aborted; waited += 20) await sleep(20)
  } finally {
    await Promise.all(running.map((part) => part.close()))
    await store.close()
    const left = new Set((await bus.admin.listGroups()).map(({ group }) => group))
    for (const group of parts.map(groupOf)) if (left.has(group)) await bus.admin.deleteGroup(group)
  }
  return { started, run }
}
