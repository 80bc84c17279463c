import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { systemClock } from '../pace.ts'
import { chooseGroups, type LagLooks, type LagReport, type LagRequest, lookAtGroups, reportLag } from './lag.ts'

/**
 * Milliseconds that rates and verdicts are told over. Kafka's clients commit every five seconds unless told otherwise:
 * by two looks closer to one another, who keeps up looks stalled.
 */
const WINDOW = 10_000

/** Looks that are kept to compare with are at least so far apart: many a second cost no memory. */
const SPACING = WINDOW / 8

export interface LagWatchRequest extends Omit<LagRequest, 'sample'> {
  /** Milliseconds between a look and the next. */
  readonly interval: number
}

/** A look, or why there was none this time; `time` is the request's clock. */
export type LagWatchLook =
  | { readonly ok: true; readonly time: number; readonly report: LagReport }
  | { readonly ok: false; readonly time: number; readonly reason: string }

/**
 * Looks again and again until the signal aborts, at the pace it is asked for looks: who takes no next one stops it.
 * Each is compared with the one ten seconds before it, or with the nearest to that there is: the one before where the
 * interval is longer, the first in the beginning.
 *
 * Rejects when the first look fails, as `measureLag` does; later, what the bus could not do is told and tried again.
 */
export async function* watchLag(bus: EventBus, request: LagWatchRequest): AsyncGenerator<LagWatchLook, void> {
  const { interval, now, signal } = request
  let seen: readonly LagLooks[] = []
  const look = async (): Promise<LagWatchLook> => {
    const found = await lookAtGroups(bus, await chooseGroups(bus, request), request)
    const before = seen.findLast(({ taken }) => found.taken - taken >= WINDOW) ?? seen[0]
    const report = await reportLag(bus, found, before, now())
    seen = remember(seen, found, before)
    return { ok: true, time: now(), report }
  }
  const lookAgain = () =>
    look().catch((error: unknown): LagWatchLook => {
      if (error instanceof EventBusError) return { ok: false, time: now(), reason: error.message }
      throw error
    })

  for (let last = await look(); !signal.aborted; last = await lookAgain()) {
    const due = systemClock.now() + interval
    yield last
    const wait = due - systemClock.now()
    if (wait > 0) await systemClock.sleep(wait, signal)
    if (signal.aborted) return
  }
}

/** Without those that are older than what the next look is compared with. */
function remember(seen: readonly LagLooks[], look: LagLooks, before: LagLooks | undefined): readonly LagLooks[] {
  const kept = before === undefined ? seen : seen.slice(seen.indexOf(before))
  const last = kept.at(-1)
  return last !== undefined && look.taken - last.taken < SPACING ? kept : [...kept, look]
}
