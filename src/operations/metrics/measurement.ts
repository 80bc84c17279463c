import type { EventBus } from '../../bus/event-bus.ts'
import type { StoreSetup } from '../../store/layout.ts'
import type { LagReport } from '../lag/report.ts'
import { measureTopics, type TopicFigures } from '../topics/topic-figures.ts'
import type { SagaFigures } from './sagas.ts'
import { measureStore, type StoreFigures } from './store.ts'

/** What the metrics are made of. */
export interface Measurement {
  readonly bus: BusFigures
  /** Absent if there is no event store. */
  readonly store?: StoreFigures | undefined
  /** Absent if sagas are not measured. */
  readonly sagas?: SagaFigures | undefined
  /** How long the measurement took, in milliseconds. */
  readonly duration: number
}

/** The figures of a bus, or why it could not be measured. */
type BusFigures =
  | { readonly ok: true; readonly lag: LagReport; readonly topics: readonly TopicFigures[] }
  | { readonly ok: false; readonly error: unknown }

export interface MeasurementRequest {
  readonly bus: EventBus
  /** Globs of topic names. Absent or empty: all topics. */
  readonly topics?: readonly string[] | undefined
  readonly measureLag: () => Promise<LagReport>
  /** Resolves with `undefined` if there is no event store. */
  readonly openStore: () => Promise<StoreSetup | undefined>
  /** Absent: sagas are not measured. */
  readonly measureSagas?: (() => Promise<SagaFigures>) | undefined
}

/** Measures a bus and an event store at the same time. Never rejects: either may fail while the other one is measured. */
export async function measure({
  bus,
  topics,
  measureLag,
  openStore,
  measureSagas,
}: MeasurementRequest): Promise<Measurement> {
  const began = performance.now()
  const [figures, store, sagas] = await Promise.all([
    Promise.all([measureLag(), measureTopics(bus, topics)]).then(
      ([lag, measured]): BusFigures => ({ ok: true, lag, topics: measured }),
      (error: unknown): BusFigures => ({ ok: false, error }),
    ),
    measureStore(openStore),
    measureSagas?.(),
  ])
  return { bus: figures, store, sagas, duration: performance.now() - began }
}
