import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EventBusError } from '../../src/bus/errors.ts'
import { advice } from '../../src/bus/hints.ts'
import type { Outage } from '../../src/bus/outage.ts'
import type { BusRecord, NewRecord } from '../../src/bus/record.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { newTopic, numbered, numberedList, numberOf, take, testSignal, uniqueGroup } from './support/harness.ts'

// Behavior of the embedded bus alone. Behavior that all buses share is tested by bus-contract.ts.

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-embedded-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const newFile = (): string => join(newFolder(), 'bus.db')

function openBus(path: string, makeOnChange = false): EmbeddedEventBus {
  const bus = new EmbeddedEventBus({ path, makeOnChange, createTopics: true })
  onTestFinished(() => bus.close())
  return bus
}

const sizeOf = ({ key, value, headers }: BusRecord): number =>
  (key?.length ?? 0) + (value?.length ?? 0) + headers.reduce((sum, [, bytes]) => sum + (bytes?.length ?? 0), 0)

async function readBatches(bus: EmbeddedEventBus, topic: string): Promise<(readonly BusRecord[])[]> {
  const [range] = await bus.log.ranges(topic)
  const batches: (readonly BusRecord[])[] = []
  const slices = [{ topic, partition: 0, from: 0n, to: range?.end }]
  for await (const batch of bus.log.read(slices)) batches.push(batch)
  return batches
}

test('a member with autoOffsetReset latest reads a topic that was deleted and created again from its first event', async () => {
  const bus = openBus(newFile())
  const topic = await newTopic(bus, 1)
  const stream = await bus.subscribe([topic], { group: uniqueGroup() })
  await bus.publish(topic, numberedList(3))
  await take(stream, 3)

  await bus.admin.deleteTopic(topic)
  await bus.admin.createTopic(topic, { partitions: 1 })
  // Published before the member can notice the new topic.
  await bus.publish(topic, numbered(9))

  expect((await take(stream, 1)).map(numberOf)).toEqual([9])
})

test('a subscription survives a lock of the file by another process', {
  timeout: 120_000,
}, async () => {
  const path = newFile()
  const bus = openBus(path)
  const topic = await newTopic(bus, 1)
  await bus.publish(topic, numbered(1))
  const outages: Outage[] = []
  const lost = Promise.withResolvers<void>()
  const stream = await bus.subscribe([topic], {
    group: uniqueGroup(),
    autoOffsetReset: 'earliest',
    onOutage: (outage) => {
      outages.push(outage)
      lost.resolve()
    },
  })
  expect((await take(stream, 1)).map(numberOf)).toEqual([1])
  const lock = await lockFile(path)

  const waiting = take(stream, 1)
  waiting.catch(() => undefined)
  await lost.promise
  await lock.release()
  await bus.publish(topic, numbered(2))

  expect((await waiting).map(numberOf)).toEqual([2])
  expect(outages).toMatchObject([
    {
      state: 'lost',
      error: {
        code: 'CONNECTION_FAILED',
        message: expect.stringMatching(/has locked the embedded bus at .* for 10 s/),
      },
    },
    { state: 'restored' },
  ])
})

test('a waiting reader fails when its file is removed', async () => {
  const path = newFile()
  const bus = openBus(path)
  const topic = await newTopic(bus, 1)
  await bus.publish(topic, numbered(1))
  const reading = bus.log.read([{ topic, partition: 0, from: 0n }], { signal: testSignal() })[Symbol.asyncIterator]()
  await reading.next()

  const next = reading.next()
  rmSync(path)

  await expect(next).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    message: expect.stringContaining(`${path}, was removed or replaced`),
  })
})

