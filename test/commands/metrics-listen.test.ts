import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import Metrics from '../../src/commands/metrics.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type CliResult, runCli } from './run-cli.ts'

let broker: MemoryBroker
let bus: InMemoryEventBus

beforeEach(async () => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker, createTopics: true })
  const event = serializedEvent('OrderPlaced.v1', Buffer.from('{}'))
  await bus.publish('order-events', [event, event, event])
  await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 1n }])
})

interface Serving extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly running: Promise<CliResult>
  readonly stop: Stop
}

async function serve({
  listen = '127.0.0.1:0',
  argv = [] as string[],
  bus = undefined as EventBus | undefined,
} = {}): Promise<Serving> {
  const stop = new Stop()
  const url = Promise.withResolvers<string>()
  const onStderr = (text: string) => {
    const [found] = /http:\S+/.exec(text) ?? []
    if (found !== undefined) url.resolve(found)
  }
  const more = bus === undefined ? {} : { openBus: () => bus }
  const running = runCli(Metrics, ['--listen', listen, ...argv], { broker, stop, onStderr, ...more })
  const end = async () => {
    stop.request('interrupted')
    await running
  }
  // A server that ends before it listens has printed the reason.
  const at = await Promise.race([url.promise, running.then(({ stderr }) => Promise.reject(new Error(stderr)))])
  return { url: at, port: Number(new URL(at).port), running, stop, [Symbol.asyncDispose]: end }
}

/** Whether a line is the same in each answer. */
const isLasting = (line: string): boolean => !line.startsWith('crbus_scrape_duration_seconds ')

const LAG = 'crbus_group_lag_events{group="billing",topic="order-events",partition="0"}'

