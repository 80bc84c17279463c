import { describe, expect, test } from 'vitest'
import { diagnostics, type PublishMessage } from '../../../src/bus/diagnostics.ts'
import type { JoinRequest } from '../../../src/bus/driver-port.ts'
import { connectionFailed } from '../../../src/bus/errors.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import { type Logger, logBus, logKafkaRequests } from '../../../src/bus/logger.ts'
import type { Outage } from '../../../src/bus/outage.ts'
import { DriverEventBus } from '../../../src/drivers/event-bus.ts'
import { InMemoryEventBus, MemoryBroker } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { MemoryDriver } from '../../../src/drivers/memory/memory-driver.ts'

type Line = readonly [level: string, message: string, fields: object]

/** A logger that keeps its lines. */
function recorder(levels: readonly string[] = ['debug', 'info', 'warn', 'error']) {
  const lines: Line[] = []
  const log = (level: string) => (fields: object, message: string) => void lines.push([level, message, fields])
  const logger: Logger = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    isLevelEnabled: (level) => levels.includes(level),
  }
  return { logger, lines, messages: () => lines.map(([level, message]) => `${level} ${message}`) }
}

const placed = serializedEvent('OrderPlaced.v1', Uint8Array.of(1, 2, 3))

/** A bus in memory whose driver reports an outage when the test says so. */
function openBus(logger: Logger) {
  const memory = new MemoryDriver(new MemoryBroker(), { createTopics: false })
  const { log, admin } = memory
  let request: JoinRequest | undefined
  const join = (asked: JoinRequest) => {
    request = asked
    return memory.join(asked)
  }
  const driver = { log, admin, join, close: () => memory.close() }
  const defaults = { kind: 'test', settings: {}, autoOffsetReset: 'earliest', groupFor: () => 'billing' } as const
  const outage = (told: Outage) => request?.onOutage?.(told)
  return { bus: new DriverEventBus(driver, { logger }, defaults), outage }
}

describe('a bus with a logger', () => {
  test('a bus with a logger logs creation, subscription, events and closing with the field names of the Rust services', async () => {
    const { logger, lines } = recorder()
    const bus = new InMemoryEventBus({ createTopics: true, logger })
    await bus.publish('order-events', placed)
    await bus.log.append('order-events', [{ key: null, value: Buffer.from('not an envelope') }])
    const stream = await bus.subscribe(['order-events'], { group: 'billing', bufferSize: 10 })
    await stream.nextBatch()
    await bus.close()

    const place = { topic: 'order-events', partition: 0, offset: 0, event_type: 'OrderPlaced.v1' }
    expect(lines).toEqual([
      ['info', 'bus created', { bus: 'memory' }],
      ['debug', 'event published', place],
      [
        'info',
        'subscribed',
        { topics: ['order-events'], consumer_group: 'billing', auto_offset_reset: 'earliest', buffer_size: 10 },
      ],
      ['debug', 'event received', place],
      [
        'warn',
        'record received that cannot be decoded',
        { topic: 'order-events', partition: 0, offset: 1, error: expect.stringContaining('Deserialization failed') },
      ],
      ['info', 'bus closed', { bus: 'memory' }],
    ])
  })

  test('a bus with a logger logs a failed publish with its reason', async () => {
    const { logger, lines } = recorder()
    await using bus = new InMemoryEventBus({ createTopics: true, logger })
    const tooMuch = { ...placed, metadata: { extra: { note: 'x'.repeat(70_000) } } }
    await expect(bus.publish('order-events', [placed, tooMuch])).rejects.toThrow('Failed to serialize event')

    expect(lines.at(-1)).toEqual([
      'error',
      'publish failed',
      { topic: 'order-events', events: 2, error: expect.stringContaining('Failed to serialize event') },
    ])
  })

  test('a bus with a logger logs the begin and the end of an outage and still calls onOutage', async () => {
    const { logger, lines } = recorder()
    const { bus: opened, outage } = openBus(logger)
    await using bus = opened
    await bus.admin.createTopic('order-events')
    const told: string[] = []
    await bus.subscribe(['order-events'], { onOutage: ({ state }) => void told.push(state) })
    outage({ state: 'lost', error: connectionFailed('no broker answers') })
    outage({ state: 'restored', lasted: 1234.4 })

    const fields = { topics: ['order-events'], consumer_group: 'billing' }
    expect(lines.slice(-2)).toEqual([
      ['warn', 'bus lost', { ...fields, error: 'Connection failed: no broker answers' }],
      ['info', 'bus restored', { ...fields, lasted_ms: 1234 }],
    ])
    expect(told).toEqual(['lost', 'restored'])
  })

  test('a bus with a logger does not log failed publishes and outages of a caller that sets callerLogs', async () => {
    const { logger, messages } = recorder()
    const { bus: opened, outage } = openBus(logger)
    await using bus = opened
    await bus.admin.createTopic('order-events')
    await bus.subscribe(['order-events'], { callerLogs: true })
    outage({ state: 'lost', error: connectionFailed('no broker answers') })
    outage({ state: 'restored', lasted: 1234.4 })
    await expect(bus.publish('missing-events', placed, { callerLogs: true })).rejects.toThrow('missing-events')

    expect(messages()).toEqual(['info bus created', 'info subscribed'])
  })

  test('a bus with a logger does not log another bus, and unsubscribes from the channels when closed', async () => {
    const { logger, messages } = recorder()
    const broker = new MemoryBroker()
    const bus = new InMemoryEventBus({ broker, createTopics: true, logger })
    await using other = new InMemoryEventBus({ broker, createTopics: true })
    await other.publish('order-events', placed)
    await bus.close()

    expect(messages()).toEqual(['info bus created', 'info bus closed'])
    expect(diagnostics.publish.hasSubscribers).toBe(false)
    expect(diagnostics.received.hasSubscribers).toBe(false)
  })

  test('a bus with a logger does not build messages about single events when the logger disables debug', async () => {
    const { logger, messages } = recorder(['info', 'warn', 'error'])
    const bus = new InMemoryEventBus({ createTopics: true, logger })
    await bus.publish('order-events', placed)
    const stream = await bus.subscribe(['order-events'])
    await stream.nextBatch()
    await bus.close()

    expect(messages()).toEqual(['info bus created', 'info subscribed', 'info bus closed'])
  })
})

