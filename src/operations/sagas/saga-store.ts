import type { DeadLetter, EventStore } from '../../store/event-store.ts'
import type { StoreSetup } from '../../store/layout.ts'
import type { ConversationFailure } from './conversation.ts'

/** An event store, and which of its tables exist: Rust services may have only some of them. */
export interface OpenSagaStore extends AsyncDisposable {
  readonly store: EventStore
  readonly hasOutbox: boolean
  readonly hasDeadLetters: boolean
}

/** Opens the store of a setup for reading. `undefined` if the store has no events. The caller closes it. */
export async function openSagaStore(setup: StoreSetup): Promise<OpenSagaStore | undefined> {
  const parts = await setup.inspect()
  const has = (table: string) => !parts.some(({ kind, name, exists }) => kind === 'table' && name === table && !exists)
  if (!has('events')) return undefined
  const store = await setup.open()
  return {
    store,
    hasOutbox: has('crbus_outbox'),
    hasDeadLetters: has('failed_events'),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

/** The number of dead letters that are read at once. */
const DEAD_LETTER_PAGE = 1000

/** Yields the open dead letters in pages. */
export async function* openDeadLetters(
  { store, hasDeadLetters }: OpenSagaStore,
  signal: AbortSignal,
): AsyncGenerator<readonly DeadLetter[]> {
  if (!hasDeadLetters) return
  for (const status of ['pending', 'processing'] as const) {
    let after: string | undefined
    do {
      const page = await store.deadLetters.list({ status, limit: DEAD_LETTER_PAGE, after })
      yield page
      after = page.length < DEAD_LETTER_PAGE ? undefined : page.at(-1)?.id
    } while (after !== undefined && !signal.aborted)
  }
}

/** Returns what a dead letter says about its conversation. */
export const failureOf = ({ id, event, firstFailedAt, error }: DeadLetter): ConversationFailure => ({
  letterId: id,
  at: firstFailedAt.getTime(),
  eventType: event.eventType,
  error,
})

/** The most messages of an outbox that are considered. */
const MAX_WAITING = 10_000

/** Returns the messages of a saga that are not on their topics yet. */
export const waitingMessages = async ({ store, hasOutbox }: OpenSagaStore, saga: string) =>
  hasOutbox ? await store.outbox.pending(`${saga}-saga`, MAX_WAITING) : []
