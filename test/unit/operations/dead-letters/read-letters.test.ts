import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Header } from '../../../../src/bus/record.ts'
import { isDeadLetterTopic, originByName } from '../../../../src/operations/dead-letters/boxes/dead-letter-topics.ts'
import { readFailure, withoutFailure } from '../../../../src/operations/dead-letters/failure-headers.ts'
import { parseLetterId } from '../../../../src/operations/dead-letters/letter-id.ts'
import { foldReason } from '../../../../src/operations/dead-letters/reasons.ts'
import { isHeld, newClaim, readClaim, writeClaim } from '../../../../src/operations/dead-letters/sending/claim.ts'

describe('the id of a dead letter', () => {
  test('is a number in an event store, and a position in a topic', () => {
    expect(parseLetterId('17')).toEqual({ kind: 'store', id: '17' })
    expect(parseLetterId('a.b-dlq[3]@9223372036854775807')).toEqual({
      kind: 'topic',
      topic: 'a.b-dlq',
      partition: 3,
      offset: 9223372036854775807n,
    })
  })

  test.each([
    '',
    '0',
    '01',
    '-1',
    '1.5',
    '1234567890123456',
    'a[0]',
    'a@1',
    'a[0]@-1',
    'a[0]@9223372036854775808',
    'a[2147483648]@0',
    'a b[0]@1',
    'a[0]@1 ',
  ])('is not %j', (text) => expect(parseLetterId(text)).toBeUndefined())
})

describe('a dead-letter topic', () => {
  test.each([
    'payment-dlq',
    'payment-events-dlq',
    'payment.DLT',
    'payment-dlt',
    'payment-dead-letter',
    'payment-dead-letters',
    'payment_DLQ',
    'payment.deadletters',
  ])('is recognized by its name: %s', (topic) => expect(isDeadLetterTopic(topic)).toBe(true))
  test.each(['payment-events', 'dlq', '-dlq', 'dlq-events', 'payment-dlq-resolutions', 'crbus-resolutions'])(
    'does not have the name %s',
    (topic) => expect(isDeadLetterTopic(topic)).toBe(false),
  )

  test('came from the topic of its name, unless no topic or two topics fit', () => {
    const existing = new Set(['a-events', 'b-events', 'b-commands', 'c'])
    expect(originByName('a-events-dlq', existing)).toBe('a-events')
    expect(originByName('a-dlq', existing)).toBe('a-events')
    expect(originByName('c.DLT', existing)).toBe('c')
    expect(originByName('b-dlq', existing)).toBeUndefined()
    expect(originByName('d-dlq', existing)).toBeUndefined()
    expect(originByName('a-events', existing)).toBeUndefined()
  })
})

describe('the headers of a failure', () => {
  const headers = (fields: Readonly<Record<string, string | Uint8Array | null>>): Header[] =>
    Object.entries(fields).map(([name, value]) => [name, value === null ? null : Buffer.from(value)])

  test('are read for invalid numbers, texts and lengths without a position', () => {
    for (const value of ['', 'x', '-1', '1.5', '99999999999999999999', '\0', null]) {
      const connect = readFailure(headers({ '__connect.errors.topic': 't', '__connect.errors.offset': value }))
      expect(connect.origin).toEqual({ topic: 't', partition: undefined, offset: undefined })
    }
    for (const value of [Buffer.alloc(4, 0xff), Buffer.alloc(8, 0xff), Buffer.alloc(3), Buffer.alloc(9), null]) {
      const spring = readFailure(headers({ 'kafka_dlt-original-topic': 't', 'kafka_dlt-original-partition': value }))
      expect(spring.origin.partition).toBeUndefined()
    }
    expect(readFailure(headers({ 'crbus-retries': '-1' })).retries).toBe(0)
    expect(readFailure(headers({ 'crbus-retries': '9007199254740991' })).retries).toBe(1_000_000)
    expect(readFailure(headers({ 'kafka_dlt-exception-message': 'x'.repeat(1_000_000) })).reason).toHaveLength(20_000)
  })

  test('never throw, whatever their bytes are', () => {
    const names = [
      'kafka_dlt-original-topic',
      'kafka_dlt-original-offset',
      '__connect.errors.partition',
      'x-original-topic',
      'x-original-offset',
      'fallback_error',
      'kafka_offset',
      'crbus-retries',
    ]
    for (let round = 0; round < 2000; round += 1) {
      const fields = names.map((name): Header => [name, round % 7 === 0 ? null : randomBytes(round % 12)])
      const { origin, retries } = readFailure(fields)
      expect(origin.offset ?? 0n).toBeGreaterThanOrEqual(0n)
      expect(retries).toBeGreaterThanOrEqual(0)
      withoutFailure(fields)
    }
  })

  test('are removed, and headers of the event with similar names stay', () => {
    const own = headers({
      'trace-id': 'a',
      'x-original-host': 'b',
      'crbus-extra': '{}',
      'kafka_dlt-x': 'd',
    })
    expect(withoutFailure(own)).toEqual(own)
    const added = headers({
      '__connect.errors.topic': 't',
      '__connect.errors.stage': 'x',
      'crbus-retries': '2',
      'crbus-retry-claim': 'c',
    })
    expect(withoutFailure([...own, ...added])).toEqual(own)
  })
})

test.each([
  ['order 6b0f2a51-5a2e-4b60-9b5c-5f8b0a3d0001 has no stock', 'order … has no stock'],
  ['time-out after 30000 ms on 10.0.0.7:9092', 'time-out after … ms on …'],
  ['order o-17 of tQ3xN1bZq0Vw8mL5kJ2hRg failed', 'order o-… of … failed'],
  ['hash deadbeef01 differs', 'hash … differs'],
  ['no digits here', 'no digits here'],
  ['', ''],
])('the reason %j counts as %j', (reason, folded) => expect(foldReason(reason)).toBe(folded))

test('a long hostile reason is folded in linear time', () => {
  for (const part of ['0a', '1.', '-', '1-', 'a', '0x']) {
    const begun = performance.now()
    foldReason(part.repeat(500_000))
    expect(performance.now() - begun).toBeLessThan(500)
  }
})

describe('a claim', () => {
  const operator = { name: 'ann@a', machine: 'a', processId: 7, isRunning: (id: number) => id === 7 }
  const claim = newClaim(operator, 1000, { topic: 'order-commands', partition: 2, from: 2n ** 60n })

  test('is read as it was written, and other notes are not a claim', () => {
    expect(readClaim(writeClaim(claim))).toEqual(claim)
    for (const notes of [
      undefined,
      '',
      'sent by hand',
      '{}',
      '{"claim":',
      '{"claim":1}',
      writeClaim(claim).replace('"partition":2', '"partition":-1'),
      writeClaim(claim).replace('"from":"1', '"from":"x'),
    ]) {
      expect(readClaim(notes)).toBeUndefined()
    }
  })

  test('ends with its process on the same machine, and after five minutes on another one', () => {
    expect(isHeld(claim, operator, 1000)).toBe(true)
    expect(isHeld({ ...claim, processId: 8 }, operator, 1000)).toBe(false)
    const elsewhere = { ...claim, machine: 'b', processId: 8 }
    expect(isHeld(elsewhere, operator, 1000 + 5 * 60_000 - 1)).toBe(true)
    expect(isHeld(elsewhere, operator, 1000 + 5 * 60_000)).toBe(false)
  })
})
