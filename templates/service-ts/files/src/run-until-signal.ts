import type { EventEmitter } from 'node:events'
import type { Logger } from 'crbus'
import { PartStoppedError } from './run.ts'

/**
 * Runs `work` until it ends, and logs how it ended. SIGINT and SIGTERM abort the signal that `work` gets. `signals` is the
 * process. Resolves with the exit code: 0, or 1 if `work` failed.
 */
export async function runUntilSignal(
  log: Logger,
  signals: Pick<EventEmitter, 'once'>,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM']) {
    // Listen only once, so that a second signal of the same name ends the process immediately.
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
    const what = stop.signal.aborted ? 'could not stop cleanly' : 'cannot start'
    const reason = reasonOf(error)
    const fields = { error: reason, ...(log.isLevelEnabled?.('debug') && { stack: stackOf(error) }) }
    log.error(fields, error instanceof PartStoppedError ? reason : `${what}: ${reason}`)
    return 1
  }
}

/** Returns the message of an error, with the suggestions that errors of crbus have. */
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
