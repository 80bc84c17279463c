import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EventBusError } from '../../src/bus/errors.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import { advice } from '../../src/bus/hints.ts'
import type { Outage } from '../../src/bus/outage.ts'
import { monotonicClock } from '../../src/bus/time/monotonic-clock.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { cborCodec } from '../../src/saga/codecs/plain-codecs.ts'
import { append } from '../../src/saga/effects.ts'
import { Watch } from '../../src/saga/reports/watch.ts'
import { runAggregate } from '../../src/saga/run-aggregate.ts'
import { Relay } from '../../src/saga/runtime/relay.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { onSmallDisk, smallDisk } from '../support/small-disk.ts'
import { newTopic, numbered, numberedList, numberOf, take, uniqueGroup } from './support/harness.ts'
import { one } from './support/store-harness.ts'

// The embedded bus and the store in a file on a full or read-only disk.

const large = (fill: number) => serializedEvent('Large.v1', Buffer.alloc(100_000, fill))

async function readAll(bus: EmbeddedEventBus, topic: string) {
  const [range] = await bus.log.ranges(topic)
  const records = []
  for await (const batch of bus.log.read([{ topic, partition: 0, from: 0n, to: range?.end }])) records.push(...batch)
  return records
}

/** Publishes until the disk is full. Resolves with the number of published events and the error of the next one. */
async function publishUntilFull(bus: EmbeddedEventBus, topic: string) {
  for (let count = 0; ; count += 1) {
    const error = await bus.publish(topic, large(count % 250)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error !== undefined) return { count, error }
  }
}

describe.runIf(onSmallDisk)('on a full disk', () => {
  test('a publish is refused with a suggestion, and earlier events are kept', async () => {
    const disk = smallDisk()
    await using bus = new EmbeddedEventBus({ path: join(disk.path, 'bus.db') })
    const topic = await newTopic(bus, 1)

    const { count, error } = await publishUntilFull(bus, topic)

    expect(error).toBeInstanceOf(EventBusError)
    expect(error).toMatchObject({
      code: 'PUBLISH_FAILED',
      isPassing: true,
      message: expect.stringContaining(`no space left on the disk of ${disk.path}`),
      hints: [advice('make room on the disk')],
    })
    expect(count).toBeGreaterThan(5)
    expect(await readAll(bus, topic)).toHaveLength(count)
    // A list is one transaction, so all events are published or none.
    await expect(
      bus.publish(
        topic,
        Array.from({ length: 50 }, () => large(1)),
      ),
    ).rejects.toMatchObject({ isPassing: true })
    expect(await readAll(bus, topic)).toHaveLength(count)
  })

  test('a process that opens the bus can read it', async () => {
    const disk = smallDisk()
    const path = join(disk.path, 'bus.db')
    const first = new EmbeddedEventBus({ path })
    const topic = await newTopic(first, 1)
    await first.publish(topic, numberedList(20))
    await first.close()
    disk.fill()
    expect(readdirSync(disk.path).sort()).toEqual(['bus.db', 'filler'])

    await using bus = new EmbeddedEventBus({ path })
    expect(await readAll(bus, topic)).toHaveLength(20)
    expect(await bus.admin.listTopics()).toHaveLength(1)
    await expect(bus.publish(topic, numbered(1))).rejects.toMatchObject({ name: 'EventBusError' })
  })

  test('a subscription waits for space, reports the outage once and keeps its acknowledgements', async () => {
    const disk = smallDisk()
    const path = join(disk.path, 'bus.db')
    const outages: Outage[] = []
    const told = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const bus = new EmbeddedEventBus({ path, sessionTimeout: 400 })
    onTestFinished(() => bus.close())
    const topic = await newTopic(bus, 1)
    const group = uniqueGroup()
    await bus.publish(topic, numberedList(20))
    const stream = await bus.subscribe([topic], {
      group,
      autoOffsetReset: 'earliest',
      onOutage: (outage) => told[outages.push(outage) - 1]?.resolve(),
    })
    expect((await take(stream, 5)).map(numberOf)).toEqual([0, 1, 2, 3, 4])
    await publishUntilFull(bus, topic)
    disk.fill()
    // Acknowledges the fifth event. Its commit has to wait.
    const next = stream.next()
    await told[0]?.promise
    const message = expect.stringContaining(`no space left on the disk of ${disk.path}`)
    expect(outages).toMatchObject([{ state: 'lost', error: { message } }])

    disk.grow()
    await told[1]?.promise
    expect(outages.slice(1)).toMatchObject([{ state: 'restored' }])
    await next
    await stream.close()
    const [committed] = await bus.admin.committedOffsets(group)
    expect(committed?.offset).toBeGreaterThanOrEqual(5n)
  })

  test('the store refuses a commit, keeps earlier commits and continues when there is space', async () => {
    const disk = smallDisk()
    await using store = new SqliteEventStore({ path: join(disk.path, 'store.db') })
    let version = 0
    const append = (): Promise<number> => store.append('order-1', version, [large(1)])
    let error: unknown
    while (error === undefined) {
      error = await append().then(
        () => {
          version += 1
          return undefined
        },
        (thrown: unknown) => thrown,
      )
    }
    expect(error).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(`no space left on the disk of ${disk.path}`),
      hints: [advice('make room on the disk')],
    })
    expect(version).toBeGreaterThan(5)
    expect(await store.readStream('order-1')).toHaveLength(version)
    disk.grow()
    expect(await append()).toBe(version + 1)
  })

  test('the relay keeps its messages and publishes each once when there is space', async () => {
    const disk = smallDisk()
    const elsewhere = mkdtempSync(join(tmpdir(), 'crbus-store-'))
    onTestFinished(() => rmSync(elsewhere, { recursive: true }))
    await using bus = new EmbeddedEventBus({ path: join(disk.path, 'bus.db') })
    const topic = await newTopic(bus, 1)
    await using store = new SqliteEventStore({ path: join(elsewhere, 'store.db') })
    await publishUntilFull(bus, topic)
    disk.fill()
    const before = (await readAll(bus, topic)).length
    for (let count = 0; count < 5; count += 1) {
      const event = large(count)
      await store.commit('billing', [{ ...one('order-1', count, 'a'), messages: [{ topic, event }] }])
    }
    const said: string[] = []
    const told = Promise.withResolvers<void>()
    const relay = new Relay({
      bus,
      store,
      owner: 'billing',
      clock: monotonicClock,
      watch: new Watch({
        name: 'billing',
        group: 'billing',
        onError: ({ message }) => {
          said.push(message)
          told.resolve()
        },
      }),
    })
    const running = relay.run()
    await told.promise
    expect(said[0]).toMatch(/messages for .* wait: .*no space left on the disk/)
    disk.grow()
    await expect.poll(() => store.outbox.pending('billing', 10), { timeout: 20_000 }).toEqual([])
    relay.stop()
    await running
    expect(await readAll(bus, topic)).toHaveLength(before + 5)
    expect(await store.deadLetters.count()).toBe(0)
  })
})

