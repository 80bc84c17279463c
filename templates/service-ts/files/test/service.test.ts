import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type Action,
  type Aggregate,
  diagnostics,
  InMemoryEventBus,
  jsonCodec,
  openEventStore,
  type Running,
  runAggregate,
  serializedEvent,
} from 'crbus'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type LogOptions, openLog } from '../src/log.ts'
import { readOptions } from '../src/options.ts'
import type { Part } from '../src/part.ts'
import { portOf, serveProbes } from '../src/probes.ts'
import { PartStoppedError, run } from '../src/run.ts'
import { runUntilSignal } from '../src/run-until-signal.ts'
import { hasCommands, placeSamples } from '../src/sample.ts'
import { startTelemetry } from '../src/telemetry.ts'
import { prepareTopics } from '../src/topics.ts'

const part = (name: string, more: Partial<Part> = {}): Part => ({
  name,
  run: () => Promise.reject<Running>(new Error('not run here')),
  takes: `${name}-commands`,
  sample: (number) => serializedEvent('Begin.v1', Buffer.from(`${number}`)),
  ...more,
})

/** Opens a log that collects its lines. `onLine` is called with each line. */
function recorder(env: LogOptions['env'] = {}, { isTerminal = true, onLine = (_: string) => {} } = {}) {
  const lines: string[] = []
  const write = (line: string) => {
    lines.push(line)
    onLine(line)
  }
  return { log: openLog({ service: 'shop', env, isTerminal, write }), lines }
}

const running = (done: Promise<void>): Running => {
  const close = () => done
  const health = () => ({ status: 'ok', waits: [] }) as const
  const metrics = () => Promise.reject(new Error('nothing is measured here'))
  return { done, close, health, metrics, [Symbol.asyncDispose]: close }
}

describe('options', () => {
  test('default to the embedded bus and an SQLite store in .crbus', () => {
    expect(readOptions([], {})).toEqual({
      brokers: undefined,
      dataDir: '.crbus',
      store: '.crbus/store.db',
      sample: undefined,
      port: undefined,
    })
  })

  test('take brokers and database from the environment unless flags are given', () => {
    const env = { CRBUS_BROKERS: 'one:9092', DATABASE_URL: 'postgres://one/shop' }
    expect(readOptions([], env)).toMatchObject({ brokers: 'one:9092', store: 'postgres://one/shop' })
    expect(readOptions(['-b', 'two:9092', '--store', 'two.db'], env)).toMatchObject({
      brokers: 'two:9092',
      store: 'two.db',
    })
    expect(readOptions(['--data-dir', 'here'], env)).toMatchObject({ brokers: undefined, dataDir: 'here' })
  })
})

