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

const LAG = 'crbus_group_lag_events{group="billing",topic="order-events",partition="0"}'

describe('metrics --listen', () => {
  test('serves the output of metrics, measured anew for every scrape', async () => {
    await using server = await serve()

    const response = await fetch(server.url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const text = await response.text()
    expect(text).toBe((await runCli(Metrics, [], { broker })).stdout)
    expect(text).toContain(`${LAG} 2\n`)

    await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{}')))
    expect(await (await fetch(`${server.url}?x=1`)).text()).toContain(`${LAG} 3\n`)
  })

  test('serves only /metrics, and only GET and HEAD', async () => {
    await using server = await serve()

    const head = await fetch(server.url, { method: 'HEAD' })
    const get = await fetch(server.url)
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'))

    const elsewhere = await fetch(new URL('/', server.url))
    expect([elsewhere.status, await elsewhere.text()]).toEqual([404, 'not found; the metrics are at /metrics\n'])
    const post = await fetch(server.url, { method: 'POST', body: 'x' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect((await fetch(`${server.url}/`, { method: 'DELETE' })).status).toBe(404)
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

  test('answers 503 with the reason while the measurement fails', async () => {
    const { gate, bus: failing } = gated()
    gate.next = () => Promise.reject(new Error('the cable\nis out'))
    await using server = await serve({ bus: failing })

    const response = await fetch(server.url)
    expect([response.status, await response.text()]).toEqual([
      503,
      'Error: the cable (try: this is a bug in crbus: please report it with the lines above)\n',
    ])
    await fetch(server.url)
    gate.next = () => Promise.resolve()
    expect((await fetch(server.url)).status).toBe(200)

    server.stop.request('interrupted')
    const { stderr } = await server.running
    expect(stderr.match(/cannot measure: Error: the cable/g)).toHaveLength(1)
  })

  test('answers 503 when a named group does not exist', async () => {
    await using server = await serve({ argv: ['--group', 'nobody'] })

    const response = await fetch(server.url)

    expect(response.status).toBe(503)
    expect(await response.text()).toBe("group 'nobody' does not exist (try: crbus lag)\n")
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

  test.each(['', 'x', '65536', ':9464', '-1', 'a b:1', '[::1]', 'host:'])('rejects the address %j', async (address) => {
    const { exitCode, stderr } = await runCli(Metrics, [`--listen=${address}`], { broker })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--listen 9464')
  })

  test('metrics --listen cannot be combined with --json', async () => {
    expect(await runCli(Metrics, ['--listen', '0', '--json'], { broker })).toMatchObject({ exitCode: 2 })
  })
})
