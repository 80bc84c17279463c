import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { type EventMetadata, serializedEvent } from '../../../../src/bus/event.ts'
import type { NewRecord } from '../../../../src/bus/record.ts'
import { encodeRecord } from '../../../../src/codecs/event-record.ts'
import { messageId } from '../../../../src/codecs/message-id.ts'

/** Few correlation ids, so that each has several events, and some that other texts begin with. */
export const correlationIds = ['c-1', 'c-2', 'c-22', '', 'ü-3', 'x'.repeat(70)] as const

const types = ['OrderPlaced.v1', 'PaymentMade.v1', 'Größe.v2'] as const
/** A message that others name as their cause, as the runtime does: with a number for the second of several equal ones. */
const cause = messageId(serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}')))
export const causationIds = [cause, `${cause}#2`, 'from-rust', randomUUID()] as const

const metadata: fc.Arbitrary<EventMetadata> = fc.record(
  {
    correlationId: fc.constantFrom(...correlationIds),
    causationId: fc.constantFrom(...causationIds),
    userId: fc.constantFrom('u-1'),
    extra: fc.constantFrom({ saga_id: 's-1' }, { note: 'ü' }),
  },
  { requiredKeys: [] },
)

const event = fc
  .record({
    type: fc.constantFrom(...types),
    order: fc.integer({ min: 1, max: 3 }),
    metadata: fc.option(metadata),
    format: fc.constantFrom('bincode' as const, 'bincode' as const, 'cbor' as const, 'json' as const),
  })
  .map(({ type, order, metadata: given, format }) => {
    const data = { order_id: `o-${order}`, total: order }
    if (format === 'json') {
      const { correlationId: correlation_id, causationId: causation_id } = given ?? {}
      const value = Buffer.from(JSON.stringify({ event_type: type, data, metadata: { correlation_id, causation_id } }))
      return { value, headers: [] }
    }
    const encoded = encodeRecord(serializedEvent(type, Buffer.from(JSON.stringify(data)), given), format)
    if (!encoded.ok) throw new Error(encoded.reason)
    return { value: encoded.value, headers: encoded.headers }
  })

/** What topics hold besides events: tombstones, empty and other values, and damaged envelopes. */
const other = fc.oneof(
  fc.constant({ value: null, headers: [] }),
  fc.uint8Array({ maxLength: 40 }).map((value) => ({ value, headers: [] })),
  event.map(({ value, headers }) => ({ value: value.subarray(0, -1), headers })),
)

/** Timestamps that are out of order, equal, missing or extreme. */
const timestamp = fc.oneof(
  fc.bigInt(1_700_000_000_000n, 1_700_000_000_020n),
  fc.constantFrom(-1n, 0n, -(2n ** 63n), 2n ** 63n - 1n),
)

/** A record as services, other programs and accidents write it. */
export const newRecord = (partitions: number): fc.Arbitrary<NewRecord> =>
  fc
    .record({
      content: fc.oneof({ weight: 4, arbitrary: event }, { weight: 1, arbitrary: other }),
      key: fc.constantFrom(null, 'o-1', 'OrderPlaced.v1', ''),
      timestamp,
      partition: fc.nat({ max: partitions - 1 }),
    })
    .map(({ content, key, ...others }) => ({ ...content, ...others, key: key === null ? null : Buffer.from(key) }))
