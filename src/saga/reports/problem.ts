import type { SerializedEvent } from '../../bus/event.ts'
import { EventStoreError } from '../../store/errors.ts'

/** A failure that the runtime handled: it retries the work or adds a dead letter. */
export interface Problem {
  /** What failed and what the runtime does about it, in one sentence. */
  readonly message: string
  /** The error that was thrown. */
  readonly error: Error
  /** The event that failed, if any. */
  readonly event?: SerializedEvent | undefined
}

/** Receives every failure that the runtime of an aggregate or a saga handled. */
export type OnError = (problem: Problem) => void

/** A command that an aggregate rejected. */
export interface Rejection {
  /** The reason that the reducer gave. */
  readonly reason: string
  /** The stream of the aggregate. */
  readonly streamId: string
  /** The rejected command. */
  readonly event: SerializedEvent
}

/** Receives every command that an aggregate rejected. */
export type OnRejected = (rejection: Rejection) => void

export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/** Whether the store is unreachable, so that a retry may help. A retry does not help for other errors of the store. */
export const isStoreAway = (error: unknown): boolean =>
  error instanceof EventStoreError && error.code === 'STORE_UNAVAILABLE'
