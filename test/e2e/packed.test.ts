import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { installPacked } from '../support/packed.ts'
import { onTerminal } from '../support/pseudo-terminal.ts'

const root = new URL('../..', import.meta.url).pathname
const tool = (name: string) => join(root, 'node_modules', '.bin', name)
const env = { CRBUS_BROKERS: '', REDPANDA_BROKERS: '', CRBUS_PROFILE: '', NO_COLOR: '1' }

/** A service as a user writes one: the README's ten lines, with types as strict as they get. */
const service = `
import { EmbeddedEventBus, type EventBus, type EventStore, InMemoryEventBus, openEventStore, PostgresEventStore } from 'crbus'
import { type Received, serializedEvent, SqliteEventStore } from 'crbus'

const buses: EventBus[] = [new InMemoryEventBus(), new EmbeddedEventBus({ path: process.argv[2] ?? '' })]
for (const bus of buses) {
  await bus.admin.createTopic('order-events')
  await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}')))
  const stream = await bus.subscribe(['order-events'], { group: 'billing', autoOffsetReset: 'earliest' })
  for await (const received of stream) {
    const seen: Received = received
    if (seen.ok) console.log(seen.event.eventType, Buffer.from(seen.event.data).toString())
    break
  }
  await bus.close()
}

const unused: EventStore = new PostgresEventStore({ url: 'postgres://localhost/x' })
await unused.close()
const memory = new SqliteEventStore({ path: ':memory:' })
for (const store of [memory, await openEventStore((process.argv[2] ?? '') + '.store')]) {
  await store.append('order-1', 0, [serializedEvent('OrderPlaced.v1', Buffer.from('stored'))])
  const [stored] = await store.readStream('order-1')
  console.log(stored?.version, Buffer.from(stored?.event.data ?? []).toString())
  await store.close()
}
`

/** The strictest compiler options. */
const strict = [
  ...['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'],
  ...['--module', 'nodenext', '--target', 'es2022', '--types', 'node'],
  ...['--typeRoots', join(root, 'node_modules/@types')],
]

let tarball: string
let folder: string

beforeAll(async () => {
  const installed = await installPacked()
  tarball = installed.tarball
  folder = installed.folder
})

