import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { type Installed, installPacked } from '../support/packed.ts'
import { onTerminal } from '../support/pseudo-terminal.ts'
import { type Runtime, runtime } from '../support/runtimes.ts'

/** A service in JavaScript, since Node 22.15 cannot run TypeScript without a flag. */
const service = `
import { EmbeddedEventBus, PostgresEventStore, RedpandaEventBus, serializedEvent, SqliteEventStore } from 'crbus'
import { given } from 'crbus/testing'

const [, , folder, brokers, topic] = process.argv
const event = (text) => serializedEvent('OrderPlaced.v1', new TextEncoder().encode(text))
const printFirst = async (bus, topic) => {
  const stream = await bus.subscribe([topic], { group: topic, autoOffsetReset: 'earliest' })
  for await (const received of stream) {
    console.log(new TextDecoder().decode(received.event.data))
    break
  }
  await bus.close()
}

const bus = new EmbeddedEventBus({ path: folder + '/bus.db' })
await bus.admin.createTopic('order-events')
await bus.publish('order-events', event('embedded'))
await printFirst(bus, 'order-events')

const store = new SqliteEventStore({ path: folder + '/store.db' })
await store.append('order-1', 0, [event('stored')])
const [stored] = await store.readStream('order-1')
console.log(stored.version, new TextDecoder().decode(stored.event.data), typeof given)
await store.close()

const nowhere = new RedpandaEventBus({ brokers: '127.0.0.1:1' })
await nowhere.publish('a', event('x')).catch(({ code }) => console.log(code))
await nowhere.close()
const noStore = new PostgresEventStore({ url: 'postgres://me:secret@127.0.0.1:1/x' })
await noStore.readStream('a').catch(({ code }) => console.log(code))
await noStore.close()

for (const compression of brokers ? ['lz4', 'snappy', 'zstd'] : []) {
  const kafka = new RedpandaEventBus({ brokers, compression })
  await kafka.admin.createTopic(topic + compression, { partitions: 1 })
  await kafka.publish(topic + compression, event(compression.repeat(100)))
  await printFirst(kafka, topic + compression)
}
`

let installed: Installed

beforeAll(async () => {
  installed = await installPacked()
  writeFileSync(join(installed.folder, 'service.js'), service)
})

// The oldest and newest release of every Node line in package.json, and the other runtimes with node:sqlite.
describe.each(['node@22.15.0', 'node@22', 'node@24.0.0', 'node@24', 'bun', 'deno'])(
  'the packed tarball on %s',
  (name) => {
    let folder: string
    let run: Runtime

    beforeAll(async () => {
      run = await runtime(name)
      folder = mkdtempSync(join(tmpdir(), 'crbus-runtime-'))
    })

    const start = (file: string, argv: readonly string[]) => {
      const [program, ...args] = run
      // Deno needs the package's node_modules, which it finds from its working directory.
      return execa(program, [...args, file, ...argv], {
        cwd: installed.folder,
        reject: false,
        env: {
          CRBUS_DATA_DIR: folder,
          XDG_CONFIG_HOME: folder,
          NO_COLOR: '1',
          CRBUS_BROKERS: '',
          REDPANDA_BROKERS: '',
        },
      })
    }
    const crbus = (...argv: string[]) => start(installed.bin, argv)

    test('is a library that publishes, subscribes and stores, and prints no warning', async () => {
      const topic = `t${Math.random().toString(36).slice(2)}-`
      const brokers = inject('kafkaBrokers')
      const { stdout, stderr, exitCode } = await start('service.js', [folder, brokers, topic])
      const compressed = brokers === '' ? [] : ['lz4', 'snappy', 'zstd'].map((text) => text.repeat(100))
      expect(stderr).toBe('')
      expect(stdout.split('\n')).toEqual([
        'embedded',
        '1 stored function',
        'CONNECTION_FAILED',
        'STORE_UNAVAILABLE',
        ...compressed,
      ])
      expect(exitCode).toBe(0)
    })

    test('is a command line that publishes, tails, administers and stores, and prints no warning', async () => {
      expect((await crbus('--version')).stdout).toMatch(/^crbus\/\d/)
      await crbus('publish', 'order-events', '--type', 'OrderPlaced.v1', '--data', '{"order_id":"o-1"}')
      const tailed = await crbus(
        'tail',
        'order-events',
        '-e',
        '-q',
        '-o',
        '%y %{order_id}',
        '--where',
        'data.order_id == "o-1"',
      )
      expect(tailed).toMatchObject({ stdout: 'OrderPlaced.v1 o-1', stderr: '', exitCode: 0 })
      expect(await crbus('topics', 'create', 'payment-events', '-q')).toMatchObject({ stderr: '', exitCode: 0 })
      const topics = await crbus('topics', 'list', '--json')
      expect(topics).toMatchObject({ stderr: '', exitCode: 0 })
      expect(topics.stdout).toContain('payment-events')
      const store = join(folder, 'events.db')
      expect(await crbus('store', 'init', '--store', store, '--yes', '-q')).toMatchObject({ stderr: '', exitCode: 0 })
      expect(readFileSync(store).subarray(0, 15).toString()).toBe('SQLite format 3')
    })

    test('is a command line with a working demo and live screen', async () => {
      const demo = await crbus('demo', '--checkouts', '2', '--pause', '1', '-q')
      expect(demo.stderr).toMatch(/^\s*2 checkouts: 2 completed/)
      expect(demo.stderr).not.toContain('Warning')
      const [program, ...args] = run
      const command = [program, ...args, installed.bin, 'lag', '--watch'].map((part) => `"${part}"`).join(' ')
      const env = {
        CRBUS_DATA_DIR: folder,
        XDG_CONFIG_HOME: folder,
        TERM: 'xterm',
        CRBUS_BROKERS: '',
        REDPANDA_BROKERS: '',
      }
      const watching = onTerminal(`stty rows 24 cols 80; ${command}`, env, { cwd: installed.folder })
      // The key is typed before the screen reads keys, so it is the first one that it reads.
      watching.type('q')
      const { shown, exitCode } = await watching.ended
      expect(shown).toContain('VERDICT')
      expect(shown).not.toContain('Warning')
      expect(exitCode).toBe(0)
    })
  },
)

test.each(['node@18', 'node@20'])(
  'the packed tarball on %s prints a command that runs it with a newer Node',
  async (name) => {
    const [node] = await runtime(name)
    const { stderr, exitCode } = await execa(node, [installed.bin, 'lag'], { reject: false })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('crbus needs Node 22.15 or newer; this is ')])
    const [, suggested = ''] = /^Try: (npx .+) --help$/m.exec(stderr) ?? []
    const { stdout } = await execa('sh', ['-c', `${suggested} --version`], { env: { npm_config_yes: 'true' } })
    expect(stdout).toMatch(/^crbus\/\d+\.\d+\.\d+ node-v24\./)
  },
)