/** Starts a process that holds a write transaction until it is released. */
async function lockFile(path: string): Promise<{ release(): Promise<void> }> {
  const source = `
    const { DatabaseSync } = require('node:sqlite')
    const database = new DatabaseSync(process.argv[1])
    database.exec('BEGIN IMMEDIATE')
    process.stdout.write('locked')
    process.stdin.on('end', () => { database.exec('COMMIT'); process.exit() }).resume()`
  const child = spawn(process.execPath, ['--no-warnings', '-e', source, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  await once(child.stdout, 'data')
  return {
    async release() {
      child.stdin.end()
      await exited
    },
  }
}

describe('large records', () => {
  const MIB = 2 ** 20
  const small: NewRecord = { key: Buffer.from('small'), value: Buffer.from('x') }
  const large = (fill: number): NewRecord => ({ key: Buffer.from('large'), value: Buffer.alloc(MIB, fill) })

  /** Reduces bytes to their length and sum, because a failed comparison of megabytes would be printed byte by byte. */
  const summary = (bytes: Uint8Array | null | undefined) =>
    bytes && `${bytes.length} ${bytes.reduce((sum, byte) => sum + byte, 0)}`
  const shown = ({ key, value, headers = [] }: NewRecord) => ({
    key: summary(key),
    value: summary(value),
    headers: headers.map(([name, content]) => [name, summary(content)]),
  })

  test.each([
    { like: 'large records only', records: Array.from({ length: 12 }, (_, index) => large(index)) },
    {
      like: 'large records after a thousand small ones',
      records: [...Array.from({ length: 1000 }, () => small), large(1), large(2), large(3), small, large(4)],
    },
    {
      like: 'a large key, large headers and an empty record',
      records: [
        small,
        { key: Buffer.alloc(MIB, 1), value: null },
        { key: Buffer.alloc(MIB, 2), value: Buffer.alloc(MIB, 3) },
        { key: Buffer.from('small'), value: null, headers: [['h', Buffer.alloc(MIB, 4)]] as const },
        { key: null, value: null },
        small,
      ],
    },
    {
      like: 'records of many sizes',
      records: Array.from({ length: 400 }, (_, index) => ({
        key: Buffer.from(`k${index % 6}`),
        value: Buffer.alloc((index * 7919) % 50_000, index),
      })),
    },
  ])('are read completely and in small batches: $like', async ({ records }) => {
    const bus = openBus(newFile())
    const topic = await newTopic(bus)
    await bus.log.append(topic, records)

    const batches = await readBatches(bus, topic)

    expect(batches.flat().map(shown)).toEqual(records.map(shown))
    for (const batch of batches) {
      const size = batch.reduce((sum, record) => sum + sizeOf(record), 0)
      expect(batch.length === 1 || size <= 2 * MIB).toBe(true)
    }
  })

  test('reach a subscriber in small batches', async () => {
    const bus = openBus(newFile())
    const topic = await newTopic(bus)
    await bus.log.append(
      topic,
      Array.from({ length: 200 }, (_, index) => large(index)),
    )
    const stream = await bus.subscribe([topic], { group: uniqueGroup(), autoOffsetReset: 'earliest' })
    const before = process.memoryUsage().arrayBuffers

    await take(stream, 1)

    expect((process.memoryUsage().arrayBuffers - before) / MIB).toBeLessThan(20)
  })
})

describe('a file that is created by the first change', () => {
  const open = (path: string) => openBus(path, true)

  test('is not created by reading, which returns what an empty bus returns', async () => {
    const folder = newFolder()
    const path = join(folder, 'data', 'bus.db')
    const { admin, log } = open(path)

    expect(await admin.listTopics()).toEqual([])
    expect(await admin.listGroups()).toEqual([])
    expect(await admin.describeGroup('billing')).toMatchObject({ state: 'Dead', members: [] })
    expect(await admin.committedOffsets('billing')).toEqual([])
    expect(await admin.committedOffsetsOf(['billing'])).toEqual([[]])
    expect(await admin.describeCluster()).toMatchObject({ kind: `embedded ${path}`, clusterId: path })
    expect(await log.rangesOf(['orders'])).toEqual(new Map())
    expect(await log.firstRecords([{ topic: 'orders', partition: 0, from: 0n }])).toEqual([undefined])
    expect(await log.append('orders', [])).toEqual([])
    const refused = [
      log.ranges('orders'),
      log.offsetsAt('orders', 0n),
      admin.describeTopic('orders'),
      admin.deleteTopic('orders'),
      admin.addPartitions('orders', 5),
      admin.setTopicConfig('orders', {}),
      admin.deleteOffsets('billing', []),
      admin.deleteGroup('billing'),
    ]
    for (const answer of await Promise.allSettled(refused)) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: expect.stringMatching(/_NOT_FOUND$/) } })
    }
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test.each<[string, (bus: EmbeddedEventBus) => Promise<unknown>]>([
    ['an append', (bus) => bus.log.append('orders', [{ key: null, value: null }])],
    ['a new topic', (bus) => bus.admin.createTopic('orders')],
    ['a subscription', (bus) => bus.subscribe(['orders'])],
    ['a commit', (bus) => bus.admin.commitOffsets('billing', [])],
  ])('is created by %s after reading, and read from then on', async (_, change) => {
    const path = newFile()
    const bus = open(path)
    await bus.admin.listTopics()

    await change(bus)

    expect(existsSync(path)).toBe(true)
    const other = openBus(path)
    expect(await bus.admin.listTopics()).toEqual(await other.admin.listTopics())
    expect(await bus.admin.listGroups()).toEqual(await other.admin.listGroups())
  })

  test('is read as soon as another process has created it', async () => {
    const path = newFile()
    const reader = open(path)
    expect(await reader.admin.listTopics()).toEqual([])

    const writer = openBus(path)
    const topic = await newTopic(writer, 1)
    await writer.publish(topic, numberedList(3))

    expect(await reader.log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 3n }])
    expect((await readBatches(reader, topic)).flat()).toHaveLength(3)
  })

  test('is not created after the bus was closed', async () => {
    const folder = newFolder()
    const bus = open(join(folder, 'bus.db'))
    await bus.close()

    await expect(bus.log.append('orders', [{ key: null, value: null }])).rejects.toThrow(EventBusError)
    await expect(bus.admin.listTopics()).rejects.toThrow(EventBusError)
    expect(readdirSync(folder)).toEqual([])
  })

  test('is opened at once, and refused, if its path is not a file', async () => {
    const path = newFile()
    mkdirSync(path)
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'REFUSED' }))
    const behindFile = join(newFile(), 'bus.db')
    writeFileSync(join(behindFile, '..'), '')
    expect(() => open(behindFile)).toThrow(expect.objectContaining({ code: 'REFUSED' }))
  })

  test('has no files beside it after it was only read', async () => {
    const folder = newFolder()
    const path = join(folder, 'bus.db')
    const writer = openBus(path)
    await writer.publish('orders', numberedList(3))
    await writer.close()

    const reader = open(path)
    expect(await reader.admin.listTopics()).toHaveLength(1)
    await reader.close()

    expect(readdirSync(folder)).toEqual(['bus.db'])
  })
})

