import { EventBusError } from './errors.ts'

/** The beginning or the end of an outage of a bus, as `onOutage` receives it. */
export type Outage =
  /** The bus has not answered for two seconds; the reader waits. */
  | { readonly state: 'lost'; readonly error: EventBusError }
  /** The bus answers again, after so many milliseconds; the reader goes on where it stopped. */
  | { readonly state: 'restored'; readonly lasted: number }

/** How a reader or a subscription behaves during an outage of its bus. */
export interface OutageOptions {
  /** Told once when an outage is noticed, and once when it is over. */
  readonly onOutage?: ((outage: Outage) => void) | undefined
  /**
   * How long an outage may last before reading fails, in milliseconds. Default: 60,000 for a read that has an end; no
   * limit for one that follows, and for a subscription. A bus that cannot be reached at the beginning fails at once.
   */
  readonly outageLimit?: number | undefined
}

/** Whether the bus is away, or answers and cannot serve yet, as brokers without a leader do after a restart. */
export const isOutage = (error: unknown): error is EventBusError =>
  error instanceof EventBusError && (error.code === 'CONNECTION_FAILED' || error.code === 'TRANSPORT_ERROR')