test('logBus logs an existing bus until its return value is called', async () => {
  const { logger, messages } = recorder()
  await using bus = new InMemoryEventBus({ createTopics: true })
  const stop = logBus(logger, bus)
  await bus.publish('order-events', placed)
  stop()
  await bus.publish('order-events', placed)

  expect(messages()).toEqual(['debug event published'])
})

test('the publish channel reports the topic, the events and the result of a call', async () => {
  const heard: [string, PublishMessage][] = []
  const listen = (name: string) => (message: object) => void heard.push([name, { ...(message as PublishMessage) }])
  const listeners = { start: listen('start'), asyncEnd: listen('asyncEnd'), error: listen('error') }
  diagnostics.publish.subscribe(listeners as never)
  await using bus = new InMemoryEventBus({ createTopics: true })
  await bus.publish('order-events', placed)
  await bus.publish('', placed).catch(() => undefined)
  diagnostics.publish.unsubscribe(listeners as never)

  const place = { topic: 'order-events', partition: 0, offset: 0n }
  expect(heard).toEqual([
    ['start', { bus, kind: 'memory', topic: 'order-events', events: [placed] }],
    ['asyncEnd', { bus, kind: 'memory', topic: 'order-events', events: [placed], result: [place] }],
  ])
})

test('logKafkaRequests logs requests with their duration, and failures as warnings', () => {
  const { logger, lines } = recorder()
  const stop = logKafkaRequests(logger)
  const request = { broker: '127.0.0.1:9092', request: 'Fetch', version: 11, duration: 1.234 }
  diagnostics.kafkaRequest.publish(request)
  diagnostics.kafkaRequest.publish({ ...request, error: new Error('hung up') })
  stop()
  diagnostics.kafkaRequest.publish(request)

  const fields = { broker: '127.0.0.1:9092', request: 'Fetch', version: 11, duration_ms: 1.2 }
  expect(lines).toEqual([
    ['debug', 'broker answered', fields],
    ['warn', 'request failed', { ...fields, error: 'hung up' }],
  ])
})
