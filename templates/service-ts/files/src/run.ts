import type { EventBus, EventStore } from 'crbus'
import type { Part } from './part.ts'

interface Surroundings {
  readonly bus: EventBus
  readonly store: EventStore
  readonly signal: AbortSignal
}

/**
 * Runs all parts until the signal, and resolves when each has finished what it had in hand. When one cannot go on, the
 * others are stopped in the same way, and it rejects. `onRunning` is called once all have joined their groups.
 */
export async function run(
  parts: readonly Part[],
  { bus, store, signal }: Surroundings,
  onRunning: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  const start = async ({ name, run: begin }: Part) => {
    const onError = ({ message }: { readonly message: string }) => console.error(`${name}: ${message}`)
    const running = await begin({ bus, store, signal: until, onError })
    return { ...running, done: running.done.finally(() => stop.abort()) }
  }
  const started = await Promise.allSettled(parts.map(start))
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = started.find((one) => one.status === 'rejected')
  const ended = Promise.all(running.map(({ done }) => done))
  try {
    if (failed !== undefined) throw failed.reason
    await Promise.all([onRunning(), ended])
  } finally {
    stop.abort()
    await Promise.allSettled(running.map(({ done }) => done))
  }
}
