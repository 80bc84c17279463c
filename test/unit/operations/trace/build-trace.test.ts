import { describe, expect, test } from 'vitest'
import { serializedEvent } from '../../../../src/bus/event.ts'
import type { BusRecord } from '../../../../src/bus/record.ts'
import { encodeRecord } from '../../../../src/codecs/event-record.ts'
import { messageId } from '../../../../src/codecs/message-id.ts'
import { buildTrace } from '../../../../src/operations/trace/build-trace.ts'
import { causeIn, conversationTest, isLinked } from '../../../../src/operations/trace/match.ts'
import { type Message, toMessage } from '../../../../src/operations/trace/message.ts'
import { topicRole } from '../../../../src/operations/trace/topic-role.ts'
import { formatTrace } from '../../../../src/ui/trace/format-trace.ts'
import { traceDocument } from '../../../../src/ui/trace/trace-document.ts'

const READ = { topics: ['order-events', 'order-commands'], scanned: 0, indexed: 0 }
const options = { correlationId: 'c', topics: READ.topics, isComplete: true, now: 0, overdue: 60_000 }

interface Given {
  readonly topic?: string
  readonly time?: bigint
  readonly type?: string
  readonly causationId?: string | undefined
  readonly statedAt?: string | undefined
}

const eventOf = ({ type = 'A.v1', causationId, statedAt }: Given) =>
  serializedEvent(type, Buffer.from('{}'), {
    correlationId: 'c',
    ...(causationId !== undefined && { causationId }),
    ...(statedAt !== undefined && { timestamp: statedAt }),
  })

function recordOf(offset: number, { topic = 'order-events', time = -1n, ...given }: Given): BusRecord {
  const encoded = encodeRecord(eventOf(given), 'bincode')
  if (!encoded.ok) throw new Error(encoded.reason)
  const { value, headers } = encoded
  return { topic, partition: 0, offset: BigInt(offset), timestamp: time, key: null, value, headers }
}

const messagesOf = (...given: readonly Given[]): Message[] => given.map((one, at) => toMessage(recordOf(at, one), {}))

const offsets = (messages: readonly Message[]) =>
  buildTrace(messages, options).messages.map(({ message }) => Number(message.offset))

describe('the tree of a conversation', () => {
  const root = { type: 'Root.v1' }
  const child = { type: 'Child.v1', causationId: messageId(eventOf(root)) }

  test('puts causes before effects where times are equal, also if the effect has the lower offset', () => {
    expect(offsets(messagesOf({ ...child, time: 5n }, { ...root, time: 5n }))).toEqual([1, 0])
  })

  test('puts a message without a time after its cause, and uses the time in its metadata if it has one', () => {
    const later = { type: 'Later.v1', time: 9n }
    expect(offsets(messagesOf({ ...child }, { ...later }, { ...root, time: 5n }))).toEqual([2, 0, 1])
    const stated = { type: 'Stated.v1', statedAt: new Date(20).toISOString() }
    expect(offsets(messagesOf(stated, { ...later }, { ...root, time: 5n }))).toEqual([2, 1, 0])
  })

  test('has no times between messages whose timestamps are not dates', () => {
    const { messages } = buildTrace(messagesOf({ ...root, time: 2n ** 62n }, { ...child, time: 5n }), options)
    expect(messages.map(({ time, elapsed }) => [time, elapsed])).toEqual([
      [undefined, undefined],
      [5, undefined],
    ])
  })

  test('ignores the number that the runtime adds to the causation id of equal messages', () => {
    const second = { ...child, causationId: `${child.causationId}#1` }
    const { messages, findings } = buildTrace(messagesOf(root, child, second), options)
    expect(messages.map(({ cause }) => cause)).toEqual([undefined, 0, 0])
    expect(findings).toEqual([])
  })

  test('has no circle where the guessed cause of a message is an effect of it that has an earlier time', () => {
    const command = { topic: 'order-commands', type: 'Do.v1', time: 10n }
    const event = { type: 'Done.v1', time: 5n, causationId: messageId(eventOf(command)) }
    const { messages } = buildTrace(messagesOf(command, event), options)
    expect(messages.map(({ cause }) => cause)).toEqual([1, undefined])
  })

  test('is built and formatted without recursion: ten thousand messages, each caused by the one before', () => {
    const records: BusRecord[] = []
    let causationId: string | undefined
    for (let at = 0; at < 10_000; at += 1) {
      const given: Given = { type: `Step${at}.v1`, time: BigInt(at), causationId }
      records.push(recordOf(at, given))
      causationId = messageId(eventOf(given))
    }
    const messages = records.map((record) => toMessage(record, {}))
    const trace = buildTrace(messages.toReversed(), options)
    expect(trace.messages.at(-1)?.depth).toBe(9999)
    const lines = [
      ...formatTrace(traceDocument(trace, READ), {
        color: false,
        timeZone: 'utc',
        columns: 80,
        suggestionText: String,
      }),
    ]
    expect(lines).toHaveLength(10_003)
    expect(lines.every((line) => line.length <= 120)).toBe(true)
  })
})

