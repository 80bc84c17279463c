import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, describe, expect, inject, test } from 'vitest'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
let folder: string

const crbus = (argv: string[], options = {}) =>
  execa(process.execPath, [bin, ...argv], {
    reject: false,
    env: { CRBUS_DATA_DIR: folder, NO_COLOR: '1', CRBUS_BROKERS: '', REDPANDA_BROKERS: '' },
    ...options,
  })
const lines = (count: number) => Array.from({ length: count }, (_, index) => JSON.stringify({ i: index })).join('\n')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-e2e-'))
})

describe('the built command line', () => {
  test('publishes in one process what another, waiting, shows', async () => {
    const tail = crbus(['tail', 'order-events', '-o', '%y %{order_id}'])
    const shown = new Promise<string>((resolve) => tail.stdout?.once('data', (chunk) => resolve(String(chunk))))
    await new Promise<void>((resolve) => tail.stderr?.once('data', () => resolve()))
    const published = await crbus([
      'publish',
      'order-events',
      '--type',
      'OrderPlaced.v1',
      '--data',
      '{"order_id":"o-1"}',
    ])
    expect(published.stdout).toBe('order-events[2]@0 OrderPlaced.v1')
    expect(await shown).toBe('OrderPlaced.v1 o-1\n')
    tail.kill('SIGINT')
    const { exitCode } = await tail
    expect(exitCode).toBe(130)
  })

  test('ends with exit 0 when its reader leaves', async () => {
    await crbus(['publish', 'order-events', '--type', 'A'], { input: lines(5000) })
    const command = `"${process.execPath}" "${bin}" tail order-events --from start -o json; echo "exit $?" >&2`
    const { stdout, stderr } = await execa('sh', ['-c', `(${command}) | head -2`], {
      env: { CRBUS_DATA_DIR: folder, CRBUS_BROKERS: '', REDPANDA_BROKERS: '' },
    })
    expect(stdout.split('\n')).toHaveLength(2)
    expect(stderr).toContain('exit 0')
  })

  test('loses nothing to a reader that sleeps', async () => {
    await crbus(['publish', 'order-events', '--type', 'A'], { input: lines(30_000) })
    const command = `"${process.execPath}" "${bin}" tail order-events --from start -e -o '%{i}'`
    const { stdout } = await execa('sh', ['-c', `${command} | (sleep 3; cat)`], {
      env: { CRBUS_DATA_DIR: folder, CRBUS_BROKERS: '', REDPANDA_BROKERS: '' },
    })
    const seen = stdout.split('\n').map(Number)
    expect(seen).toHaveLength(30_000)
    expect(new Set(seen).size).toBe(30_000)
  })

  test('keeps everything a killed publisher had reported', async () => {
    const publisher = crbus(['publish', 'order-events', '--type', 'A', '--data', '{"i":{{i}}}', '--count', '200000'])
    let reported = ''
    publisher.stdout?.on('data', (chunk) => {
      reported += chunk
      if (reported.length > 100_000) publisher.kill('SIGKILL')
    })
    await publisher
    const count = reported.split('\n').length - 1
    expect(count).toBeGreaterThan(1000)
    const { stdout } = await crbus(['tail', 'order-events', '--from', 'start', '-e', '-o', '%{i}'])
    const stored = stdout.split('\n').map(Number)
    expect(stored.length).toBeGreaterThanOrEqual(count)
    expect(stored).toEqual(Array.from({ length: stored.length }, (_, index) => index + 1))
  })

  test('runs its demo to the end, on a pipe in plain lines', async () => {
    const { stdout, stderr, exitCode } = await crbus(['demo', '--pause', '1'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('PaymentFailed.v1')
    expect(stdout).not.toContain('\u001b')
    expect(stderr).toContain('8 checkouts')
  })

  test.each([
    ['no command', ['nonsense'], 2],
    ['a wrong flag', ['tail', 'x', '--nope'], 2],
    ['a missing topic', ['tail', 'nope-events', '-e'], 4],
    ['a broker that is not there', ['topics', 'list', '-b', '127.0.0.1:1'], 3],
    ['help', ['tail', '--help'], 0],
    ['the version', ['--version'], 0],
  ])('exits as documented on %s', async (_, argv, expected) => {
    const { exitCode } = await crbus(argv)
    expect(exitCode).toBe(expected)
  })
})

const brokers = inject('kafkaBrokers')

describe.skipIf(brokers === '')('the built command line on a real Kafka', () => {
  test('keeps everything a killed publisher had reported', async () => {
    const topic = `e2e-killed-${Date.now()}-events`
    await crbus(['topics', 'create', topic, '--partitions', '1', '-b', brokers])
    const argv = ['publish', topic, '--type', 'A', '--data', '{"i":{{i}}}', '--count', '500000', '-b', brokers]
    const publisher = crbus(argv)
    let reported = ''
    publisher.stdout?.on('data', (chunk) => {
      reported += chunk
      if (reported.length > 500_000) publisher.kill('SIGKILL')
    })
    const { signal } = await publisher
    expect(signal).toBe('SIGKILL')
    const count = reported.split('\n').length - 1
    const { stdout } = await crbus(['tail', topic, '--from', 'start', '-e', '-o', '%{i}', '-b', brokers])
    const stored = stdout.split('\n').map(Number)
    expect(stored.length).toBeGreaterThanOrEqual(count)
    expect(stored).toEqual(Array.from({ length: stored.length }, (_, index) => index + 1))
  })

  test('publishes, tails and copies byte for byte', async () => {
    const topic = `e2e-${Date.now()}-events`
    const copy = `copy-${topic}`
    for (const name of [topic, copy]) await crbus(['topics', 'create', name, '-b', brokers])
    await crbus(['publish', topic, '--type', 'OrderPlaced.v1', '-b', brokers], { input: lines(3000) })
    const shown = await crbus(['tail', topic, '-e', '-n', '1', '-o', '%y %{i}', '-b', brokers])
    expect(shown.stdout).toBe('OrderPlaced.v1 2999')
    const json = await crbus(['tail', topic, '--from', 'start', '-e', '-o', 'json', '-b', brokers])
    await crbus(['publish', copy, '-b', brokers], { input: json.stdout })
    const [one, two] = await Promise.all(
      [topic, copy].map((name) =>
        crbus(['tail', name, '--from', 'start', '-e', '-o', 'raw', '-b', brokers], { encoding: 'latin1' }),
      ),
    )
    expect(String(one?.stdout).length).toBeGreaterThan(100_000)
    expect(one?.stdout).toBe(two?.stdout)
  })
})
