import { randomUUID } from 'node:crypto'
import type { EventBus } from 'crbus'
import type { Part } from './part.ts'

/** Returns whether any aggregate has ever been sent a command. */
export async function hasCommands(bus: EventBus, parts: readonly Part[]): Promise<boolean> {
  const ranges = await bus.log.rangesOf(parts.flatMap(({ takes = [] }) => takes))
  return [...ranges.values()].flat().some(({ end }) => end > 0n)
}

/** Sends sample commands, each in a new conversation, to the aggregates that get no commands from a saga. */
export async function placeSamples(bus: EventBus, parts: readonly Part[], count: number): Promise<number> {
  const run = randomUUID().slice(0, 8)
  const sent = new Set(parts.flatMap(({ sends = [] }) => sends))
  let placed = 0
  for (const { takes, sample } of parts) {
    if (takes === undefined || sample === undefined || sent.has(takes)) continue
    for (let number = 1; number <= count; number += 1) {
      const metadata = { correlationId: `sample-${run}-${placed + 1}`, timestamp: new Date().toISOString() }
      await bus.publish(takes, { ...sample(number), metadata })
      placed += 1
    }
  }
  return placed
}
