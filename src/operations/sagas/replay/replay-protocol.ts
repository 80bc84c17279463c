import type { StoredEvent } from '../../../store/event-store.ts'
import type { ReplayedSaga } from './replay-saga.ts'

/** What the process that runs the code of a saga reads from stdin, as JSON. */
export interface ReplayRequest {
  readonly saga: string
  /** The absolute path of the module. */
  readonly file: string
  /** The name of its export. */
  readonly name: string
  readonly stream: readonly (Omit<StoredEvent, 'createdAt' | 'event'> & {
    readonly createdAt: string
    readonly event: Omit<StoredEvent['event'], 'data' | 'trace'> & { readonly data: string }
  })[]
}

/** What the process answers, as JSON. `reason` says why the code cannot be used. */
export type ReplayAnswer =
  | { readonly ok: true; readonly replayed: ReplayedSaga }
  | { readonly ok: false; readonly reason: string }

/** Converts stored events to JSON. The integers beyond 2^53 that extra metadata may have become texts. */
export const encodeStream = (stream: readonly StoredEvent[]): ReplayRequest['stream'] =>
  stream.map(({ streamId, version, createdAt, event: { eventType, eventVersion, data, metadata } }) => ({
    ...{ streamId, version, createdAt: createdAt.toISOString() },
    event: { eventType, eventVersion, metadata, data: Buffer.from(data).toString('base64') },
  }))

/** Converts stored events back from JSON. */
export const decodeStream = (stream: ReplayRequest['stream']): readonly StoredEvent[] =>
  stream.map(({ createdAt, event, ...stored }) => ({
    ...stored,
    createdAt: new Date(createdAt),
    event: { ...event, data: Buffer.from(event.data, 'base64') },
  }))
