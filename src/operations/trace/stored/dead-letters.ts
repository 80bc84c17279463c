import { encodeRecord } from '../../../codecs/event-record.ts'
import type { DeadLetter, DeadLetters } from '../../../store/event-store.ts'
import type { Reading } from '../../events/event-view.ts'
import { type Message, toMessage } from '../message.ts'

/** The dead letters of one request to the store. */
const PAGE_SIZE = 1000

/** The position of the record that failed: the first line of the details of a dead letter. */
const position = /^(.+)\[(\d+)\]@(\d+)$/

/** Finds the dead letters of a conversation in an event store. */
export async function storedDeadLetters(
  deadLetters: DeadLetters,
  {
    correlationId,
    reading,
    signal,
  }: { readonly correlationId: string; readonly reading: Reading; readonly signal: AbortSignal },
): Promise<readonly Message[]> {
  const found: Message[] = []
  for await (const page of deadLettersOf(deadLetters, signal)) {
    for (const entry of page) {
      if (entry.event.metadata?.correlationId === correlationId) found.push(...toMessages(entry, reading))
    }
  }
  return found
}

/** Yields all dead letters of an event store, page by page. */
export async function* deadLettersOf(
  deadLetters: DeadLetters,
  signal: AbortSignal,
): AsyncGenerator<readonly DeadLetter[]> {
  let after: string | undefined
  while (!signal.aborted) {
    const page = await deadLetters.list({ limit: PAGE_SIZE, after })
    yield page
    if (page.length < PAGE_SIZE) return
    after = page.at(-1)?.id
  }
}

/** Converts a dead letter to a message. Empty for an event that no envelope can hold. */
function toMessages({ streamId, topic = streamId, ...entry }: DeadLetter, reading: Reading): readonly Message[] {
  const { id, status, event, error, details, rejected, firstFailedAt } = entry
  const encoded = encodeRecord(event, 'cbor')
  if (!encoded.ok) return []
  const [place] = (details ?? '').split('\n', 1).filter((line) => position.test(line))
  const { value, headers } = encoded
  const timestamp = BigInt(firstFailedAt.getTime())
  const message = toMessage({ topic, partition: 0, offset: 0n, timestamp, key: null, value, headers }, reading)
  const deadLetter = { reason: error, origin: place ?? topic, stored: { id, status } }
  return [{ ...message, kind: 'dead-letter', id: rejected ?? message.id, deadLetter, record: undefined }]
}