test.runIf(onSmallDisk)(
  'an aggregate waits while its store is full and handles every command once when there is space',
  async () => {
    type Fill = { readonly type: 'Fill' | 'Filled'; readonly id: string; readonly fill: string }
    const disk = smallDisk()
    const elsewhere = mkdtempSync(join(tmpdir(), 'crbus-bus-'))
    onTestFinished(() => rmSync(elsewhere, { recursive: true }))
    await using bus = new EmbeddedEventBus({ path: join(elsewhere, 'bus.db'), createTopics: true })
    await using store = new SqliteEventStore({ path: join(disk.path, 'store.db') })
    const waits = Promise.withResolvers<string>()
    const running = await runAggregate<number, Fill>({
      bus,
      store,
      aggregate: {
        name: 'filler',
        events: 'filler-events',
        commands: 'filler-commands',
        initial: 0,
        reduce: (count, action) =>
          action.type === 'Filled'
            ? { state: count + 1, effects: [] }
            : { state: count, effects: [append<Fill>({ ...action, type: 'Filled' })] },
        codec: cborCodec<Fill>({ Fill: 1, Filled: 1 }),
        idOf: ({ id }) => id,
      },
      onError: ({ message }) => waits.resolve(message),
    })
    const fill = 'x'.repeat(100_000)
    const sent = Array.from({ length: 80 }, (_, id) =>
      running.send({ type: 'Fill', id: `f-${id}`, fill }, { causationId: `c-${id}` }),
    )
    expect(await waits.promise).toContain(`no space left on the disk of ${disk.path}`)
    disk.grow(8)
    await Promise.all(sent)
    await running.close()
    const streams = await store.readStreams(Array.from({ length: 80 }, (_, id) => `filler-f-${id}`))
    expect([...streams.values()].map((stream) => stream.length)).toEqual(Array.from({ length: 80 }, () => 1))
  },
)

