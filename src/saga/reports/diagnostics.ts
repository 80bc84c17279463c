import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { DiagnosticsChannel } from '../../bus/diagnostics.ts'
import type { SerializedEvent, TraceContext } from '../../bus/event.ts'
import type { Position } from '../../bus/record.ts'
import type { Committed } from '../../store/event-store.ts'
import type { Running } from '../runtime/running.ts'
import type { HandledKind } from './health.ts'

// The activity of aggregates and sagas, on channels of `node:diagnostics_channel`. A channel without a subscriber costs one
// comparison.

/** The aggregate or saga that publishes the message. */
interface Owner {
  /** The name of the aggregate or saga. */
  readonly name: string
  /** The consumer group. */
  readonly group: string
}

/**
 * A message of `tracing:crbus:handle:*`: one command, event or timer, from `start` when it is taken until `asyncEnd` when it
 * is settled. Each attempt that fails is an `error`.
 */
export interface HandleMessage extends Owner {
  readonly event: SerializedEvent
  /** The position of the record. Absent for a timer, and for a command that was sent within the process. */
  readonly position: Position | undefined
  /** Whether the message comes from a timer that fired. */
  readonly isTimer: boolean
  /**
   * The trace of everything that follows from the message: appended events, messages, timers. Initially the trace of the
   * event; a subscriber of `start` may replace it.
   */
  trace: TraceContext | undefined
  /** The id of the stream that the message is routed to. Absent before routing. */
  streamId?: string | undefined
  /**
   * Set from `asyncEnd` on. `dead letter`: the message became a dead letter. `skipped`: it is for another service. `abandoned`:
   * the process stopped before the message was settled, or a command that was sent within the process failed.
   */
  outcome?: HandledKind | 'dead letter' | 'skipped' | 'abandoned'
  /** Why the aggregate rejected the command, when it did. */
  rejected?: string | undefined
  /** The error of the last attempt that failed. Set from `error` on. */
  error?: unknown
}

/** A message of `tracing:crbus:commit:*`: one call of the store that writes commits. */
export interface CommitMessage extends Owner {
  /** For each commit, the messages that it is for. */
  readonly commits: readonly (readonly HandleMessage[])[]
  /**
   * The result of each commit. Set from `asyncEnd` on. A commit with a version conflict is not `ok`, and its messages are
   * decided again.
   */
  result?: readonly Committed[]
  /** The error of the store, which may have stored the commits or not. Set from `error` on. */
  error?: unknown
}

/** A message of `crbus:running` and `crbus:stopped`. */
export interface RunningMessage extends Owner {
  /** The running aggregate or saga, whose health and metrics can be read. */
  readonly running: Running
}

/** A message of `crbus:relayed`: the bus took messages from the outbox. */
export interface RelayedMessage extends Owner {
  /** The number of messages. */
  readonly messages: number
}

/** A message of `crbus:timers-fired`: timers that led to a stored commit. */
export interface TimersFiredMessage extends Owner {
  /** The number of timers. */
  readonly timers: number
}

/** A message of `crbus:retried` and `crbus:dead-letter`. */
export interface FailedMessage extends Owner {
  readonly event: SerializedEvent | undefined
  /** The error of the last attempt. */
  readonly error: Error
}

const plainChannel = <Message>(name: string) => channel(name) as unknown as DiagnosticsChannel<Message>
const traceChannel = <Message extends object>(name: string): TracingChannel<unknown, Message> => tracingChannel(name)

/**
 * The channels of aggregates and sagas, typed. They belong to the whole process, as all channels of
 * `node:diagnostics_channel` do.
 *
 * @example
 * ```ts
 * import { runtimeDiagnostics } from 'crbus'
 *
 * runtimeDiagnostics.deadLetter.subscribe(({ name, event, error }) => {
 *   console.error(`${name} gave ${event?.eventType} up: ${error.message}`)
 * })
 * ```
 */
export const runtimeDiagnostics = {
  /** An aggregate or a saga has joined its group. */
  running: plainChannel<RunningMessage>('crbus:running'),
  /** An aggregate or a saga has stopped. */
  stopped: plainChannel<RunningMessage>('crbus:stopped'),
  /** The bus took messages from the outbox. */
  relayed: plainChannel<RelayedMessage>('crbus:relayed'),
  /** Timers led to a stored commit. */
  timersFired: plainChannel<TimersFiredMessage>('crbus:timers-fired'),
  /** An attempt failed and is retried. */
  retried: plainChannel<FailedMessage>('crbus:retried'),
  /** A message of the bus, a timer or a message of the outbox became a dead letter. */
  deadLetter: plainChannel<FailedMessage>('crbus:dead-letter'),
  /** The start, the end and the failures of one message; see Node's `TracingChannel`. */
  handle: traceChannel<HandleMessage>('crbus:handle'),
  /** The start, the end and the failure of one call of the store; see Node's `TracingChannel`. */
  commit: traceChannel<CommitMessage>('crbus:commit'),
} as const
