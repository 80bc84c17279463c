import { onTestFinished } from 'vitest'
import { type EventMetadata, type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import { EventStoreError, type EventStoreErrorCode } from '../../../src/store/errors.ts'
import type { Commit, Committed, EventStore, StoredEvent } from '../../../src/store/event-store.ts'
import type { StartedProcess } from './start-process.ts'
import type { StoreTask } from './store-process.ts'

/** What the contract needs to know of a kind of store. */
export interface StoreHarness {
  /** Where a new, empty store is, ready to be used. */
  newStore(): Promise<string>
  /** A fresh connection to it, as another process would make it. */
  open(location: string): EventStore
  /** Other connections and processes reach it, and it is there when it is opened again. */
  readonly isShared: boolean
}

/** What a clause is given: a new store each time, whose connections are closed when the clause ends. */
export interface StoreContract {
  readonly isShared: boolean
  readonly store: () => EventStore
  /** Several connections to the store; of a store that only one can have, that one several times. */
  connections(count: number): readonly EventStore[]
  /** Does something with the store in a process of its own. Resolves when it has printed `line`. */
  start(task: StoreTask, line: string): Promise<StartedProcess>
}

/** An event whose data is a text, to tell it by. */
export const named = (text: string, metadata: EventMetadata | null = null): SerializedEvent =>
  serializedEvent('Named.v1', Buffer.from(text), metadata)

export const nameOf = ({ data }: SerializedEvent): string => Buffer.from(data).toString()

export const namesOf = (events: readonly { readonly event: SerializedEvent }[]): string[] =>
  events.map(({ event }) => nameOf(event))

/** Stores may answer with a Buffer where another has a Uint8Array, and with fields that are undefined: they are equal. */
export const plain = ({ eventType, eventVersion, data, metadata }: SerializedEvent) => ({
  eventType,
  eventVersion,
  data: Buffer.from(data).toString('hex'),
  metadata: metadata && Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
})

/** A commit of one event. */
export const one = (
  streamId: string,
  expectedVersion: number | 'any',
  text: string,
  more?: Partial<Commit>,
): Commit => ({
  appends: [{ streamId, expectedVersion, events: [named(text)] }],
  ...more,
})

/** The last versions of a commit that was made; the code of the error of one that was not. */
const outcome = (committed: Committed): readonly number[] | EventStoreErrorCode =>
  committed.ok ? committed.versions : committed.error.code

export const outcomes = (list: readonly Committed[]) => list.map(outcome)

export const codeOf = (error: unknown): EventStoreErrorCode => {
  if (error instanceof EventStoreError) return error.code
  throw error
}

/** The code of what it rejects with. */
export const failure = (promise: Promise<unknown>): Promise<EventStoreErrorCode> =>
  promise.then((value) => {
    throw new Error(`it resolved with ${JSON.stringify(value)}`)
  }, codeOf)

export async function readAll(batches: AsyncIterable<readonly StoredEvent[]>): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const batch of batches) for (const event of batch) events.push(event)
  return events
}

export const places = (events: readonly StoredEvent[]): string[] =>
  events.map(({ streamId, version }) => `${streamId}@${version}`)

export const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index)

/** Closed when the test ends, however it ends. */
export function closing<S extends EventStore>(store: S): S {
  onTestFinished(() => store.close())
  return store
}
