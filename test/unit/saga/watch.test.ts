import { describe, expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { Logger } from '../../../src/bus/logger.ts'
import { formatRuntimeMetrics, type RuntimeMetrics } from '../../../src/saga/reports/runtime-metrics.ts'
import { Watch } from '../../../src/saga/reports/watch.ts'

function setUp() {
  const lines: string[] = []
  const problems: string[] = []
  const log = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  let time = Date.UTC(2026, 0, 1)
  const watch = new Watch({
    name: 'order',
    group: 'order-aggregate',
    now: () => new Date(time),
    logger,
    onError: ({ message }) => problems.push(message),
  })
  const wait = (milliseconds: number) => {
    time += milliseconds
  }
  return { watch, lines, problems, wait }
}

const error = new Error('connect ECONNREFUSED')

describe('an outage', () => {
  test('an outage is reported once when it begins and once when it ends, however often it is noticed', () => {
    const { watch, lines, problems, wait } = setUp()
    for (let attempt = 0; attempt < 5; attempt += 1) {
      watch.lost('store', { message: 'order waits for its store', error })
      wait(1000)
    }
    expect(watch.health).toEqual({
      status: 'waiting',
      waits: [{ for: 'store', since: new Date('2026-01-01'), reason: 'connect ECONNREFUSED' }],
    })
    watch.restored('store')
    watch.restored('store')

    expect(watch.health).toEqual({ status: 'ok', waits: [] })
    expect(problems).toEqual(['order waits for its store'])
    expect(lines).toEqual([
      'warn order waits for its store {"name":"order","error":"connect ECONNREFUSED"}',
      'info the outage is over {"name":"order","waited_for":"store","lasted_ms":5000}',
    ])
  })

  test('an outage of the bus is counted apart from an outage of the store', () => {
    const { watch, problems } = setUp()
    watch.lost('store', { message: 'order waits for its store', error })
    watch.lost('bus', { message: 'order waits for its bus', error })
    watch.restored('store')

    expect(watch.health.waits.map((wait) => wait.for)).toEqual(['bus'])
    expect(problems).toEqual(['order waits for its store', 'order waits for its bus'])
  })
})

test('counts every retry, and reports the first one of a message', () => {
  const { watch, lines } = setUp()
  const event = serializedEvent('PlaceOrder.v1', Uint8Array.of())
  for (const failures of [1, 2, 3]) watch.retrying(failures, { message: 'order retries PlaceOrder.v1', error, event })
  watch.movedToDeadLetters({ message: 'order moved PlaceOrder.v1 to the dead letters', error, event })
  watch.rejected({ reason: 'it is placed', streamId: 'order-1', event })

  expect(watch.counts).toMatchObject({ retried: 3, deadLetters: 1 })
  expect(lines).toEqual([
    'warn order retries PlaceOrder.v1 {"name":"order","error":"connect ECONNREFUSED","event_type":"PlaceOrder.v1"}',
    'error order moved PlaceOrder.v1 to the dead letters {"name":"order","error":"connect ECONNREFUSED","event_type":"PlaceOrder.v1"}',
    'info command rejected {"name":"order","stream_id":"order-1","event_type":"PlaceOrder.v1","reason":"it is placed"}',
  ])
})

test('formatRuntimeMetrics writes Prometheus text with a sample for each aggregate and saga', () => {
  const metrics: RuntimeMetrics = {
    name: 'order',
    group: 'order-aggregate',
    handled: { reacted: 7, repeated: 1, nothing: 2, rejected: 3 },
    retried: 4,
    deadLetters: 5,
    published: 6,
    outbox: { messages: 2, age: 1500 },
    timers: 8,
    lag: 9,
  }
  const text = formatRuntimeMetrics([metrics, { ...metrics, name: 'checkout', outbox: { messages: 0 } }])

  expect(text).toContain('# TYPE crbus_handled_total counter\n')
  expect(text).toContain('crbus_handled_total{name="order",group="order-aggregate",outcome="rejected"} 3\n')
  expect(text).toContain('crbus_outbox_age_seconds{name="order",group="order-aggregate"} 1.5\n')
  expect(text).toContain('crbus_outbox_age_seconds{name="checkout",group="order-aggregate"} 0\n')
  expect(text).toContain('crbus_lag_events{name="checkout",group="order-aggregate"} 9\n')
  expect(text.match(/^# HELP /gm)).toHaveLength(8)
})