describe('a bus without write permission', () => {
  /** Creates a bus with 20 events in a folder and closes it. */
  async function made(folder: string): Promise<{ path: string; topic: string }> {
    const path = join(folder, 'bus.db')
    const bus = new EmbeddedEventBus({ path })
    const topic = await newTopic(bus, 1)
    await bus.publish(topic, numberedList(20))
    await bus.close()
    return { path, topic }
  }

  test.runIf(onSmallDisk)('can be read on a read-only file system and refuses changes as read-only', async () => {
    const disk = smallDisk()
    const { path, topic } = await made(disk.path)
    disk.makeReadOnly()
    await using bus = new EmbeddedEventBus({ path })
    expect(await readAll(bus, topic)).toHaveLength(20)
    expect(await bus.admin.describeTopic(topic)).toMatchObject({ partitions: 1 })
    for (const change of [
      () => bus.publish(topic, numbered(1)),
      () => bus.admin.createTopic('other'),
      () => bus.admin.commitOffsets('billing', [{ topic, partition: 0, offset: 1n }]),
      () => bus.subscribe([topic]),
    ]) {
      await expect(change()).rejects.toMatchObject({
        code: 'REFUSED',
        message: expect.stringContaining('is read-only'),
      })
    }
    disk.makeWritable()
    await using again = new EmbeddedEventBus({ path })
    await again.publish(topic, numbered(1))
  })

  const driver = new URL('../../src/drivers/embedded/embedded-event-bus.ts', import.meta.url)
  /** Reads and writes the bus as a user other than root, because permissions do not apply to root. */
  async function asNobody(path: string, topic: string): Promise<unknown> {
    const script = `
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534) }
      const { EmbeddedEventBus } = await import('${driver}')
      const topic = ${JSON.stringify(topic)}
      try {
        const bus = new EmbeddedEventBus({ path: ${JSON.stringify(path)} })
        const records = []
        for await (const batch of bus.log.read([{ topic, partition: 0, from: 0n, to: 20n }])) records.push(...batch)
        const refused = await bus.log.append(topic, [{ key: null, value: null }]).catch(({ code, message }) => ({ code, message }))
        console.log(JSON.stringify({ read: records.length, refused }))
      } catch ({ code, message, hints }) { console.log(JSON.stringify({ code, message, hints })) }`
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--no-warnings',
      '--input-type=module',
      '--eval',
      script,
    ])
    return JSON.parse(stdout)
  }

  function openFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'crbus-read-only-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return folder
  }

  test.each([
    ['the file', 0o444, 0o777],
    ['the folder', 0o666, 0o555],
    ['both', 0o444, 0o555],
  ])('can be read by other users if this is read-only: %s', async (_, file, folderMode) => {
    const folder = openFolder()
    const { path, topic } = await made(folder)
    chmodSync(path, file)
    chmodSync(folder, folderMode)
    expect(await asNobody(path, topic)).toEqual({
      read: 20,
      refused: { code: 'REFUSED', message: expect.stringContaining('is read-only') },
    })
    chmodSync(folder, 0o755)
  })

  test('can be read while its owner has it open', async () => {
    const folder = openFolder()
    const { path, topic } = await made(folder)
    await using bus = new EmbeddedEventBus({ path })
    await bus.publish(topic, numbered(1))
    chmodSync(folder, 0o555)
    expect(await asNobody(path, topic)).toMatchObject({ read: 20 })
    chmodSync(folder, 0o755)
  })

  test('is refused with the name of a folder that may not be read', async () => {
    const folder = openFolder()
    mkdirSync(join(folder, 'sealed'))
    const { path, topic } = await made(join(folder, 'sealed'))
    chmodSync(folder, 0o755)
    chmodSync(join(folder, 'sealed'), 0o700)
    if (process.getuid?.() === 0) chownSync(join(folder, 'sealed'), 0, 0)
    else chmodSync(join(folder, 'sealed'), 0o000)
    expect(await asNobody(path, topic)).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining(`permission denied: ${join(folder, 'sealed')}`),
    })
    chmodSync(join(folder, 'sealed'), 0o700)
  })
})
