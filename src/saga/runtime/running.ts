import type { OffsetReset } from '../../bus/driver-port.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Logger } from '../../bus/logger.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { Clock } from '../reducer.ts'
import type { Health } from '../reports/health.ts'
import type { OnError, OnRejected } from '../reports/problem.ts'
import type { RuntimeMetrics } from '../reports/runtime-metrics.ts'

/** The options that {@link runAggregate} and {@link runSaga} share. */
export interface RunOptions {
  readonly bus: EventBus
  readonly store: EventStore
  /**
   * The consumer group, and the owner of outbox and timers. One for each aggregate and each saga: its instances share the
   * work.
   */
  readonly group?: string | undefined
  /** Where a new group begins. Default `earliest`: a saga on topics with a past reacts to that past. */
  readonly autoOffsetReset?: OffsetReset | undefined
  /** How many instances are kept in memory between their messages. Default 10,000. */
  readonly cacheSize?: number | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Stops it, as `close` does. */
  readonly signal?: AbortSignal | undefined
  /** Told what did not go well and was dealt with: `({ message }) => console.error(message)`. Default: nobody. */
  readonly onError?: OnError | undefined
  /**
   * Told of every command that the aggregate rejected, after its outcome is stored; for metrics. Told again of a command
   * that is decided again because the process died before it was acknowledged. Default: nobody.
   */
  readonly onRejected?: OnRejected | undefined
  /**
   * Logs retries and the beginning of outages at `warn`, dead letters at `error`, rejected commands and the end of outages
   * at `info`. Default: nothing is logged.
   */
  readonly logger?: Logger | undefined
}

/** A running aggregate or saga. */
export interface Running extends AsyncDisposable {
  /** Resolves when it has stopped; rejects when it cannot go on (tables missing, a group protocol that does not fit). */
  readonly done: Promise<void>
  /**
   * Takes no more, finishes what is in hand, relays what is stored, and leaves its group; waits 10 s at most. What is not
   * done by then is done by another instance or the next start. Idempotent. Bus and store stay open.
   */
  close(): Promise<void>
  /** Says whether it works, waits for its store or its bus, or has stopped. Asks neither store nor bus. */
  health(): Health
  /** What it has done, and what waits for it in store and bus, which are asked. Rejects when they cannot answer. */
  metrics(): Promise<RuntimeMetrics>
}
