import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { startCommandDecoder } from '../../src/cli/decoding/command-decoder.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { broker, createBroker, publish, tail, values } from './publish-and-tail.ts'

beforeEach(createBroker)

const folder = mkdtempSync(join(tmpdir(), 'crbus-decode-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes a program for Node, which calls `answer` with each request and prints what it returns. Returns the command line. */
function program(name: string, answer: string): string {
  const file = join(folder, `${name}.mjs`)
  const lines = "for await (const line of (await import('node:readline')).createInterface({ input: process.stdin }))"
  writeFileSync(file, `const answer = ${answer}\nlet n = 0\n${lines} console.log(answer(JSON.parse(line), ++n))\n`)
  return `'${process.execPath}' '${file}'`
}

async function append(topic: string, given: readonly (Uint8Array | null)[]): Promise<void> {
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  await bus.log.append(
    topic,
    given.map((value) => ({ key: Buffer.from('k'), value, partition: 0 })),
  )
}

/** Decodes a value of one byte to an object, and other values to nothing. */
const oneByte = () =>
  program(
    'one-byte',
    `({ value_base64, ...rest }) => {
      const bytes = Buffer.from(value_base64, 'base64')
      return JSON.stringify(bytes.length === 1 ? { x: bytes[0], ...rest } : null)
    }`,
  )

describe('tail --decode-with', () => {
  test('shows and filters by what the command prints, and leaves null to crbus', async () => {
    await append('things', [Buffer.of(1), null, Buffer.of(200), Buffer.from('{"x":3}')])
    const flags = ['things', '--from', 'start', '-e', '--decode-with', oneByte()]
    const { stdout, stderr, exitCode } = await tail([...flags, '--utc'])
    expect(stdout.split('\n').map((line) => line.slice(25))).toEqual([
      'things[0]@0 command key=k {"x":1,"topic":"things","partition":0,"offset":0,"key_base64":"aw=="}',
      'things[0]@1 tombstone key=k',
      'things[0]@2 command key=k {"x":200,"topic":"things","partition":0,"offset":2,"key_base64":"aw=="}',
      'things[0]@3 json key=k {"x":3}',
      '',
    ])
    expect(stderr).toBe('4 events\n')
    expect(exitCode).toBe(0)
    expect((await tail([...flags, '-w', 'data.x > 1', '-o', '%o %{x}'])).stdout).toBe('2 200\n3 3\n')
  })

  test('prints JSON from which publish makes the same bytes', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    await bus.publish('things', serializedEvent('Thing.v1', Buffer.of(9), { correlationId: 'c-1' }))
    await append('things', [Buffer.of(1)])
    const length = program('length', '({ value_base64 }) => Buffer.from(value_base64, "base64").length')
    const { stdout } = await tail(['things', '-e', '-o', 'json', '--decode-with', length])
    expect(
      stdout
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { event_type: 'Thing.v1', metadata: { correlation_id: 'c-1' }, codec: 'command', data: 45, data_base64: 'CQ==' },
      { envelope: 'none', codec: 'command', data: 1, value_base64: 'AQ==' },
    ])
    await publish(['copy-events'], stdout)
    expect((await values('copy-events')).toSorted()).toEqual((await values('things')).toSorted())
  })

  test('keeps the order of many records in many batches', async () => {
    await append(
      'things',
      Array.from({ length: 5000 }, (_, n) => Buffer.from(`${n}:${'x'.repeat(200)}`)),
    )
    const number = program('number', '({ value_base64 }) => parseInt(Buffer.from(value_base64, "base64"))')
    const { stdout } = await tail(['things', '--from', 'start', '-e', '-o', '%o %v', '--decode-with', number])
    expect(stdout).toBe(Array.from({ length: 5000 }, (_, n) => `${n} ${n}\n`).join(''))
  })

  test.each([
    [
      'a program that ends early',
      '() => { console.error("no schema\\nfor orders"); process.exit(3) }',
      /ended with exit code 3 after 0 records: for orders/,
    ],
    ['a line that is not JSON', '() => "x = 1"', /printed a line that is not JSON \(line 1\)/],
    ['too many lines', '() => "1\\n2\\n3\\n4"', /printed more lines than it was given/],
    ['a line that is too long', '() => JSON.stringify("x".repeat(17 * 2 ** 20))', /printed a line of more than 16 MiB/],
  ])('reports %s, and shows no event after it', async (_, answer, reason) => {
    await append('things', [Buffer.of(1), Buffer.of(2)])
    const { stdout, stderr, exitCode } = await tail(['things', '-e', '--decode-with', program('bad', answer)])
    expect(stderr).toMatch(reason)
    expect(stdout).toBe('')
    expect(exitCode).toBe(6)
  })

  test('reports a program that does not exist', async () => {
    await append('things', [Buffer.of(1)])
    const { stderr, exitCode } = await tail(['things', '-e', '--decode-with', 'no-such-program --x'])
    expect(stderr).toMatch(/error: --decode-with: there is no program 'no-such-program'/)
    expect(exitCode).toBe(2)
  })

  test('ends a slow command at Ctrl-C and prints no undecoded event', async () => {
    await append('things', [Buffer.of(1)])
    const stop = new Stop()
    const file = join(folder, 'slow.mjs')
    writeFileSync(file, "process.stdin.once('data', () => process.stderr.write('x'))\nsetInterval(() => {}, 1000)\n")
    const running = tail(['things', '--decode-with', `'${process.execPath}' '${file}'`], { stop })
    setImmediate(() => stop.request('interrupted'))
    const { stdout, exitCode } = await running
    expect(stdout).toBe('')
    expect(exitCode).toBe(130)
  })

  test('says that it waits for a command that does not answer', async () => {
    const notices: string[] = []
    const noticed = Promise.withResolvers<void>()
    const file = join(folder, 'silent.mjs')
    writeFileSync(file, 'process.stdin.resume()\n')
    const abort = new AbortController()
    await using decoder = await startCommandDecoder(`'${process.execPath}' '${file}'`, {
      env: {},
      cwd: folder,
      signal: abort.signal,
      patience: 1,
      onNotice: (text) => {
        notices.push(text)
        noticed.resolve()
      },
    })
    const record = { topic: 't', partition: 0, offset: 0n, timestamp: 0n, key: null, value: Buffer.of(1), headers: [] }
    const prepared = decoder.prepare([record])
    await noticed.promise
    abort.abort()
    await prepared
    expect(notices).toEqual([expect.stringMatching(/^waiting for '.*' to answer; it must write each line at once/)])
    expect(decoder.decode(record)).toBeUndefined()
  })

  test('gives the command no secrets of the environment', async () => {
    await append('things', [Buffer.of(1)])
    const command = program(
      'environment',
      '() => JSON.stringify([process.env.CRBUS_SASL_PASSWORD ?? "none", process.env.OTHER])',
    )
    const env = { CRBUS_SASL_PASSWORD: 'secret', OTHER: 'x', PATH: process.env.PATH ?? '' }
    expect((await tail(['things', '-e', '-o', '%v', '--decode-with', command], { env })).stdout).toBe('["none","x"]\n')
  })
})
