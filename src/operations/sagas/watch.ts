import type { EventBus } from '../../bus/event-bus.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { WakeableSleep } from '../../bus/time/wakeable-sleep.ts'
import type { FoundSagas } from './description/find-sagas.ts'
import { listSagas, type SagaReport } from './list.ts'
import type { OpenSagaStore } from './saga-store.ts'

/** A new reading of the conversations. `time` is in milliseconds since 1970. */
export type SagasUpdate =
  | {
      readonly kind: 'read'
      readonly time: number
      readonly report: SagaReport
      /** Only conversations that began in so many milliseconds before `time` were read. Absent: all. */
      readonly window: number | undefined
    }
  /** They cannot be read. The next update tries again. */
  | { readonly kind: 'failed'; readonly time: number; readonly reason: string }
  /** Reading the conversations of the last `window` milliseconds, or all, was given up. */
  | { readonly kind: 'too-slow'; readonly time: number; readonly window: number | undefined }

interface SagasWatchRequest {
  /** Reads the descriptions, for each update again. */
  readonly findSagas: () => Promise<FoundSagas>
  /** Opens the event store; `undefined` without one. */
  readonly openStore: () => Promise<OpenSagaStore | undefined>
  /** Returns why an error of the bus or of the store prevents a reading; `undefined` for an error of the program, which is thrown. */
  readonly reasonOf: (error: unknown) => string | undefined
  /** Milliseconds between two updates. Default and minimum: {@link MIN_INTERVAL_MS}. */
  readonly interval?: number | undefined
  readonly now: () => number
  /** Waits between two updates. Default: {@link sleep}. */
  readonly sleep?: WakeableSleep['sleep'] | undefined
  /** Returns a signal that ends one reading. Default: one that aborts after {@link MAX_READING_MS}. */
  readonly limit?: (() => AbortSignal) | undefined
  readonly signal: AbortSignal
}

/** Reading conversations costs more than other measurements, and they change in seconds. */
const MIN_INTERVAL_MS = 5000
/** How much longer than a reading the pause after it is, so that reading takes at most a fifth of the time. */
const PAUSE_FACTOR = 4
/** A reading takes two seconds for a million events. */
const MAX_READING_MS = 10_000
const HOUR_MS = 3_600_000
/** What is read, from the most to the least: all conversations, and those that began in the last day and hour. */
const WINDOWS_MS = [undefined, 24 * HOUR_MS, HOUR_MS] as const

/**
 * Reads the conversations of the described sagas repeatedly until the signal aborts, one reading at a time, and only when the caller
 * takes the next update. If a reading takes too long or has too many conversations, a shorter time is read from then on.
 */
export async function* watchSagas(bus: EventBus, request: SagasWatchRequest): AsyncGenerator<SagasUpdate, void> {
  const { signal, interval = 0, sleep: wait = sleep, limit = () => AbortSignal.timeout(MAX_READING_MS) } = request
  let at = 0
  while (!signal.aborted) {
    const window = WINDOWS_MS[at]
    const begun = performance.now()
    const update = await read(bus, request, window, limit())
    const took = performance.now() - begun
    if (signal.aborted) return
    const isLarge = update.kind === 'read' && update.report.notes.some(({ code }) => code === 'too-many')
    const isNarrowed = (isLarge || update.kind === 'too-slow') && at < WINDOWS_MS.length - 1
    if (isNarrowed) at += 1
    yield update
    if (isNarrowed) continue
    const due = begun + Math.max(interval, MIN_INTERVAL_MS, took * (1 + PAUSE_FACTOR))
    const left = due - performance.now()
    if (left > 0) await wait(left, signal)
  }
}

async function read(
  bus: EventBus,
  { findSagas, openStore, reasonOf, now, signal }: SagasWatchRequest,
  window: number | undefined,
  limit: AbortSignal,
): Promise<SagasUpdate> {
  const time = now()
  try {
    const found = await findSagas()
    if (!found.ok) return { kind: 'failed', time, reason: found.reason }
    const { files } = found
    if (files.length === 0) {
      return { kind: 'read', time, window, report: { at: time, sagas: [], instances: [], notes: [] } }
    }
    await using store = await openStore()
    const since = window === undefined ? undefined : time - window
    const both = AbortSignal.any([signal, limit])
    const report = await listSagas(bus, { files, store, since, now: time, signal: both })
    // A reading that was ended has only some of the events, so that its states are wrong.
    return limit.aborted ? { kind: 'too-slow', time, window } : { kind: 'read', time, report, window }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === undefined) throw error
    return { kind: 'failed', time, reason }
  }
}
