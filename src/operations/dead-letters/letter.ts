import type { BusRecord } from '../../bus/record.ts'
import type { DeadLetterStatus } from '../../store/event-store.ts'
import { type EventView, type Reading, viewOf } from '../events/event-view.ts'

/** The status of a dead letter. */
export type LetterStatus = DeadLetterStatus

/** Where the event of a dead letter was read, as far as it is known. */
export interface Origin {
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  readonly offset?: bigint | undefined
}

/** Who changed the status of a dead letter. */
interface Resolution {
  readonly by: string
  /** Milliseconds since 1970. */
  readonly at?: number | undefined
  readonly notes?: string | undefined
}

/** A dead letter of an event store or of a dead-letter topic. */
export interface Letter {
  /** `17` in an event store, `payment-dlq[0]@12` in a topic. */
  readonly id: string
  readonly source: 'store' | 'topic'
  readonly status: DeadLetterStatus
  readonly origin: Origin
  /**
   * Its record in the dead-letter topic; for a letter of a store, a record of its event. `topic` is that of the origin, if it is
   * known, because schemas and codecs are those of the origin.
   */
  readonly record: BusRecord
  /** The record key, if it is known. */
  readonly key: Uint8Array | null | undefined
  /** Why the event could not be handled. Empty if the letter does not say. */
  readonly reason: string
  /** A stack, or other information for debugging. */
  readonly details?: string | undefined
  /** Further facts about the failure, such as the class of an exception, by their names. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly attempts?: number | undefined
  /** When it failed first and last, in milliseconds since 1970. */
  readonly firstFailedAt?: number | undefined
  readonly lastFailedAt?: number | undefined
  /** How often it was retried already. `undefined` for a letter of a store: the record at its origin says so. */
  readonly retries?: number | undefined
  /** Whether the value is the bytes of a record without an event, which are sent as they are. */
  readonly isRaw: boolean
  /** Absent for a pending letter. */
  readonly resolution?: Resolution | undefined
  /** The stream id of a letter of a store. */
  readonly streamId?: string | undefined
  /** Identifies the state in which the letter was read: see {@link LetterBox.change}. */
  readonly version: string | undefined
}

/** A new status of a dead letter. */
export interface LetterChange {
  readonly letter: Letter
  readonly to: { readonly status: DeadLetterStatus; readonly by: string; readonly notes: string }
}

export const OPEN: readonly DeadLetterStatus[] = ['pending', 'processing']

/** A place with dead letters. */
export interface LetterBox {
  /** `store`, or the topics. */
  readonly source: Letter['source']
  /** Reads the letters with one of these statuses, oldest first in each partition. A second call reads no newer letters. */
  letters(statuses: readonly DeadLetterStatus[], signal: AbortSignal): AsyncIterable<readonly Letter[]>
  /** Reads letters by their ids. Leaves out letters that do not exist. */
  get(ids: readonly string[]): Promise<readonly Letter[]>
  /**
   * Changes letters that no other program has changed since they were read. Returns the changed letters in their new state, by
   * their ids.
   */
  change(changes: readonly LetterChange[]): Promise<ReadonlyMap<string, Letter>>
}

/** Decodes the event of a letter. */
export const viewOfLetter = ({ record }: Letter, reading: Reading): EventView => viewOf(record, reading)
