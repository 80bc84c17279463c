import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BusRecord, NewRecord } from '../../../src/bus/record.ts'
import { decodeRecord } from '../../../src/codecs/event-record.ts'
import { messageId } from '../../../src/codecs/message-id.ts'
import { hashCausation, hashOfMessageId, hashText } from '../../../src/event-index/hash.ts'
import { correlationMatcher, RecordFacts } from '../../../src/event-index/record-facts.ts'
import { correlationIds, newRecord } from './support/random-records.ts'

const SEED = 7

const toRecord = (record: NewRecord): BusRecord => {
  return {
    topic: 'order-events',
    offset: 0n,
    timestamp: 0n,
    ...record,
    headers: record.headers ?? [],
    partition: 0,
  } as BusRecord
}

test('the facts of a record that are read from its bytes equal those of its decoded event', () => {
  const facts = new RecordFacts(SEED)
  fc.assert(
    fc.property(newRecord(1), (made) => {
      const record = toRecord(made)
      facts.read(record)
      const decoded = record.value === null ? undefined : decodeRecord({ ...record, value: record.value })
      const event = decoded?.ok ? decoded.event : undefined
      const { correlationId, causationId } = event?.metadata ?? {}
      expect(facts.eventType).toBe(event?.eventType)
      expect(facts.correlation).toBe(correlationId === undefined ? 0 : hashText(correlationId, SEED))
      expect(facts.causation).toBe(causationId === undefined ? 0 : hashCausation(causationId, SEED))
      expect(facts.message).toBe(event === undefined ? 0 : hashOfMessageId(messageId(event)))
      for (const id of correlationIds) expect(correlationMatcher(id)(record)).toBe(correlationId === id)
    }),
    { numRuns: 2000 },
  )
})

test('an event whose text is not Unicode has no message id, and its other facts', () => {
  const value = Buffer.from('{"event_type":"A.v1","data":{},"metadata":{"correlation_id":"c","user_id":"\\ud800"}}')
  const facts = new RecordFacts(SEED)
  facts.read(toRecord({ key: null, value }))
  expect(facts).toMatchObject({ eventType: 'A.v1', correlation: hashText('c', SEED), message: 0 })
})

test('the ids of equal messages of one step share the hash of the message', () => {
  const id = 'A'.repeat(22)
  expect(hashCausation(`${id}#2`, SEED)).toBe(hashCausation(id, SEED))
  expect(hashOfMessageId(`${id}#13`)).toBe(hashOfMessageId(id))
  expect(hashOfMessageId('from-rust')).toBeUndefined()
  expect(hashCausation('order#1', SEED)).not.toBe(hashCausation('order', SEED))
})
