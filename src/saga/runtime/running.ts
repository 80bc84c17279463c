import type { OffsetReset } from '../../bus/driver-port.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Logger } from '../../bus/logger.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { Clock } from '../reducer.ts'
import type { Health } from '../reports/health.ts'
import type { OnError, OnRejected } from '../reports/problem.ts'
import type { RuntimeMetrics } from '../reports/runtime-metrics.ts'

/** The options that `runAggregate` and `runSaga` share. */
export interface RunOptions {
  readonly bus: EventBus
  readonly store: EventStore
  /**
   * The consumer group, and the owner of outbox and timers. Each aggregate and each saga needs its own group, whose processes
   * share the work.
   */
  readonly group?: string | undefined
  /** Where a new group starts. Default `earliest`: a new saga also reacts to the events that its topics hold already. */
  readonly autoOffsetReset?: OffsetReset | undefined
  /** The number of instances that are kept in memory between their messages. Default 10,000. */
  readonly cacheSize?: number | undefined
  /** Default: the system clock. */
  readonly clock?: Clock | undefined
  /** Stops the runtime as `close` does. */
  readonly signal?: AbortSignal | undefined
  /**
   * Receives failures that the runtime handled, for example `({ message }) => console.error(message)`. Default: failures are
   * not reported.
   */
  readonly onError?: OnError | undefined
  /**
   * Receives every command that the aggregate rejected, after the outcome is stored; for metrics. When the process dies before
   * it acknowledges the command, the command is decided again and may be received again. Default: rejections are not reported.
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
  /**
   * Resolves when the runtime has stopped. Rejects when it cannot continue, for example because a table is missing or the other
   * members of the group use another assignment strategy.
   */
  readonly done: Promise<void>
  /**
   * Takes no more messages, finishes those in flight, publishes the outbox, and leaves the group. Waits at most 10 s; another
   * process or the next start does the rest. Idempotent. The bus and the store stay open.
   */
  close(): Promise<void>
  /** Returns whether the runtime works, waits for its store or its bus, or has stopped. Sends no request to store or bus. */
  health(): Health
  /**
   * Returns the counters of this process, and reads outbox, timers and lag from the store and the bus. Rejects when these
   * fail.
   */
  metrics(): Promise<RuntimeMetrics>
}
