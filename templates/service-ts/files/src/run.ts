import type { EventBus, EventStore, Logger } from 'crbus'
import type { Part } from './part.ts'
import type { RunningParts } from './probes.ts'

interface Surroundings {
  readonly bus: EventBus
  readonly store: EventStore
  readonly signal: AbortSignal
  /** Told of outages, retries, dead letters and rejected commands. */
  readonly logger: Logger
}

/** The error of a part that ended without being stopped. The message names the part and the reason; the cause is the error. */
export class PartStoppedError extends Error {
  override readonly name = 'PartStoppedError'
}

/**
 * Runs all parts until the signal, and resolves when each has finished what it had in hand. When one cannot go on, the
 * others are stopped in the same way, and it rejects. `onRunning` is called once all have joined their groups, with what runs.
 */
export async function run(
  parts: readonly Part[],
  { bus, store, signal, logger }: Surroundings,
  onRunning: (running: RunningParts) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  const start = async ({ name, run: begin }: Part) => {
    const running = await begin({ bus, store, signal: until, logger })
    const ended = untilEnded(name, running.done, until).finally(() => stop.abort())
    // In an object, for this function not to wait for it; what it rejects with is looked at when all have begun.
    ended.catch(() => undefined)
    return { name, running, ended }
  }
  const started = await Promise.allSettled(parts.map(start))
  const begun = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const all = begun.map(({ ended }) => ended)
  const failed = started.find((one) => one.status === 'rejected')
  try {
    if (failed !== undefined) throw failed.reason
    await Promise.all([onRunning(new Map(begun.map(({ name, running }) => [name, running]))), ...all])
  } finally {
    stop.abort()
    await Promise.allSettled(all)
  }
}

/** Rejects unless the part ended because the signal stopped it. */
async function untilEnded(name: string, done: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await done
  } catch (cause) {
    throw new PartStoppedError(`${name} cannot go on: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  if (!signal.aborted) throw new PartStoppedError(`${name} stopped by itself`)
}
