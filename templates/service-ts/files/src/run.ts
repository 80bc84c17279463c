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
    const { done } = await begin({ bus, store, signal: until, onError })
    const ended = done.finally(() => stop.abort())
    // In an object, for this function not to wait for it; what it rejects with is looked at when all have begun.
    ended.catch(() => undefined)
    return { ended }
  }
  const started = await Promise.allSettled(parts.map(start))
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value.ended] : []))
  const failed = started.find((one) => one.status === 'rejected')
  try {
    if (failed !== undefined) throw failed.reason
    await Promise.all([onRunning(), ...running])
  } finally {
    stop.abort()
    await Promise.allSettled(running)
  }
}
