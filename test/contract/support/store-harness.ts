import { onTestFinished } from 'vitest'
import { type EventMetadata, type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import { EventStoreError, type EventStoreErrorCode } from '../../../src/store/errors.ts'
import type { Commit, Committed, EventStore, StoredEvent } from '../../../src/store/event-store.ts'
import type { StoreSetup } from '../../../src/store/layout.ts'
import type { StartedProcess } from './start-process.ts'
import type { StoreTask } from './store-process.ts'

/** What the contract needs from a kind of store. */
export interface StoreHarness {
  /** Creates a new, empty store and returns its location. */
  newStore(): Promise<string>
  /** Opens a separate connection to a store, as another process does. */
  open(location: string): EventStore
  /** Whether several connections and processes can open the store, and it outlives them. */
  readonly isShared: boolean
}

/** The input of a clause: a new store each time, whose connections are closed when the clause ends. */
export interface StoreContract {
  readonly isShared: boolean
  readonly store: () => EventStore
  /** Returns several connections to the store. For a store that is not shared, the same object several times. */
  connections(count: number): readonly EventStore[]
  /** Opens the setup of the store, as the command line does. Only of a store that is shared. */
  setup(): Promise<StoreSetup>
  /** Runs a task on the store in a separate process. Resolves when the process has printed `line`. */
  start(task: StoreTask, line: string): Promise<StartedProcess>
}

/** Makes an event whose data is a text that identifies it. */
export const named = (text: string, metadata: EventMetadata | null = null): SerializedEvent =>
  serializedEvent('Named.v1', Buffer.from(text), metadata)

export const nameOf = ({ data }: SerializedEvent): string => Buffer.from(data).toString()

export const namesOf = (events: readonly { readonly event: SerializedEvent }[]): string[] =>
  events.map(({ event }) => nameOf(event))

/** Makes events comparable: stores may return a Buffer or a Uint8Array, and fields that are undefined. */
export const plain = ({ eventType, eventVersion, data, metadata }: SerializedEvent) => ({
  eventType,
  eventVersion,
  data: Buffer.from(data).toString('hex'),
  metadata: metadata && Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
})

/** Makes a commit of one event. */
export const one = (
  streamId: string,
  expectedVersion: number | 'any',
  text: string,
  more?: Partial<Commit>,
): Commit => ({
  appends: [{ streamId, expectedVersion, events: [named(text)] }],
  ...more,
})

/** Returns the last versions of a stored commit, or the error code of a refused one. */
const outcome = (committed: Committed): readonly number[] | EventStoreErrorCode =>
  committed.ok ? committed.versions : committed.error.code

export const outcomes = (list: readonly Committed[]) => list.map(outcome)

export const codeOf = (error: unknown): EventStoreErrorCode => {
  if (error instanceof EventStoreError) return error.code
  throw error
}

/** Returns the error code of a rejected promise. Throws when the promise resolves. */
export const failure = (promise: Promise<unknown>): Promise<EventStoreErrorCode> =>
  promise.then((value) => {
    throw new Error(`expected a rejection, but it resolved with ${JSON.stringify(value)}`)
  }, codeOf)

export async function readAll(batches: AsyncIterable<readonly StoredEvent[]>): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const batch of batches) for (const event of batch) events.push(event)
  return events
}

export const places = (events: readonly StoredEvent[]): string[] =>
  events.map(({ streamId, version }) => `${streamId}@${version}`)

export const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index)

/** Closes a store when the test ends. */
export function closing<S extends EventStore>(store: S): S {
  onTestFinished(() => store.close())
  return store
}
