import type { BusRecord } from '../../../bus/record.ts'
import { encodeRecord } from '../../../codecs/event-record.ts'
import { traceHeaders } from '../../../codecs/trace-headers.ts'
import type { DeadLetter, DeadLetterStatus, DeadLetters } from '../../../store/event-store.ts'
import type { Letter, LetterBox, LetterChange } from '../letter.ts'
import { parsePosition } from '../letter-id.ts'

const PAGE_LETTERS = 200

/** The event type that the runtime gives to a record without an event, whose bytes are then the data. */
const UNREADABLE = 'unreadable'

/** The dead letters of an event store. */
export class StoreBox implements LetterBox {
  readonly source = 'store'
  readonly #letters: DeadLetters
  /** The id of the last letter of the first reading. */
  #last: string | undefined

  constructor(letters: DeadLetters) {
    this.#letters = letters
  }

  async *letters(statuses: readonly DeadLetterStatus[], signal: AbortSignal): AsyncGenerator<readonly Letter[]> {
    const limit = this.#last === undefined ? undefined : BigInt(this.#last)
    let after = '0'
    while (!signal.aborted) {
      const page = await this.#letters.list({ status: statuses, limit: PAGE_LETTERS, after })
      const found = limit === undefined ? page : page.filter(({ id }) => BigInt(id) <= limit)
      if (found.length > 0) yield found.map(toLetter)
      after = page.at(-1)?.id ?? after
      if (page.length < PAGE_LETTERS || found.length < page.length) break
    }
    this.#last ??= after
  }

  async get(ids: readonly string[]): Promise<readonly Letter[]> {
    const found = await Promise.all(ids.map((id) => this.#letters.get(id)))
    return found.flatMap((letter) => (letter === undefined ? [] : [toLetter(letter)]))
  }

  async change(changes: readonly LetterChange[]): Promise<ReadonlyMap<string, Letter>> {
    const ids = await this.#letters.change(
      changes.map(({ letter: { id, status, resolution }, to }) => ({
        id,
        from: { status, notes: resolution?.notes },
        to,
      })),
    )
    return new Map(
      changes
        .filter(({ letter }) => ids.has(letter.id))
        .map(({ letter, to: { status, by, notes } }) => [
          letter.id,
          { ...letter, status, resolution: status === 'pending' ? undefined : { by, notes } },
        ]),
    )
  }
}

function toLetter(letter: DeadLetter): Letter {
  const { id, streamId, status, topic, key, event, error, details, retryCount, rejected } = letter
  const isRaw = event.eventType === UNREADABLE
  const [first = '', ...rest] = (details ?? '').split('\n')
  // The runtime begins the details with the position of the record.
  const position = parsePosition(first)
  const isPosition = position !== undefined && position.topic === topic
  const origin = isPosition ? position : { topic }
  const { resolvedBy, resolvedAt, notes } = letter
  return {
    id,
    source: 'store',
    status,
    origin,
    record: toRecord(letter, isRaw),
    key: key === undefined ? undefined : Buffer.from(key),
    reason: error,
    details: isPosition ? rest.join('\n') || undefined : details,
    facts: rejected === undefined ? [] : [['rejected', rejected]],
    attempts: retryCount,
    firstFailedAt: letter.firstFailedAt.getTime(),
    lastFailedAt: letter.lastFailedAt.getTime(),
    isRaw,
    resolution:
      resolvedBy === undefined && notes === undefined
        ? undefined
        : { by: resolvedBy ?? '', at: resolvedAt?.getTime(), notes },
    streamId,
    version: undefined,
  }
}

/** Creates a record of the event, which the decoders and filters of records read. */
function toRecord({ id, topic, streamId, key, event, originalTimestamp }: DeadLetter, isRaw: boolean): BusRecord {
  const bincode = isRaw ? undefined : encodeRecord(event, 'bincode')
  const encoded = bincode === undefined || bincode.ok ? bincode : encodeRecord(event, 'cbor')
  const trace = event.trace === undefined ? [] : traceHeaders(event.trace)
  return {
    topic: topic ?? streamId,
    partition: 0,
    offset: BigInt(id),
    timestamp: BigInt(originalTimestamp.getTime()),
    key: key === undefined ? null : Buffer.from(key),
    value: encoded?.ok ? encoded.value : event.data,
    headers: encoded?.ok ? encoded.headers : trace,
  }
}
