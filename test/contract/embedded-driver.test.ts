import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { BusRecord, NewRecord } from '../../src/bus/record.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { newTopic, take, uniqueGroup } from './support/harness.ts'

// What is true of the embedded bus alone; what every bus promises is in bus-contract.ts.

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-embedded-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const newFile = (): string => join(newFolder(), 'bus.db')

function openBus(path: string): EmbeddedEventBus {
  const bus = new EmbeddedEventBus({ path })
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

describe('large records', () => {
  const MIB = 2 ** 20
  const small: NewRecord = { key: Buffer.from('small'), value: Buffer.from('x') }
  const large = (fill: number): NewRecord => ({ key: Buffer.from('large'), value: Buffer.alloc(MIB, fill) })

  /** Bytes by their number and sum: a difference of megabytes would be shown byte by byte. */
  const summary = (bytes: Uint8Array | null | undefined) =>
    bytes && `${bytes.length} ${bytes.reduce((sum, byte) => sum + byte, 0)}`
  const shown = ({ key, value, headers = [] }: NewRecord) => ({
    key: summary(key),
    value: summary(value),
    headers: headers.map(([name, content]) => [name, summary(content)]),
  })

  test.each([
    { like: 'all large', records: Array.from({ length: 12 }, (_, index) => large(index)) },
    {
      like: 'large ones behind a thousand small ones',
      records: [...Array.from({ length: 1000 }, () => small), large(1), large(2), large(3), small, large(4)],
    },
    {
      like: 'a large key, large headers, and nothing at all',
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
      like: 'of all sizes',
      records: Array.from({ length: 400 }, (_, index) => ({
        key: Buffer.from(`k${index % 6}`),
        value: Buffer.alloc((index * 7919) % 50_000, index),
      })),
    },
  ])('are read whole and a few at a time: $like', async ({ records }) => {
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

  test('reach a subscriber a few at a time', async () => {
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

describe('a file', () => {
  test('of a later layout is refused, with the number of it', async () => {
    const path = newFile()
    await openBus(path).close()
    const file = new DatabaseSync(path)
    file.exec('PRAGMA user_version = 7')
    file.close()

    expect(() => new EmbeddedEventBus({ path })).toThrow(
      expect.objectContaining({
        name: 'EventBusError',
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('was written by a newer crbus (layout 7; this one knows 1)'),
        suggestions: expect.arrayContaining(['update crbus']),
      }),
    )
  })

  test('is made with its folders, which are for nobody else', () => {
    const folder = newFolder()

    openBus(join(folder, 'a', 'b', 'bus.db'))

    for (const made of [join(folder, 'a'), join(folder, 'a', 'b')]) expect(statSync(made).mode & 0o777).toBe(0o700)
  })

  // In a process of its own: when this fails, it hangs where no time-out reaches.
  test.runIf(platform() === 'linux')('is refused where no folder can be made', async () => {
    const driver = new URL('../../src/drivers/embedded/embedded-event-bus.ts', import.meta.url)
    const script = `const { EmbeddedEventBus } = await import('${driver}')
      try { new EmbeddedEventBus({ path: '/proc/crbus/bus.db' }) } catch (error) { console.log(error.code, error.message) }`

    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '--eval', script], {
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })

    expect(stdout).toContain('CONNECTION_FAILED')
    expect(stdout).toContain('/proc/crbus')
  })
})