test('health and metrics are served over HTTP', async () => {
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

describe('telemetry', () => {
  test('sends traces and metrics to the collector in OTEL_EXPORTER_OTLP_ENDPOINT', async () => {
    const requests = new Map<string, number>()
    const collector = createServer(async (request, response) => {
      let bytes = 0
      for await (const chunk of request) bytes += chunk.length
      requests.set(request.url ?? '', bytes)
      response.end()
    })
    collector.listen(0, '127.0.0.1')
    await once(collector, 'listening')
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${(collector.address() as AddressInfo).port}`)
    onTestFinished(() => {
      vi.unstubAllEnvs()
      collector.close()
      collector.closeAllConnections()
    })

    const stop = await startTelemetry(recorder().log)
    await using bus = new InMemoryEventBus({ createTopics: true })
    await bus.publish('order-commands', serializedEvent('PlaceOrder.v1', Buffer.of()))
    await stop()

    expect([...requests.keys()].sort()).toEqual(['/v1/metrics', '/v1/traces'])
    expect(Math.min(...requests.values())).toBeGreaterThan(0)
  })

  test('records nothing without OTEL_EXPORTER_OTLP_ENDPOINT', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', '')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { log, lines } = recorder()

    const stop = await startTelemetry(log)
    await stop()

    expect(lines).toEqual([])
    expect(diagnostics.publish.hasSubscribers).toBe(false)
  })
})

test('missing topics are created on the embedded bus and are an error on brokers', async () => {
  await using bus = new InMemoryEventBus()
  const parts = [part('first', { events: ['first-events'] }), part('second', { sends: ['first-commands'] })]
  await expect(prepareTopics(bus, parts, false)).rejects.toThrow('first-commands, first-events, second-commands')
  await prepareTopics(bus, parts, true)
  await prepareTopics(bus, parts, false)
  const topics = (await bus.admin.listTopics()).map(({ topic }) => topic)
  expect(topics).toEqual(['first-commands', 'first-events', 'second-commands'])
})

test('the topic to which a saga sends only undo commands must exist too', async () => {
  await using bus = new InMemoryEventBus()
  const saga: Part = { name: 'saga', run: part('saga').run, sendsUndo: ['order-commands'] }
  await expect(prepareTopics(bus, [saga], false)).rejects.toThrow('topics that do not exist: order-commands;')
  await prepareTopics(bus, [saga], true)
  expect((await bus.admin.listTopics()).map(({ topic }) => topic)).toEqual(['order-commands'])
})

test('an aggregate gets samples if a saga sends it only undo commands', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const saga: Part = { name: 'saga', run: part('saga').run, sendsUndo: ['order-commands'] }
  expect(await placeSamples(bus, [part('order'), saga], 2)).toBe(2)
})

test('samples are sent only to aggregates that get no commands from a saga', async () => {
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

test('each sample begins a new conversation', async () => {
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

test('a part that fails while others start stops them, and its error is thrown', async () => {
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
  const { log: logger } = recorder()
  const ended = run([broken, slow], { bus, store, signal, logger }, async () => {})
  await expect(ended).rejects.toThrow('broken cannot continue: its tables are gone')
  expect(isStopped).toBe(true)
})

test('a part that ends without an error stops the others too', async () => {
  await using bus = new InMemoryEventBus()
  await using store = await openEventStore(':memory:')
  const { signal } = new AbortController()
  const quitter = part('quitter', { run: async () => running(Promise.resolve()) })
  const ended = run([quitter], { bus, store, signal, logger: recorder().log }, async () => {})
  await expect(ended).rejects.toThrow('quitter stopped by itself')
})

describe('the log', () => {
  test('is one JSON object per line without a terminal, with level, time and service', () => {
    const { log, lines } = recorder({}, { isTerminal: false })
    log.info({ name: 'order', attempts: 2, offset: 7n, none: undefined }, 'tried again')
    log.error({ level: 'debug', msg: 'a field', error: new Error('refused') }, 'gave up')

    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'info', time, service: 'shop', msg: 'tried again', name: 'order', attempts: 2, offset: '7' },
      { level: 'error', time, service: 'shop', msg: 'gave up', error: 'refused' },
    ])
  })

  test('is text on a terminal, without fields that the message contains already', () => {
    const { log, lines } = recorder()
    log.warn({ name: 'order', error: 'refused' }, 'order waits for its bus: refused')
    log.info({ name: 'order', waited_for: 'bus', lasted_ms: 1203, reason: 'no leader' }, 'the outage is over')

    expect(lines).toEqual([
      'order: waits for its bus: refused',
      'order: the outage is over waited_for=bus lasted_ms=1203 reason="no leader"',
    ])
  })

  test.each([
    [{}, true, 'text'],
    [{}, false, 'json'],
    [{ LOG_FORMAT: 'json' }, true, 'json'],
    [{ LOG_FORMAT: 'text' }, false, 'text'],
  ])('with the environment %j and isTerminal %j has the format %s', (env, isTerminal, format) => {
    const { log, lines } = recorder(env, { isTerminal })
    log.info({}, 'running')
    expect(lines[0]?.startsWith('{') ? 'json' : lines[0]).toBe(format === 'json' ? 'json' : 'running')
  })

  test.each([
    [{}, ['info', 'warn', 'error']],
    [{ LOG_LEVEL: '' }, ['info', 'warn', 'error']],
    [{ LOG_LEVEL: 'debug' }, ['debug', 'info', 'warn', 'error']],
    [{ LOG_LEVEL: 'ERROR' }, ['error']],
  ])('with the environment %j writes the levels %j', (env, levels) => {
    const { log, lines } = recorder(env)
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      log[level]({}, level)
      expect(log.isLevelEnabled?.(level)).toBe(levels.includes(level))
    }
    expect(lines).toEqual(levels)
  })

  test('warns about invalid settings and uses the defaults', () => {
    const { log, lines } = recorder({ LOG_LEVEL: 'loud', LOG_FORMAT: 'xml' })
    log.debug({}, 'not written')
    expect(lines).toEqual([
      'LOG_LEVEL takes debug, info, warn, error, not loud',
      'LOG_FORMAT takes text, json, not xml',
    ])
  })

  test.each([true, false])('escapes control characters of untrusted text (isTerminal: %j)', (isTerminal) => {
    const hostile = 'a\nrunning order\r\u001b[2J\u009b2J\u007f\u2028\u202eb\ud800\u{e0041}'
    const { log, lines } = recorder({}, { isTerminal })
    log.error({ name: hostile, event_type: hostile, nested: { reason: hostile } }, `bad: ${hostile}`)

    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    expect(lines[0]).toContain(
      String.raw`bad: a\nrunning order\r\u001b[2J\u009b2J\u007f\u2028\u202eb\ud800\udb40\udc41`,
    )
    if (!isTerminal) expect(JSON.parse(lines[0] as string)).toMatchObject({ nested: { reason: hostile } })
  })

  test('writes the reason in place of a value that JSON cannot represent', () => {
    const { log, lines } = recorder({ LOG_FORMAT: 'json' })
    const circle: { self?: object } = {}
    circle.self = circle
    log.info({ circle, other: 1 }, 'still written')
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      msg: 'still written',
      circle: expect.stringMatching(/circular/i),
      other: 1,
    })
  })

  test('writes one line when an outage begins and one when it ends, however many attempts fail', async () => {
    type Note = Action & { readonly type: 'Note' }
    const note: Aggregate<null, Note> = {
      name: 'note',
      events: 'note-events',
      commands: 'note-commands',
      initial: null,
      codec: jsonCodec<Note>({ Note: 1 }),
      idOf: () => 'one',
      reduce: (state) => ({ state, effects: [] }),
    }
    const restored = Promise.withResolvers<void>()
    const onLine = (line: string) => {
      if (line.includes('the outage is over')) restored.resolve()
    }
    const { log: logger, lines } = recorder({}, { onLine })
    await using bus = new InMemoryEventBus({ logger })
    await using store = await openEventStore(':memory:')
    await bus.admin.createTopic(note.commands)
    await using _ = await runAggregate({ bus, store, logger, aggregate: note })
    const before = lines.length

    const thirdFailure = Promise.withResolvers<void>()
    let failures = 0
    const listener = {
      error: () => {
        failures += 1
        if (failures === 3) thirdFailure.resolve()
      },
    }
    diagnostics.publish.subscribe(listener as never)
    onTestFinished(() => void diagnostics.publish.unsubscribe(listener as never))
    const event = { ...note.codec.encode({ type: 'Note' }), metadata: {} }
    await store.commit('note-aggregate', [{ appends: [], messages: [{ topic: note.events, event }] }])
    await thirdFailure.promise
    await bus.admin.createTopic(note.events)
    await restored.promise

    expect(lines.slice(before)).toEqual([
      "note: messages for note-events wait: topic 'note-events' does not exist",
      expect.stringMatching(/^note: the outage is over waited_for="bus \(note-events\)" lasted_ms=\d+$/),
    ])
  })
})

describe('runUntilSignal', () => {
  test.each(['SIGINT', 'SIGTERM'])('stops the work on %s, logs the signal, and returns exit code 0', async (name) => {
    const signals = new EventEmitter()
    const { log, lines } = recorder()
    const work = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve())
      })
    const code = runUntilSignal(log, signals, work)
    signals.emit(name)
    expect(await code).toBe(0)
    expect(lines).toEqual([`stopping: ${name}`, 'stopped'])
    // The listener is gone, so a second signal ends a process that hangs.
    expect(signals.listenerCount(name)).toBe(0)
  })

  test('logs a failed start in one line with a suggestion, and returns exit code 1', async () => {
    const { log, lines } = recorder()
    const failure = Object.assign(new Error('the tables are missing'), { hints: [{ text: 'crbus store init' }] })
    expect(await runUntilSignal(log, new EventEmitter(), () => Promise.reject(failure))).toBe(1)
    expect(lines).toEqual(['cannot start: the tables are missing; try: crbus store init'])
  })

  test('logs a part that stopped by itself in one line, and returns exit code 1', async () => {
    const { log, lines } = recorder()
    const failure = new PartStoppedError('order cannot continue: its tables are gone')
    expect(await runUntilSignal(log, new EventEmitter(), () => Promise.reject(failure))).toBe(1)
    expect(lines).toEqual(['order cannot continue: its tables are gone'])
  })

  test('writes the stacks of an error and of its cause, indented, at level debug', async () => {
    const { log, lines } = recorder({ LOG_LEVEL: 'debug' })
    const failure = new Error('no store', { cause: new Error('refused\nrunning order') })
    await runUntilSignal(log, new EventEmitter(), () => Promise.reject(failure))
    const [first, ...below] = (lines[0] as string).split('\n')
    expect(first).toBe('cannot start: no store')
    expect(below.every((line) => line.startsWith('    '))).toBe(true)
    expect(below.join('\n')).toMatch(/at .*service\.test\.ts[\s\S]*caused by Error: refused\n {4}running order\n/)
  })
})
