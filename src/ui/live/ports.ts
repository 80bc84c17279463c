import type { TopicPartition } from '../../bus/admin.ts'
import type { LagUpdate } from '../../operations/lag/watch.ts'
import type { SagasUpdate } from '../../operations/sagas/watch.ts'
import type { TopicsUpdate } from '../../operations/topics/watch.ts'
import type { RecordRow } from '../records/record-row.ts'

/** What the screen asks of the bus. The command implements it, because the screen is a bundle without the bus. */
export interface ScreenPorts {
  /** Measures the groups each time that the next update is taken. */
  readonly groups: AsyncIterable<LagUpdate>
  /** Measures the topics each time that the next update is taken. */
  readonly topics: AsyncIterable<TopicsUpdate>
  /** Reads the conversations of sagas each time that the next update is taken. */
  readonly sagas: AsyncIterable<SagasUpdate>
  /** Ends the wait for the next measurement, because something was changed. */
  measureNow(): void
  /** Reads events until the signal aborts. */
  tail(request: TailRequest, signal: AbortSignal): AsyncIterable<TailUpdate>
  /** Plans a reset. Changes nothing. */
  planReset(request: ResetRequest): Promise<ResetPlanned>
  /** Returns the command line of crbus with these words, on the bus of the screen. */
  commandLine(words: readonly string[]): string
}

/** The events to show. */
export interface TailRequest {
  readonly topics: readonly string[]
  /** Show the messages with this correlation id as a tree of causes and effects, on all topics, instead of the events of `topics`. */
  readonly conversation?: string | undefined
  /** Show the events from this offset on, or from the start of the partition, and stop after `limit`. Absent: the newest events. */
  readonly from?: (TopicPartition & { readonly offset: bigint | 'start' }) | undefined
  /** A CEL expression, and a text, as `crbus tail --where` and `--grep` take them; empty: no condition. */
  readonly where: string
  readonly grep: string
  /** The most events that the screen keeps. */
  readonly limit: number
}

export type TailUpdate =
  | { readonly kind: 'events'; readonly rows: readonly RecordRow[] }
  /** All events of a request with a start were read. Nothing follows. */
  | { readonly kind: 'complete' }
  /** Something to tell: an outage, or an offset that was replaced. Empty: nothing any more. */
  | { readonly kind: 'notice'; readonly text: string }
  /** The events cannot be read, for example because the expression is invalid. Nothing follows. */
  | { readonly kind: 'failed'; readonly reason: string }

/** The reset of a group to plan. */
export interface ResetRequest {
  readonly group: string
  /** The only partition to reset. Absent: all that the group has committed. */
  readonly partition: TopicPartition | undefined
  /** The target, as `crbus reset --to` takes it. */
  readonly to: string
}

export type ResetPlanned =
  | { readonly ok: true; readonly proposal: ResetProposal }
  /** Why there is no plan, and what to do, line by line. */
  | { readonly ok: false; readonly lines: readonly string[] }

/** A planned reset. */
export interface ResetProposal {
  readonly request: ResetRequest
  /** Returns the plan as text, line by line. Its table fits into `width` cells, but its sentences may be longer. */
  lines(width: number): readonly string[]
  /** Whether the plan changes nothing. */
  readonly isNothing: boolean
  /** Asks whether to apply the plan. */
  readonly question: string
  /** The name that the user must type to confirm, because the bus is protected. Absent: `y` confirms. */
  readonly confirmBy: string | undefined
  /** Why the bus refuses the change. Absent: the plan can be applied. */
  readonly refusal: string | undefined
  /** Applies the plan once it is confirmed. Rejects only on an error of the program. */
  apply(): Promise<ResetApplied>
}

export type ResetApplied =
  | {
      readonly ok: true
      /** What was done. */
      readonly text: string
      /** The command line that undoes the reset. */
      readonly undo: string
    }
  | { readonly ok: false; readonly lines: readonly string[] }