describe('metrics --listen', () => {
  test('serves the output of metrics, measured again for every scrape', async () => {
    await using server = await serve()

    const response = await fetch(server.url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const text = await response.text()
    const once = (await runCli(Metrics, [], { broker })).stdout
    expect(text.split('\n').filter(isLasting)).toEqual(once.split('\n').filter(isLasting))
    expect(text).toContain(`${LAG} 2\n`)

    await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{}')))
    expect(await (await fetch(`${server.url}?x=1`)).text()).toContain(`${LAG} 3\n`)
  })

  test('serves /metrics, /healthz and a page with links, and only GET and HEAD', async () => {
    await using server = await serve()
    const at = (path: string) => new URL(path, server.url)

    const head = await fetch(server.url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100)
    const page = await fetch(at('/'))
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await page.text()).toContain('<a href="/metrics">')
    const elsewhere = await fetch(at('/metric'))
    expect([elsewhere.status, await elsewhere.text()]).toEqual([404, 'not found; the metrics are at /metrics\n'])
    for (const path of ['/', '/metrics', '/healthz']) {
      const post = await fetch(at(path), { method: 'POST', body: 'x' })
      expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
    expect((await fetch(`${server.url}/`, { method: 'DELETE' })).status).toBe(404)
  })

  test.each([
    ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', true],
    ['application/openmetrics-text; version="1.0.0"; charset=utf-8', true],
    ['application/openmetrics-text', true],
    ['application/openmetrics-text;version=0.0.1', false],
    ['application/openmetrics-text;q=0.1,text/plain', false],
    ['application/openmetrics-text;q=0', false],
    ['text/plain', false],
    ['*/*', false],
    ['', false],
    [';;q=x,,', false],
  ])('answers a client that accepts %j with OpenMetrics: %j', async (accept, isOpenMetrics) => {
    await using server = await serve()
    const response = await fetch(server.url, { headers: { accept } })
    const text = await response.text()
    expect(response.headers.get('content-type')).toBe(
      isOpenMetrics
        ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
        : 'text/plain; version=0.0.4; charset=utf-8',
    )
    expect(text.endsWith('\n# EOF\n')).toBe(isOpenMetrics)
    expect(text.includes('# TYPE crbus_topic_offsets counter\n')).toBe(isOpenMetrics)
    expect(text.includes('# UNIT crbus_scrape_duration_seconds seconds\n')).toBe(isOpenMetrics)
    expect(text.includes('# TYPE crbus_build info\n')).toBe(isOpenMetrics)
    expect(text).toContain('\ncrbus_topic_offsets_total{topic="order-events",partition="0"} 3\n')
  })

  test.each([
    ['gzip, deflate', 'gzip'],
    ['gzip;q=0', null],
    ['identity', null],
  ])('answers a client that accepts the encoding %j with the encoding %j', async (accepted, encoding) => {
    await using server = await serve()
    const response = await fetch(server.url, { headers: { 'accept-encoding': accepted } })
    expect(response.headers.get('content-encoding')).toBe(encoding)
    expect(await response.text()).toContain(`${LAG} 2\n`)
  })

  test('compares scrapes, so that verdicts and the time to catch up reach Prometheus', async () => {
    await using server = await serve()
    await fetch(server.url)
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 2n }])
    const text = await (await fetch(server.url)).text()
    expect(text).toContain('crbus_group_verdict{group="billing",verdict="catching-up"} 1\n')
    expect(text).toContain('crbus_group_verdict{group="billing",verdict="stopped"} 0\n')
    expect(text).toMatch(/crbus_group_catch_up_seconds\{group="billing"\} \d/)
  })

  /** A memory bus whose measurements wait for a gate, which counts them. */
  function gated() {
    const own = new InMemoryEventBus({ broker, createTopics: true })
    const gate = { measured: 0, next: (): Promise<void> => Promise.resolve() }
    const admin = new Proxy(own.admin, {
      get(target, name: keyof typeof own.admin) {
        if (name !== 'listGroups') return target[name].bind(target)
        return async () => {
          gate.measured += 1
          await gate.next()
          return target.listGroups()
        }
      },
    })
    return { gate, bus: Object.assign(own, { admin }) }
  }

  test('measures once for scrapes that arrive together', async () => {
    const { gate, bus: counted } = gated()
    const opened = Promise.withResolvers<void>()
    const measuring = Promise.withResolvers<void>()
    gate.next = () => {
      measuring.resolve()
      return opened.promise
    }
    await using server = await serve({ bus: counted })
    const socket = connect(server.port, '127.0.0.1')
    let answers = ''
    const answered = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        answers += chunk
        if (answers.split(`${LAG} 2\n`).length === 4) resolve()
      })
    })

    // One write, so that all three requests arrive before the measurement begins.
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3))
    await measuring.promise
    opened.resolve()
    await answered

    expect(gate.measured).toBe(1)
    await fetch(server.url)
    expect(gate.measured).toBe(2)
  })

  test('answers with crbus_up 0 while the measurement fails, and says why once and at /healthz', async () => {
    const { gate, bus: failing } = gated()
    gate.next = () => Promise.reject(new Error('the cable\nis out'))
    await using server = await serve({ bus: failing })
    const health = () => fetch(new URL('/healthz', server.url))

    const response = await fetch(server.url)
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('\ncrbus_up 0\n')])
    const unhealthy = await health()
    expect([unhealthy.status, await unhealthy.text()]).toEqual([
      503,
      'Error: the cable (try: this is a bug in crbus: please report it with the lines above)\n',
    ])
    gate.next = () => Promise.resolve()
    expect(await (await fetch(server.url)).text()).toContain('\ncrbus_up 1\n')
    const healthy = await health()
    expect([healthy.status, await healthy.text()]).toEqual([200, 'ok\n'])

    server.stop.request('interrupted')
    const { stderr } = await server.running
    expect(stderr.match(/cannot measure: Error: the cable/g)).toHaveLength(1)
  })

  test('answers /healthz from the last measurement, and measures if there is none', async () => {
    const { gate, bus: counted } = gated()
    await using server = await serve({ bus: counted })
    for (let left = 3; left > 0; left -= 1) expect((await fetch(new URL('/healthz', server.url))).status).toBe(200)
    expect(gate.measured).toBe(1)
  })

  test('answers within the time-out of a scrape, and later scrapes share the measurement', async () => {
    const { gate, bus: slow } = gated()
    const released = Promise.withResolvers<void>()
    gate.next = () => released.promise
    await using server = await serve({ bus: slow })
    const headers = { 'x-prometheus-scrape-timeout-seconds': '0.2' }

    for (let left = 2; left > 0; left -= 1)
      expect(await (await fetch(server.url, { headers })).text()).toContain('\ncrbus_up 0\n')
    expect(gate.measured).toBe(1)
    released.resolve()

    expect(await (await fetch(server.url)).text()).toContain('\ncrbus_up 1\n')
  })

  test('crbus_up is 0 when a named group does not exist', async () => {
    await using server = await serve({ argv: ['--group', 'nobody'] })
    expect(await (await fetch(server.url)).text()).toContain('\ncrbus_up 0\n')
    const health = await fetch(new URL('/healthz', server.url))
    expect(await health.text()).toBe("group 'nobody' does not exist (try: crbus lag)\n")
  })

  test('refuses a request with large headers, and closes a connection that sends none', async () => {
    await using server = await serve()
    const large = await fetch(server.url, { headers: { 'x-large': 'x'.repeat(10_000) } })
    expect(large.status).toBe(431)
    const slow = connect(server.port, '127.0.0.1')
    slow.resume().write('GET /metrics HTTP/1.1\r\nHost: ')
    await new Promise((resolve) => slow.once('close', resolve))
  })

  test('closes all connections at Ctrl-C, even during a measurement', async () => {
    const { gate, bus: slow } = gated()
    const measuring = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    gate.next = () => {
      measuring.resolve()
      return released.promise
    }
    const server = await serve({ bus: slow })
    const idle = connect(server.port, '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    const closed = new Promise((resolve) => idle.once('close', resolve))
    const scrape = fetch(server.url)
    await measuring.promise

    server.stop.request('interrupted')

    expect(await server.running).toMatchObject({ exitCode: 130 })
    await closed
    await expect(scrape).rejects.toThrow()
    released.resolve()
    await expect(fetch(server.url)).rejects.toThrow()
  })

  test('listens on this machine only unless a host is named, with a warning then', async () => {
    const own = await serve({ listen: '0' })
    own.stop.request('interrupted')
    expect((await own.running).stderr).toMatch(/^metrics are at http:\/\/127\.0\.0\.1:\d+\/metrics\n$/)

    const server = await serve({ listen: '0.0.0.0:0' })
    server.stop.request('interrupted')
    expect((await server.running).stderr).toMatch(
      /warning: everyone who can connect to 0\.0\.0\.0:\d+ can read the metrics\n/,
    )
  })

  test('reports that a port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo

    const { exitCode, stderr } = await runCli(Metrics, ['--listen', `${port}`], { broker })

    expect(exitCode).toBe(6)
    expect(stderr).toContain(`error: 127.0.0.1:${port} is already in use by another program`)
    expect(stderr).toContain('try: --listen 127.0.0.1:0')
    other.close()
  })

  test.each(['x', '65536', ':9464', '-1', 'a b:1', '[::1]', 'host:'])('rejects the address %j', async (address) => {
    const { exitCode, stderr } = await runCli(Metrics, [`--listen=${address}`], { broker })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--listen 9464')
  })

  test('metrics --listen cannot be combined with --json', async () => {
    expect(await runCli(Metrics, ['--listen', '0', '--json'], { broker })).toMatchObject({ exitCode: 2 })
  })
})
