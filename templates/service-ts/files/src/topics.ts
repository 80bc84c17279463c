import type { EventBus } from 'crbus'
import type { Part } from './part.ts'

/**
 * Ensures that every topic of the parts exists, so that a mistyped name is an error at the start. On the embedded bus, missing
 * topics are created. On brokers, they are an error: `crbus topics apply` creates the topics that crbus.json declares.
 */
export async function prepareTopics(bus: EventBus, parts: readonly Part[], isLocal: boolean): Promise<void> {
  const known = new Set((await bus.admin.listTopics()).map(({ topic }) => topic))
  const used = parts.flatMap(({ takes, sends = [], sendsUndo = [], events = [] }) => [
    ...(takes ? [takes] : []),
    ...sends,
    ...sendsUndo,
    ...events,
  ])
  const missing = [...new Set(used)].filter((topic) => !known.has(topic))
  if (missing.length > 0 && !isLocal) {
    throw new Error(`topics that do not exist: ${missing.join(', ')}; declare them and run: npx crbus topics apply`)
  }
  for (const topic of missing) await bus.admin.createTopic(topic)
}
