import type { EventBus } from '../../../bus/event-bus.ts'
import type { BusRecord } from '../../../bus/record.ts'
import { decodeRecord } from '../../../codecs/event-record.ts'
import { readFailure } from '../failure-headers.ts'
import type { Letter } from '../letter.ts'

/** Returns a letter of a store with its original record, which has its key and its headers, if the record still exists. */
export async function withOriginal(bus: EventBus, letter: Letter): Promise<Letter> {
  const [record] = await originalsOf(bus, [letter])
  return record === undefined ? letter : { ...letter, record, retries: readFailure(record.headers).retries }
}

/** Returns the original records of letters that name one, if the record still exists and holds the event of the letter. */
export async function originalsOf(
  bus: EventBus,
  letters: readonly Letter[],
): Promise<readonly (BusRecord | undefined)[]> {
  const wanted = letters.flatMap((letter, at) => {
    const { topic, partition, offset } = letter.origin
    const isKnown = letter.source === 'store' && topic !== undefined && partition !== undefined && offset !== undefined
    return isKnown ? [{ at, slice: { topic, partition, from: offset, to: offset + 1n } }] : []
  })
  const found: (BusRecord | undefined)[] = new Array(letters.length).fill(undefined)
  if (wanted.length === 0) return found
  const records = await bus.log.firstRecords(wanted.map(({ slice }) => slice))
  for (const [index, record] of records.entries()) {
    const at = wanted[index]?.at ?? 0
    if (record !== undefined && isOriginal(letters[at] as Letter, record)) found[at] = record
  }
  return found
}

/** Whether a record holds the event of a letter. The topic may have been created again since then. */
function isOriginal({ origin, record: own, isRaw }: Letter, record: BusRecord): boolean {
  if (record.offset !== origin.offset || record.value === null || own.value === null) return false
  if (isRaw) return Buffer.from(own.value).equals(record.value)
  const [one, other] = [decodeRecord({ ...own, value: own.value }), decodeRecord({ ...record, value: record.value })]
  // Not the metadata: the store leaves out what it cannot hold.
  return (
    one.ok && other.ok && one.event.eventType === other.event.eventType && isEqual(one.event.data, other.event.data)
  )
}

const isEqual = (one: Uint8Array, other: Uint8Array): boolean => Buffer.from(one).equals(other)
