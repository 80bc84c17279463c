import { setImmediate as turn } from 'node:timers/promises'
import { InMemoryEventBus, openEventStore, type Running, serializedEvent } from 'crbus'
import { describe, expect, test } from 'vitest'
import { readOptions } from '../src/options.ts'
import type { Part } from '../src/part.ts'
import { portOf, serveProbes } from '../src/probes.ts'
import { run } from '../src/run.ts'
import { hasCommands, placeSamples } from '../src/sample.ts'
import { prepareTopics } from '../src/topics.ts'

const part = (name: string, more: Partial<Part> = {}): Part => ({
  name,
  run: () => Promise.reject<Running>(new Error('not run here')),
  takes: `${name}-commands`,
  sample: (number) => serializedEvent('Begin.v1', Buffer.from(`${number}`)),
  ...more,
})

describe('options', () => {
  test('without any, everything is in .crbus', () => {
    expect(readOptions([], {})).toEqual({
      brokers: undefined,
      dataDir: '.crbus',
      store: '.crbus/store.db',
      sample: undefined,
      port: undefined,
    })
  })

  test('the environment names brokers and database, and flags go before it', () => {
    const env = { CRBUS_BROKERS: 'one:9092', DATABASE_URL: 'postgres://one/shop' }
    expect(readOptions([], env)).toMatchObject({ brokers: 'one:9092', store: 'postgres://one/shop' })
    expect(readOptions(['-b', 'two:9092', '--store', 'two.db'], env)).toMatchObject({
      brokers: 'two:9092',
      store: 'two.db',
    })
    expect(readOptions(['--data-dir', 'here'], env)).toMatchObject({ brokers: undefined, dataDir: 'here' })
  })
})

test('health and metrics are answered over HTTP', async () => {
  let waits: ReturnType<Running['health']>['waits'] = []
  const order = {
    health: () => ({ status: waits.length === 0 ? 'ok' : 'waiting', waits }) as const,
    metrics: async () => ({
      name: 'order',
      group: 'order-aggregate',
      handled: { reacted: 3, repeated: 0, nothing: 0, rejected: 0 },
      retried: 0,
      deadLetters: 0,
      published: 3,
      outbox: { messages: 0 },
      timers: 0,
      lag: 0,
    }),
  }
  const server = await serveProbes(new Map([['order', order]]), 0)
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${portOf(server)}${path}`)
    return { status: answer.status, text: await answer.text() }
  }

  expect(await get('/healthz')).toEqual({ status: 200, text: '{"order":{"status":"ok","waits":[]}}' })
  expect((await get('/metrics')).text).toContain('crbus_published_total{name="order",group="order-aggregate"} 3\n')
  expect((await get('/')).status).toBe(404)
  waits = [{ for: 'store', since: new Date(0), reason: 'refused' }]
  expect((await get('/healthz')).status).toBe(503)
  server.close()
  server.closeAllConnections()
})

test('a bus of this machine gets the topics of the parts, and brokers must have them', async () => {
  await using bus = new InMemoryEventBus()
  const parts = [part('first', { events: ['first-events'] }), part('second', { sends: ['first-commands'] })]
  await expect(prepareTopics(bus, parts, false)).rejects.toThrow('first-commands, first-events, second-commands')
  await prepareTopics(bus, parts, true)
  await prepareTopics(bus, parts, false)
  const topics = (await bus.admin.listTopics()).map(({ topic }) => topic)
  expect(topics).toEqual(['first-commands', 'first-events', 'second-commands'])
})

test('samples go to those that no saga leads', async () => {
  const bus = new InMemoryEventBus({ createTopics: true })
  const led = part('led')
  const saga: Part = { name: 'saga', run: led.run, sends: ['led-commands'] }
  const parts = [part('first'), led, saga]
  expect(await hasCommands(bus, parts)).toBe(false)
  expect(await placeSamples(bus, parts, 3)).toBe(3)
  expect(await hasCommands(bus, parts)).toBe(true)
  expect((await bus.log.ranges('first-commands'))[0]?.end).toBe(3n)
  expect((await bus.admin.listTopics()).map(({ topic }) => topic)).toEqual(['first-commands'])
  await bus.close()
})

test('each sample begins a conversation of its own', async () => {
  const bus = new InMemoryEventBus({ createTopics: true })
  await placeSamples(bus, [part('first'), part('second')], 2)
  const placed = await bus.subscribe(['first-commands', 'second-commands'], { group: 'test' })
  const conversations = new Set<string | undefined>()
  for (let heard = 0; heard < 4; heard += 1) {
    const { value } = await placed.next()
    if (value?.ok) conversations.add(value.event.metadata?.correlationId)
  }
  expect(conversations.size).toBe(4)
  await bus.close()
})

test('when one cannot go on, even while others begin, these are stopped and it is told', async () => {
  const running = (done: Promise<void>): Running => {
    const close = () => done
    const health = () => ({ status: 'ok', waits: [] }) as const
    const metrics = () => Promise.reject(new Error('nothing is measured here'))
    return { done, close, health, metrics, [Symbol.asyncDispose]: close }
  }
  const broken = part('broken', { run: async () => running(Promise.reject(new Error('its tables are gone'))) })
  let isStopped = false
  const slow = part('slow', {
    async run({ signal }) {
      await turn()
      const over = Promise.withResolvers<void>()
      signal?.addEventListener('abort', () => over.resolve())
      if (signal?.aborted) over.resolve()
      return running(
        over.promise.then(() => {
          isStopped = true
        }),
      )
    },
  })
  await using bus = new InMemoryEventBus()
  await using store = await openEventStore(':memory:')
  const { signal } = new AbortController()
  await expect(run([broken, slow], { bus, store, signal }, async () => {})).rejects.toThrow('its tables are gone')
  expect(isStopped).toBe(true)
})
