import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BusRecord } from '../../bus/record.ts'
import type { EventFilter } from '../events/event-filter.ts'
import { type EventView, type Reading, viewOf } from '../events/event-view.ts'

/** Milliseconds that a filter may block the event loop. Signals are handled only when the event loop gets a turn. */
const MAX_BLOCKING_MS = 100

/** The most events that a filter yields at once. So few are still in the cache of the processor when they are printed. */
const MAX_PASSED = 256

/** Which events to show, and how they are decoded. */
export interface Passing {
  /** Absent: all events pass. */
  readonly filter?: EventFilter | undefined
  /** Default: the codec is detected. */
  readonly reading?: Reading | undefined
  readonly signal: AbortSignal
}

/**
 * Yields the events of a batch that pass a filter, until an abort. Because an expression may take long for each event, regularly
 * yields the events found so far and gives the event loop a turn to handle signals. Also yields the events before an error of the
 * filter.
 */
export async function* passingViews(
  batch: readonly BusRecord[],
  { filter, reading, signal }: Passing,
): AsyncGenerator<readonly EventView[]> {
  if (reading?.decoder !== undefined) {
    await reading.decoder.prepare(batch)
    if (signal.aborted) {
      // Gives the caller a turn to notice the abort, so that it does not take the batch for shown.
      yield []
      return
    }
  }
  const views = batch.map((record) => viewOf(record, reading))
  if (filter === undefined) {
    yield views
    return
  }
  let found: EventView[] = []
  let lastTurn = performance.now()
  for (const view of views) {
    try {
      if (filter(view)) found.push(view)
    } catch (error) {
      yield found
      throw error
    }
    if (found.length === MAX_PASSED) {
      yield found
      found = []
    }
    if (performance.now() - lastTurn < MAX_BLOCKING_MS) continue
    yield found
    await nextTurn()
    if (signal.aborted) return
    found = []
    lastTurn = performance.now()
  }
  yield found
}