describe('the packed tarball, installed elsewhere', () => {
  test('satisfies publint and are-the-types-wrong', async () => {
    const lint = await execa(process.execPath, [tool('publint'), tarball, '--strict'], { reject: false })
    expect(lint.stdout).toContain('All good!')
    const types = await execa(process.execPath, [tool('attw'), tarball, '--profile', 'esm-only'], { reject: false })
    expect(types.exitCode, types.stdout).toBe(0)
  })

  test('runs, and finds its commands in the manifest that it contains', async () => {
    const crbus = (...argv: string[]) =>
      execa(process.execPath, [join(folder, 'node_modules/crbus/bin/crbus.js'), ...argv], {
        env: { ...env, CRBUS_DATA_DIR: join(folder, 'data') },
      })
    expect(existsSync(join(folder, 'node_modules/crbus/oclif.manifest.json'))).toBe(true)
    expect((await crbus('--version')).stdout).toMatch(/^crbus\/\d+\.\d+\.\d+ node-v\d+/)
    expect((await crbus('--help')).stdout).toContain('publish')
    await crbus('publish', 'order-events', '--type', 'OrderPlaced.v1', '--data', '{"order_id":"o-1"}')
    expect((await crbus('tail', 'order-events', '-e', '-o', '%y %{order_id}')).stdout).toBe('OrderPlaced.v1 o-1')
  })

  test('runs with npx, without being installed', async () => {
    const { stdout } = await execa('npx', ['--yes', `./${basename(tarball)}`, '--version'], {
      cwd: dirname(tarball),
      env,
    })
    expect(stdout).toMatch(/^crbus\/\d+\.\d+\.\d+ node-v\d+/)
  })

  test('contains the schemas of documents, which crbus help json lists', async () => {
    const { stdout } = await execa(
      process.execPath,
      [join(folder, 'node_modules/crbus/bin/crbus.js'), 'help', 'json'],
      { env },
    )
    const listed = [...stdout.matchAll(/^ +(\S+\.schema\.json) /gm)].map(([, path]) => path)
    expect(listed.length).toBeGreaterThan(20)
    const code = `for (const path of ${JSON.stringify(listed)}) {
      const { default: schema } = await import('crbus/documents/' + path, { with: { type: 'json' } })
      console.log(schema.$id)
    }`
    writeFileSync(join(folder, 'schemas.mjs'), code)
    const ran = await execa(process.execPath, ['schemas.mjs'], { cwd: folder, env })
    expect(ran.stdout.split('\n')).toEqual(listed)
  })

  test('installs as a single package of less than 6 MB', async () => {
    const found = await execa('npm', ['ls', '--all', '--parseable'], { cwd: folder })
    expect(found.stdout.split('\n').slice(1)).toEqual([join(folder, 'node_modules/crbus')])
    const { stdout } = await execa('du', ['-sk', 'node_modules'], { cwd: folder })
    expect(Number.parseInt(stdout, 10)).toBeLessThanOrEqual(6144)
  })

  test('has no script that npm would run, or warn about, when it is installed', () => {
    const { scripts } = JSON.parse(readFileSync(join(folder, 'node_modules/crbus/package.json'), 'utf8'))
    const run = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare']
    expect(Object.keys(scripts).filter((name) => run.includes(name))).toEqual([])
  })

  test('generates sample descriptions, which use words from all parts of faker', async () => {
    const schema = join(folder, 'products.json')
    const types = { ProductEvent: { enum: [{ ProductListed: { description: 'String' } }] } }
    const events = { 'ProductListed.v1': 'ProductListed' }
    const file = { crbus_schema: 1, topic: 'product-events', root: 'ProductEvent', events, types }
    writeFileSync(schema, JSON.stringify(file))
    const crbus = join(folder, 'node_modules/crbus/bin/crbus.js')
    const argv = ['schema', 'sample', '--schema', schema, '-n', '300', '--seed', '1', '--data-only']
    const { stdout } = await execa(process.execPath, [crbus, ...argv], { env })
    expect(stdout.split('\n')).toHaveLength(300)
  })

  test('contains the examples of docstrings in its type declarations', () => {
    const types = join(folder, 'node_modules/crbus/dist/types')
    const declarations = readdirSync(types).map((name) => readFileSync(join(types, name), 'utf8'))
    expect(declarations.join('\n')).toContain(" * topicFor('order') // => 'order-events'\n")
  })

  test('contains the licenses of the bundled packages', () => {
    const notices = readFileSync(join(folder, 'node_modules/crbus/dist/THIRD-PARTY-NOTICES'), 'utf8')
    for (const name of ['kafkajs', 'cbor-x', 'pg', 'pg-protocol', 'snappyjs', '@oclif/core', 'react', 'ink', 'execa']) {
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'))
    }
    expect(notices).toContain('Permission is hereby granted')
  })

  test.each(['cjs', 'esm'])(
    'is bundled by esbuild to %s without settings, and runs without node_modules',
    async (format) => {
      const source = `
      import { EmbeddedEventBus, PostgresEventStore, RedpandaEventBus, serializedEvent, SqliteEventStore } from 'crbus'
      async function main() {
        const event = serializedEvent('OrderPlaced.v1', Buffer.from('x'))
        const bus = new EmbeddedEventBus({ path: process.argv[2] + '/bus.db' })
        await bus.admin.createTopic('order-events')
        await bus.publish('order-events', event)
        const store = new SqliteEventStore({ path: process.argv[2] + '/store.db' })
        console.log(await store.append('order-1', 0, [event]))
        for (const opened of [bus, store]) await opened.close()
        const kafka = new RedpandaEventBus({ brokers: '127.0.0.1:1', compression: 'lz4' })
        await kafka.publish('order-events', event).catch(({ code }) => console.log(code))
        const postgres = new PostgresEventStore({ url: 'postgres://127.0.0.1:1/x' })
        await postgres.readStream('order-1').catch(({ code }) => console.log(code))
      }
      void main()`
      writeFileSync(join(folder, 'client.js'), source)
      const elsewhere = mkdtempSync(join(tmpdir(), 'crbus-bundled-'))
      const file = join(elsewhere, format === 'cjs' ? 'client.cjs' : 'client.mjs')
      const argv = ['--bundle', '--platform=node', `--outfile=${file}`, 'client.js']
      if (format === 'esm') argv.push('--format=esm')
      const built = await execa(tool('esbuild'), argv, { cwd: folder })
      expect(built.stderr).not.toMatch(/warning|error/i)
      const ran = await execa(process.execPath, [file, elsewhere], { cwd: elsewhere, env })
      expect(ran).toMatchObject({ stdout: '1\nCONNECTION_FAILED\nSTORE_UNAVAILABLE', stderr: '' })
    },
  )

  test.each(['es2022', 'es2023'])(
    'is a library whose types hold with the library of %s and the types of Node 22',
    async (lib) => {
      await execa('npm', ['install', '--no-save', '--no-fund', '--no-audit', '@types/node@22'], { cwd: folder })
      writeFileSync(join(folder, 'service.ts'), service)
      const argv = [...strict.slice(0, -2), '--lib', lib, 'service.ts']
      const checked = await execa(process.execPath, [tool('tsc'), '--noEmit', ...argv], { cwd: folder, reject: false })
      expect(checked.stdout).toBe('')
    },
  )

  test('shows its live screen without any other installed package', async () => {
    const crbus = `"${process.execPath}" "${join(folder, 'node_modules/crbus/bin/crbus.js')}"`
    const data = { ...env, CRBUS_DATA_DIR: join(folder, 'screen'), TERM: 'xterm' }
    await execa('sh', ['-c', `${crbus} publish order-events --type A.v1 -d '{}'`], { env: data })
    const running = onTerminal(`stty rows 24 cols 80; ${crbus} lag --watch`, data)
    // The key is typed before the screen reads keys, so it is the first one that it reads.
    running.type('q')
    const { shown, exitCode } = await running.ended
    expect(shown).toContain('no groups yet')
    expect(exitCode).toBe(0)
    for (const name of ['ink', 'react']) expect(existsSync(join(folder, 'node_modules', name))).toBe(false)
  })

  test('is a library whose types compile with the strictest compiler options', async () => {
    writeFileSync(join(folder, 'service.ts'), service)
    const checked = await execa(process.execPath, [tool('tsc'), '--noEmit', ...strict, 'service.ts'], {
      cwd: folder,
      reject: false,
    })
    expect(checked.stdout).toBe('')
    const ran = await execa(process.execPath, ['service.ts', join(folder, 'service.db')], { cwd: folder, env })
    expect(ran.stdout).toBe('OrderPlaced.v1 {"order_id":"o-1"}\nOrderPlaced.v1 {"order_id":"o-1"}\n1 stored\n1 stored')
  })

  test('runs the service of src/saga/README.md, which compiles with the strictest options', async () => {
    const guide = readFileSync(join(root, 'src/saga/README.md'), 'utf8')
    const [shop, main, tests] = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '')
    writeFileSync(join(folder, 'shop.ts'), shop ?? '')
    writeFileSync(join(folder, 'main.ts'), main ?? '')
    writeFileSync(join(folder, 'shop.test.ts'), tests ?? '')
    const checked = await execa(
      process.execPath,
      [tool('tsc'), '--noEmit', '--allowImportingTsExtensions', ...strict, 'main.ts', 'shop.test.ts'],
      { cwd: folder, reject: false },
    )
    expect(checked.stdout).toBe('')
    const ran = await execa(process.execPath, ['shop.test.ts'], { cwd: folder, env })
    expect(ran.stdout).toMatch(/^charging \[ \{ .*type: 'ChargePayment' \} \]$/)
  })
})

test('src/demo is the service that the templates generate', async () => {
  const { exitCode, stderr } = await execa(process.execPath, ['bin/demo-sources.js', 'check'], {
    cwd: root,
    reject: false,
  })
  expect([exitCode, stderr]).toEqual([0, ''])
})

test('src/commands/README.md matches the help of the commands, and JSON.md the schemas', async () => {
  const { exitCode, stderr } = await execa(process.execPath, ['bin/reference.js', 'check'], {
    cwd: root,
    reject: false,
  })
  expect([exitCode, stderr]).toEqual([0, ''])
})
