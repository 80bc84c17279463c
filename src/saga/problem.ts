import type { SerializedEvent } from '../bus/event.ts'
import { EventStoreError } from '../store/errors.ts'

/** Something that did not go well and was dealt with: tried again, or put with the dead letters. */
export interface Problem {
  /** What is true, and what happens now, in one sentence. */
  readonly message: string
  readonly error: Error
  /** The event it is about, when it is about one. */
  readonly event?: SerializedEvent | undefined
}

export type OnError = (problem: Problem) => void

/** A command that an aggregate rejected. */
export interface Rejection {
  /** As the reducer gave it. */
  readonly reason: string
  /** The stream the command was for. */
  readonly streamId: string
  readonly event: SerializedEvent
}

export type OnRejected = (rejection: Rejection) => void

export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/** Whether the store is away and may come back. Anything else it throws stays. */
export const isStoreAway = (error: unknown): boolean =>
  error instanceof EventStoreError && error.code === 'STORE_UNAVAILABLE'
