import { EventBusError } from './errors.ts'

/** The beginning or the end of an outage of a bus, as `onOutage` receives it. */
export type Outage =
  /** The bus has not answered for two seconds. The reader waits. */
  | { readonly state: 'lost'; readonly error: EventBusError }
  /** The bus answers again after `lasted` milliseconds. The reader continues at the offset where it stopped. */
  | { readonly state: 'restored'; readonly lasted: number }

/** How a reader or a subscription behaves during an outage of its bus. */
export interface OutageOptions {
  /** Called once when an outage is detected, and once when it is over. */
  readonly onOutage?: ((outage: Outage) => void) | undefined
  /**
   * Milliseconds that an outage may last before reading fails. Default: 60,000 for a read that ends at a given offset of
   * every partition; no limit for other reads and for subscriptions. When the bus cannot be reached at the beginning, the call fails at
   * once.
   */
  readonly outageLimit?: number | undefined
}

/**
 * Whether an error means an outage: the bus does not answer, or it cannot serve yet, for example while the leader of a
 * partition is being elected.
 */
export const isOutage = (error: unknown): error is EventBusError =>
  error instanceof EventBusError && (error.code === 'CONNECTION_FAILED' || error.code === 'TRANSPORT_ERROR')
