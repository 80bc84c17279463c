import type { SerializedEvent } from '../../bus/event.ts'
import { EventStoreError } from '../../store/errors.ts'

/** A failure that the runtime handled: it retries the work or adds a dead letter. */
export interface Problem {
  /** What is true, and what happens now, in one sentence. */
  readonly message: string
  readonly error: Error
  /** The event it is about, when it is about one. */
  readonly event?: SerializedEvent | undefined
}

/** Receives every failure that the runtime of an aggregate or a saga handled. */
export type OnError = (problem: Problem) => void

/** A command that an aggregate rejected. */
export interface Rejection {
  /** As the reducer gave it. */
  readonly reason: string
  /** The stream the command was for. */
  readonly streamId: string
  readonly event: SerializedEvent
}

/** Receives every command that an aggregate rejected. */
export type OnRejected = (rejection: Rejection) => void

export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/** Whether the store is away and may come back. Anything else it throws stays. */
export const isStoreAway = (error: unknown): boolean =>
  error instanceof EventStoreError && error.code === 'STORE_UNAVAILABLE'
