import type { EventBus, EventStore, Logger } from 'crbus'
import type { Part } from './part.ts'
import type { RunningParts } from './probes.ts'

interface Surroundings {
  readonly bus: EventBus
  readonly store: EventStore
  readonly signal: AbortSignal
  /** Logs outages, retries, dead letters and rejected commands. */
  readonly logger: Logger
}

/** Error for a part that ended without being stopped. The message names the part and the reason; `cause` is the part's error. */
export class PartStoppedError extends Error {
  override readonly name = 'PartStoppedError'
}

/**
 * Runs all parts until the signal is aborted, and resolves when each part has finished its current messages. If a part fails, the
 * other parts are stopped in the same way, and the promise rejects. `onRunning` is called with the running parts after all of
 * them have joined their consumer groups.
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
    // Rejections are handled below, after all parts have started. An async function would await a promise that it returns,
    // so `ended` is a property of the result.
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

/** Waits until a part has ended. Rejects unless the signal stopped the part. */
async function untilEnded(name: string, done: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await done
  } catch (cause) {
    throw new PartStoppedError(`${name} cannot continue: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  if (!signal.aborted) throw new PartStoppedError(`${name} stopped by itself`)
}
