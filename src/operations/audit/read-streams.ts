import type { EventStore, StoredEvent } from '../../store/event-store.ts'
import type { StreamsOfTopic } from './streams-of-topics.ts'

/** Reading one event of Postgres takes a round trip, so several are read at once. */
const PARALLEL_READS = 16
/** Larger batches than the default, because an audit reads whole stores. */
const BATCH_SIZE = 5000

/**
 * Yields the stored events of a topic in batches. Leaves out the streams of sagas (`order-saga-…`), which hold the events that a saga
 * reacted to, from other topics.
 */
export async function* storedEventsOf(
  store: EventStore,
  { prefix, has }: StreamsOfTopic,
  range: { readonly since?: Date | undefined; readonly until?: Date | undefined; readonly signal: AbortSignal },
): AsyncGenerator<readonly StoredEvent[]> {
  const ofSaga = sagaPrefix(prefix)
  for await (const batch of store.readAll({ ...range, streamPrefix: prefix, batchSize: BATCH_SIZE })) {
    yield batch.filter(({ streamId }) => has(streamId) && !streamId.startsWith(ofSaga))
  }
}

/** The prefix of the streams of the saga whose outcomes a topic has: `checkout-saga-` for `checkout-events`. */
const sagaPrefix = (prefix: string): string => `${prefix}saga-`

/** Whether the store has a stream of the saga whose outcomes the topic would have. */
export async function hasSagaStream(store: EventStore, { prefix }: Pick<StreamsOfTopic, 'prefix'>): Promise<boolean> {
  for await (const batch of store.readAll({ streamPrefix: sagaPrefix(prefix), batchSize: 1 })) return batch.length > 0
  return false
}

/** Reads events by stream and version, in the given order; `undefined` for one that does not exist. */
export async function readEvents(
  store: EventStore,
  refs: readonly { readonly streamId: string; readonly version: number }[],
  signal: AbortSignal,
): Promise<readonly (StoredEvent | undefined)[]> {
  const events: (StoredEvent | undefined)[] = []
  for (let at = 0; at < refs.length && !signal.aborted; at += PARALLEL_READS) {
    const chunk = refs.slice(at, at + PARALLEL_READS)
    const read = chunk.map(({ streamId, version }) => store.readStream(streamId, { from: version, to: version }))
    for (const [event] of await Promise.all(read)) events.push(event)
  }
  return events
}
