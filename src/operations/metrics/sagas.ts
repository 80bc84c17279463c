import type { EventBus } from '../../bus/event-bus.ts'
import type { StoreSetup } from '../../store/layout.ts'
import type { SagaFile } from '../sagas/description/definition.ts'
import { listSagas, type SagaCounts } from '../sagas/list.ts'
import { openSagaStore } from '../sagas/saga-store.ts'

/** The conversations of one saga by state. */
interface SagaFigure extends Pick<SagaCounts, 'saga' | 'counts'> {
  /** Milliseconds since the first of its stuck and failed conversations became so; 0 without one. */
  readonly stuckFor: number
}

/** The conversations of sagas, or why they could not be measured. */
export type SagaFigures =
  | { readonly ok: true; readonly sagas: readonly SagaFigure[] }
  | { readonly ok: false; readonly error: unknown }

/** How old conversations may be. Older ones are left out, so that a scrape does not read more from month to month. */
const SAGA_WINDOW_MS = 24 * 60 * 60 * 1000
/** Conversations are read at most this often, because it takes longer than the other metrics. */
const MIN_INTERVAL_MS = 60_000

interface SagaMeterRequest {
  readonly bus: EventBus
  readonly files: readonly SagaFile[]
  /** Resolves with `undefined` if there is no event store. */
  readonly openStore: () => Promise<StoreSetup | undefined>
  readonly now: () => number
  readonly signal: AbortSignal
}

/** Returns a function that measures sagas, or returns the last measurement if it is younger than a minute. It never rejects. */
export function sagaMeter(request: SagaMeterRequest): () => Promise<SagaFigures> {
  let last: { readonly at: number; readonly figures: SagaFigures } | undefined
  return async () => {
    const at = performance.now()
    if (last === undefined || at - last.at >= MIN_INTERVAL_MS) last = { at, figures: await measureSagas(request) }
    return last.figures
  }
}

async function measureSagas({ bus, files, openStore, now, signal }: SagaMeterRequest): Promise<SagaFigures> {
  try {
    await using setup = await openStore()
    await using store = setup && (await openSagaStore(setup))
    const at = now()
    const report = await listSagas(bus, { files, store, since: at - SAGA_WINDOW_MS, now: at, signal })
    const stuckFor = new Map<string, number>()
    for (const { saga, state, since } of report.instances) {
      if (state === 'stuck' || state === 'failed') {
        stuckFor.set(saga, Math.max(stuckFor.get(saga) ?? 0, at - since))
      }
    }
    const sagas = report.sagas.map(({ saga, counts }) => ({ saga, counts, stuckFor: stuckFor.get(saga) ?? 0 }))
    return { ok: true, sagas }
  } catch (error) {
    return { ok: false, error }
  }
}
