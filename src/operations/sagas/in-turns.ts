import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds after which the event loop gets a turn. A live screen answers keys within this time. */
const MAX_BLOCKING_MS = 20

/**
 * Yields batches, and lets the event loop handle keys and signals in between. Buses and stores in files read without waiting, so that
 * nothing else would run until they are read.
 */
export async function* inTurns<Batch>(batches: AsyncIterable<Batch>, signal: AbortSignal): AsyncGenerator<Batch> {
  let lastTurn = performance.now()
  for await (const batch of batches) {
    yield batch
    if (performance.now() - lastTurn < MAX_BLOCKING_MS) continue
    await nextTurn()
    if (signal.aborted) return
    lastTurn = performance.now()
  }
}