describe('a file', () => {
  test('of a newer layout is refused with the number of the layout', async () => {
    const path = newFile()
    await openBus(path).close()
    const file = new DatabaseSync(path)
    file.exec('PRAGMA user_version = 7')
    file.close()

    expect(() => new EmbeddedEventBus({ path })).toThrow(
      expect.objectContaining({
        name: 'EventBusError',
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('was written by a newer crbus (layout 7; this crbus supports layout 1)'),
        hints: expect.arrayContaining([advice('update crbus')]),
      }),
    )
  })

  test('is created with folders that only the user can access', () => {
    const folder = newFolder()

    openBus(join(folder, 'a', 'b', 'bus.db'))

    for (const made of [join(folder, 'a'), join(folder, 'a', 'b')]) expect(statSync(made).mode & 0o777).toBe(0o700)
  })

  // In a separate process, because a failure would block this one in a synchronous call.
  test.runIf(platform() === 'linux')('is refused if its folder cannot be created', async () => {
    const driver = new URL('../../src/drivers/embedded/embedded-event-bus.ts', import.meta.url)
    const script = `const { EmbeddedEventBus } = await import('${driver}')
      try { new EmbeddedEventBus({ path: '/proc/crbus/bus.db' }) } catch (error) { console.log(error.code, error.message) }`

    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '--eval', script], {
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })

    expect(stdout).toContain('REFUSED the embedded bus at /proc/crbus/bus.db cannot be opened: ')
    expect(stdout).toContain('cannot create a folder in /proc')
  })

  test('that another process locks is reported as locked', async () => {
    const path = newFile()
    const bus = openBus(path)
    await newTopic(bus)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')

    const refused = await bus.admin.createTopic('t').catch((error: unknown) => error)
    other.close()

    expect(refused).toMatchObject({
      name: 'EventBusError',
      message: expect.stringContaining('another process has locked the embedded bus'),
      hints: [advice('try again when that process has finished')],
    })
  })

  test('with the tables of another program is refused', () => {
    const path = newFile()
    const file = new DatabaseSync(path)
    file.exec('CREATE TABLE records (id INTEGER PRIMARY KEY); PRAGMA user_version = 1')
    file.close()

    expect(() => new EmbeddedEventBus({ path })).toThrow(EventBusError)
  })

  test.each([0.05, 0.2, 0.4, 0.6, 0.8, 0.95])(
    'damaged at %d of its length is reported as damaged by every call',
    async (at) => {
      const path = newFile()
      const made = openBus(path)
      const topic = await newTopic(made, 2)
      const group = uniqueGroup()
      await made.log.append(
        topic,
        Array.from({ length: 3000 }, (_, index) => ({
          key: Buffer.from(`k${index}`),
          value: Buffer.alloc(100),
          headers: [['h', Buffer.alloc(50)]] as const,
        })),
      )
      await made.admin.commitOffsets(group, [{ topic, partition: 0, offset: 1n }])
      await made.close()
      const bytes = readFileSync(path)
      const from = Math.floor((bytes.length * at) / 4096) * 4096
      bytes.fill(0xa7, from, from + 4 * 4096)
      writeFileSync(path, bytes)

      const errors: unknown[] = []
      const ask = async (work: () => unknown) => {
        try {
          await work()
        } catch (error) {
          errors.push(error)
        }
      }
      await ask(async () => {
        const bus = new EmbeddedEventBus({ path })
        const { admin, log } = bus
        await ask(() => admin.listTopics())
        await ask(() => admin.describeTopic(topic))
        await ask(() => admin.listGroups())
        await ask(() => admin.describeGroup(group))
        await ask(() => admin.committedOffsets(group))
        await ask(() => log.ranges(topic))
        await ask(() => log.offsetsAt(topic, BigInt(Date.now() + 1000)))
        for (const partition of [0, 1]) {
          await ask(async () => {
            for await (const _ of log.read([{ topic, partition, from: 0n, to: 1500n }], { signal: testSignal() }));
          })
        }
        await ask(async () => {
          const signal = AbortSignal.timeout(500)
          for await (const _ of await bus.subscribe([topic], { group, autoOffsetReset: 'earliest', signal }));
        })
        await ask(() => admin.commitOffsets(group, [{ topic, partition: 0, offset: 2n }]))
        await ask(() => log.append(topic, [{ key: null, value: null }]))
        await ask(() => admin.deleteTopic(topic))
        await ask(() => bus.close())
      })

      expect(errors).not.toEqual([])
      for (const error of errors) expect(error).toBeInstanceOf(EventBusError)
      expect(errors.map((error) => (error as Error).message).join('\n')).toContain('is damaged')
    },
  )
})
