import type { EventEmitter } from 'node:events'
import type { Logger } from 'crbus'
import { PartStoppedError } from './run.ts'

/**
 * Runs `work`, which ends by itself after SIGINT or SIGTERM has aborted its signal, and logs how it ends. `signals` is the
 * process. Resolves with the exit code: 1 when `work` failed.
 */
export async function runUntilSignal(
  log: Logger,
  signals: Pick<EventEmitter, 'once'>,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM']) {
    // Only once: a second signal of the same name ends the process at once, as without a listener.
    signals.once(name, () => {
      log.info({ signal: name }, `stopping: ${name}`)
      stop.abort()
    })
  }
  try {
    await work(stop.signal)
    if (stop.signal.aborted) log.info({}, 'stopped')
    return 0
  } catch (error) {
    const what = stop.signal.aborted ? 'could not stop in good order' : 'cannot start'
    const reason = reasonOf(error)
    const fields = { error: reason, ...(log.isLevelEnabled?.('debug') && { stack: stackOf(error) }) }
    log.error(fields, error instanceof PartStoppedError ? reason : `${what}: ${reason}`)
    return 1
  }
}

/** The message with what to try next, where an error of crbus says so. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, hints } = error as Error & { readonly hints?: readonly { readonly text: string }[] }
  return hints?.length ? `${message}; try: ${hints.map(({ text }) => text).join(', ')}` : message || error.name
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const stack = error.stack ?? error.message
  return error.cause === undefined ? stack : `${stack}\ncaused by ${stackOf(error.cause)}`
}