describe('the names of topics', () => {
  test.each([
    ['order-events', 'event', 'order'],
    ['order-commands', 'command', 'order'],
    ['order-events-dlq', 'dead-letter', 'order'],
    ['order-dead-letters', 'dead-letter', 'order'],
    ['billing.DLT', 'dead-letter', 'billing'],
    ['order-events_deadletters', 'dead-letter', 'order'],
    ['-dlq', 'other', '-dlq'],
    ['audit', 'other', 'audit'],
    ['-events', 'other', '-events'],
  ])('tell what the records of %s are', (topic, kind, owner) => {
    expect(topicRole(topic)).toEqual({ kind, owner })
  })
})

describe('the search for a correlation id', () => {
  test('finds the id in the header of a bincode envelope without metadata', () => {
    const encoded = encodeRecord(serializedEvent('A.v1', Buffer.from('{}')), 'bincode')
    if (!encoded.ok) throw new Error(encoded.reason)
    const record = { ...recordOf(0, {}), value: encoded.value }
    const header = (json: string) => [['crbus-extra', Buffer.from(json)] as const]
    const belongs = conversationTest('c-ä')
    expect(belongs({ ...record, headers: header('{"correlation_id":"c-ä"}') })).toBe(true)
    expect(belongs({ ...record, headers: header('{"correlation_id":"c-\\u00e4"}') })).toBe(true)
    expect(belongs({ ...record, headers: header('{"correlation_id":"c-o"}') })).toBe(false)
    expect(belongs({ ...record, headers: [] })).toBe(false)
  })

  test('ignores tombstones, empty values, and other fields with the same text', () => {
    const belongs = conversationTest('A.v1')
    expect(belongs(recordOf(0, { type: 'A.v1' }))).toBe(false)
    expect(belongs({ ...recordOf(0, {}), value: null })).toBe(false)
    expect(belongs({ ...recordOf(0, {}), value: new Uint8Array() })).toBe(false)
  })

  test('finds effects and missing causes among records with the headers of a trace context', () => {
    const traceparent = Buffer.from('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')
    const withHeaders = (record: BusRecord): BusRecord => ({
      ...record,
      headers: [['traceparent', traceparent]],
    })
    const cause = recordOf(0, { type: 'Cause.v1' })
    const id = messageId(eventOf({ type: 'Cause.v1' }))
    const effect = recordOf(1, { type: 'Effect.v1', causationId: id })
    const none: ReadonlySet<string> = new Set()
    for (const at of [(record: BusRecord) => record, withHeaders]) {
      expect(isLinked(at(effect), { known: new Set([id]), missing: none })).toBe(true)
      expect(isLinked(at(cause), { known: none, missing: new Set([id]) })).toBe(true)
      expect(isLinked(at(cause), { known: new Set([id]), missing: none })).toBe(false)
    }
  })

  test.each([
    ['q3_-0123456789abcdefgh', 'q3_-0123456789abcdefgh'],
    ['q3_-0123456789abcdefgh#12', 'q3_-0123456789abcdefgh'],
    ['q3_-0123456789abcdefgh#', undefined],
    ['q3_-0123456789abcdefg', undefined],
    ['6d0f8a52-43c1-4b0c-9d5e-0c7a7c2f3d11', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('takes the causation id %s for the message id %s', (causationId, id) => {
    expect(causeIn(causationId)).toBe(id)
  })
})
