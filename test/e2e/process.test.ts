import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, describe, expect, inject, test } from 'vitest'
import type { BusRecord, Header, NewRecord } from '../../src/bus/record.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { readTopic } from '../contract/support/harness.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
let folder: string

/** An environment without settings of the user who runs the tests. */
const ENV = () => ({
  CRBUS_DATA_DIR: folder,
  XDG_CONFIG_HOME: folder,
  NO_COLOR: '1',
  CRBUS_BROKERS: '',
  REDPANDA_BROKERS: '',
  CRBUS_PROFILE: '',
})

const crbus = (argv: string[], options = {}) =>
  execa(process.execPath, [bin, ...argv], {
    reject: false,
    env: ENV(),
    ...options,
  })
const lines = (count: number) => Array.from({ length: count }, (_, index) => JSON.stringify({ i: index })).join('\n')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-e2e-'))
})

describe('the built command line', () => {
  test('shows in a waiting process what another process publishes', async () => {
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

  test('runs from a checkout during a build of that checkout', async () => {
    const building = execa('npm', ['run', 'build'], { cwd: join(bin, '../..') })
    let isOver = false
    const built = building.finally(() => {
      isOver = true
    })
    while (!isOver) expect(await crbus(['topics', 'list'])).toMatchObject({ exitCode: 0 })
    await built
    expect(await crbus(['topics', 'list'])).toMatchObject({ exitCode: 0 })
  })

  test.each([
    ['topics list', 0],
    ['topics describe order-events', 4],
    ['lag', 0],
    ['tail order-events --no-follow', 4],
    ['groups list', 0],
    ['groups describe billing', 4],
    ['check topic order-events', 2],
    ['check lag --group billing --max-events 5', 3],
    ['metrics', 0],
    ['config', 0],
    ['reset --group billing --topic order-events --to start --dry-run', 4],
    ['groups delete billing --yes', 4],
    ['topics create order-events --dry-run', 0],
    ['store init --dry-run', 0],
  ])('%s creates nothing if the embedded bus does not exist', async (command, code) => {
    const data = join(folder, 'data')
    const { exitCode, stderr } = await crbus(command.split(' '), { env: { ...ENV(), CRBUS_DATA_DIR: data } })
    expect(exitCode, stderr).toBe(code)
    expect(existsSync(data)).toBe(false)
    const isAboutBus = !/^(config|metrics|topics create|store)/.test(command)
    const notice = `the bus ${join(data, 'bus.db')} does not exist yet; "crbus publish" creates it`
    expect(stderr.includes(notice)).toBe(isAboutBus)
  })

  test('ends with exit code 0 when its reader closes the pipe', async () => {
    await crbus(['publish', 'order-events', '--type', 'A'], { input: lines(5000) })
    const command = `"${process.execPath}" "${bin}" tail order-events --from start -o json; echo "exit $?" >&2`
    const { stdout, stderr } = await execa('sh', ['-c', `(${command}) | head -2`], {
      env: ENV(),
    })
    expect(stdout.split('\n')).toHaveLength(2)
    expect(stderr).toContain('exit 0')
  })

  test('loses no output if its reader is slow', async () => {
    await crbus(['publish', 'order-events', '--type', 'A'], { input: lines(30_000) })
    const command = `"${process.execPath}" "${bin}" tail order-events --from start -e -o '%{i}'`
    const { stdout } = await execa('sh', ['-c', `${command} | (sleep 3; cat)`], {
      env: ENV(),
    })
    const seen = stdout.split('\n').map(Number)
    expect(seen).toHaveLength(30_000)
    expect(new Set(seen).size).toBe(30_000)
  })

  test('refuses a folder as stdin, which Node would read as an empty file', async () => {
    const stdin = openSync(folder, 'r')
    const found = await crbus(['publish', 'order-events', '--type', 'A'], { stdin })
    closeSync(stdin)
    expect(found).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('cannot read stdin: it is a folder') })
  })

  test.runIf(existsSync('/proc/self/mem'))('refuses a file whose bytes cannot be read', async () => {
    const found = await crbus(['publish', 'order-events', '--type', 'A', '--file', '/proc/self/mem'])
    const stderr = expect.stringMatching(
      /^error: cannot read \/proc\/self\/mem: .* input\/output error \(CRBUS_REFUSED\)/,
    )
    expect(found).toMatchObject({ exitCode: 6, stderr })
  })

  test('stops waiting for a silent pipe on Ctrl-C', async () => {
    const publisher = crbus(['publish', 'order-events', '--type', 'A'])
    publisher.stdin?.write('{"i":1}\n')
    await new Promise<void>((resolve) => publisher.stdout?.once('data', () => resolve()))
    publisher.kill('SIGINT')
    expect(await publisher).toMatchObject({ exitCode: 130, stdout: expect.stringContaining(' A') })
  })

  test('keeps every event that a killed publisher had reported', async () => {
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

  test('runs its demo to the end, with plain lines into a pipe', async () => {
    const { stdout, stderr, exitCode } = await crbus(['demo', '--pause', '1'])
    expect(exitCode).toBe(0)
    for (const type of ['PaymentFailed.v1', 'StockReleased.v1', 'OrderCancelled.v1', 'CheckoutFailed.v1']) {
      expect(stdout).toContain(type)
    }
    expect(stdout).not.toContain('\u001b')
    expect(stderr).toContain('8 checkouts: 6 completed, 2 compensated after a failed payment; 38 events on 4 topics')
    expect(stderr).toContain('the amount 12.99 of CompletePayment.v1 is not in whole cents')
  })

  test('runs its demo on a bus of its own, whatever bus is configured', async () => {
    await crbus(['publish', 'order-events', '--type', 'Mine'], { input: '{}\n' })
    const before = (await crbus(['topics', 'list', '--json'])).stdout
    const { stderr } = await crbus(['demo', '--pause', '1', '--checkouts', '1'], {
      env: { ...ENV(), CRBUS_BROKERS: '127.0.0.1:1' },
    })
    const demoFolder = join(ENV().CRBUS_DATA_DIR as string, 'demo')
    expect(stderr).toContain(`crbus ui --data-dir ${demoFolder}`)
    expect((await crbus(['topics', 'list', '--json'])).stdout).toBe(before)
    expect((await crbus(['groups', 'list', '--json'])).stdout).not.toContain('crbus-demo')
    const lag = await crbus(['lag', '--group', 'crbus-demo-audit', '--data-dir', demoFolder, '--json'])
    expect(JSON.parse(lag.stdout).groups[0]).toMatchObject({ group: 'crbus-demo-audit', verdict: 'stopped' })
  })

  test('completes the order that hangs in its demo once its dead letter is edited', async () => {
    const { stdout } = await crbus(['demo', '--pause', '1', '--checkouts', '1', '--json'])
    const { hangingCorrelationId } = JSON.parse(stdout)
    const env = {
      ...ENV(),
      CRBUS_DATA_DIR: join(ENV().CRBUS_DATA_DIR as string, 'demo'),
      EDITOR: 'sed -i s/12.99/1299/',
    }
    const stuck = await crbus(['sagas', 'stuck', '--json'], { env })
    expect(JSON.parse(stuck.stdout).instances).toMatchObject([{ correlationId: hangingCorrelationId, state: 'failed' }])
    expect(stuck.exitCode).toBe(10)
    expect((await crbus(['dlq', 'edit', '1', '--yes'], { env })).exitCode).toBe(0)
    const { stderr } = await crbus(['demo', '--checkouts', '0'])
    expect(stderr).toContain('no new checkouts: 1 completed, 0 compensated')
    expect((await crbus(['sagas', 'stuck'], { env })).exitCode).toBe(0)
    const audit = await crbus(['audit', '*-events', '--json'], { env })
    expect(JSON.parse(audit.stdout)).toMatchObject({ findings: [], notes: [{ code: 'saga-outcomes' }] })
    expect(audit.exitCode).toBe(0)
  })

  test.each([
    ['an unknown command', ['nonsense'], 2],
    ['an unknown flag', ['tail', 'x', '--nope'], 2],
    ['a missing topic', ['tail', 'nope-events', '-e'], 4],
    ['a broker that does not answer', ['topics', 'list', '-b', '127.0.0.1:1'], 3],
    ['help', ['tail', '--help'], 0],
    ['the version', ['--version'], 0],
  ])('exits with the documented code for %s', async (_, argv, expected) => {
    const { exitCode } = await crbus(argv)
    expect(exitCode).toBe(expected)
  })
})

describe('configuration', () => {
  test('is found above the working directory and in the user folder', async () => {
    const cwd = join(folder, 'project', 'services')
    mkdirSync(cwd, { recursive: true })
    mkdirSync(join(folder, 'crbus'))
    const guarded = { profiles: { prod: { dataDir: 'prod', readOnly: true } } }
    writeFileSync(join(folder, 'crbus', 'config.json'), JSON.stringify(guarded))
    const local = { profile: 'local', profiles: { local: { dataDir: '.crbus' } } }
    writeFileSync(join(folder, 'project', 'crbus.json'), JSON.stringify(local))
    const env = { ...ENV(), CRBUS_DATA_DIR: '' }
    const event = ['order-events', '--type', 'A', '--data', '{"n":1}']

    expect((await crbus(['publish', ...event], { cwd, env })).exitCode).toBe(0)
    const elsewhere = ['--data-dir', join(folder, 'project', '.crbus')]
    expect((await crbus(['tail', 'order-events', '-e', '-o', '%{n}', ...elsewhere])).stdout).toBe('1')
    const refused = await crbus(['publish', ...event, '--profile', 'prod'], { cwd, env })
    expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringContaining('read-only')])
  })

  test('is not read by commands that do not need it', async () => {
    writeFileSync(join(folder, 'crbus.json'), '{')

    expect((await crbus(['topics', 'list'], { cwd: folder })).exitCode).toBe(2)
    expect((await crbus(['check', 'topic', 'order-events'], { cwd: folder })).exitCode).toBe(3)
    for (const argv of [['--version'], ['--help'], ['topics', 'list', '--help'], ['schema', 'diff', '--help']]) {
      expect((await crbus(argv, { cwd: folder })).exitCode).toBe(0)
    }
  })
})

describe('metrics --listen', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('serves until %s, and then closes its connections', async (signal) => {
    await crbus(['reset', '-g', 'billing', '-t', 'order-events', '--to', 'start', '--new-group', '--yes'])
    const server = crbus(['metrics', '--listen', '0'])
    const said = await new Promise<string>((resolve) => server.stderr?.once('data', (chunk) => resolve(String(chunk))))
    const url = said.trim().split(' ').at(-1) ?? ''
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)])
    const taken = await crbus(['metrics', '--listen', new URL(url).port])
    expect([taken.exitCode, taken.stderr]).toEqual([6, expect.stringContaining('is already in use by another program')])
    const idle = connect(Number(new URL(url).port), '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    const closed = new Promise((resolve) => idle.once('close', resolve))

    server.kill(signal)

    await closed
    expect(await server).toMatchObject({ exitCode: 130, stderr: said.trim() })
  })
})

const brokers = inject('kafkaBrokers')

describe.skipIf(brokers === '')('the built command line on a real Kafka', () => {
  test('keeps every event that a killed publisher had reported', async () => {
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

  test('copies unusual records byte for byte: keys, tombstones, headers, 64-bit timestamps, any payload', async () => {
    const topic = `odd-${Date.now()}-events`
    const copy = `copy-${topic}`
    await using bus = new RedpandaEventBus({ brokers })
    // By default, a broker refuses records with a timestamp far from its own time.
    const config = { 'message.timestamp.before.max.ms': MAX_INT64, 'message.timestamp.after.max.ms': MAX_INT64 }
    for (const name of [topic, copy]) await bus.admin.createTopic(name, { partitions: 1, config })
    await bus.log.append(topic, oddRecords())

    const json = await crbus(['tail', topic, '--from', 'start', '-e', '-o', 'json', '-b', brokers])
    const published = await crbus(['publish', copy, '-b', brokers], { input: json.stdout })

    expect(published.exitCode).toBe(0)
    const [one, two] = await Promise.all([readTopic(bus, topic), readTopic(bus, copy)])
    expect(one).toHaveLength(oddRecords().length)
    expect(two.map(bytesOf)).toEqual(one.map(bytesOf))
  })
})

const MAX_INT64 = '9223372036854775807'

/** Records that a copy could damage: JSON, JavaScript numbers, dates and objects, or a terminal cannot represent them. */
function oddRecords(): NewRecord[] {
  const text = (value: string) => Buffer.from(value)
  const value = text('{"a":1}')
  const values: (Buffer | null)[] = [
    null,
    Buffer.alloc(0),
    Buffer.from([0xff, 0xfe, 0x00, 0x1b, 0x9b]),
    text('\u001b[31m\u202e\u0000 text'),
    text('{"big":18446744073709551615,"__proto__":{"x":1},"a":1,"a":2}'),
    text('not JSON {'),
    // CBOR: {"__proto__": h'0102', 1: undefined, "n": 2^64-1}
    Buffer.from('a3695f5f70726f746f5f5f42010201f7616e1bffffffffffffffff', 'hex'),
  ]
  const keys = [null, Buffer.alloc(0), Buffer.from([0x80, 0x00]), text('\u202ekey')]
  const timestamps = [-1n, 0n, 1n, 1_764_412_345n, 1_764_412_345_678_901n, 1_764_412_345_678_901_234n]
  const headers: (readonly Header[])[] = [
    [
      ['same', text('1')],
      ['same', text('2')],
      ['none', null],
      ['', Buffer.alloc(0)],
      ['\u001bname', Buffer.from([0xff])],
    ],
  ]
  return [
    ...values.map((own) => ({ key: text('k'), value: own })),
    ...keys.map((key) => ({ key, value })),
    ...timestamps.map((timestamp) => ({ key: null, value, timestamp })),
    ...headers.map((own) => ({ key: null, value, headers: own })),
  ]
}

const bytesOf = ({ timestamp, key, value, headers }: BusRecord) => ({
  timestamp,
  key: key && Buffer.from(key).toString('hex'),
  value: value && Buffer.from(value).toString('hex'),
  headers: headers.map(([name, content]) => [name, content && Buffer.from(content).toString('hex')]),
})

describe('the prompt of a shell', () => {
  const config = (content: string) => {
    mkdirSync(join(folder, 'crbus'))
    writeFileSync(join(folder, 'crbus/config.json'), content, { mode: 0o600 })
  }
  const PROD = JSON.stringify({ profile: 'prod', profiles: { prod: { brokers: 'kafka-1:9092', protected: true } } })
  const shown = async (argv: string[], options = {}) => {
    const { stdout, stderr, exitCode } = await crbus(['profile', 'prompt', ...argv], options)
    return [exitCode, stdout, stderr]
  }

  test.each([[[]], [['--shell', 'zsh']], [['--shell=bash']], [['--no-color']]])(
    'is the current profile, without the parser of commands or with it: %j',
    async (argv) => {
      config(PROD)
      expect(await shown(argv)).toEqual([0, 'prod!', ''])
      const env = { ...ENV(), NO_COLOR: undefined, FORCE_COLOR: '1' }
      expect((await shown(argv, { env }))[1]).toEqual(
        argv[0] === '--no-color' ? 'prod!' : expect.stringContaining('[31m'),
      )
    },
  )

  test('comes without the parser of commands, which takes most of the time', async () => {
    config(PROD)
    const log = `import { registerHooks } from 'node:module'
      import { statSync } from 'node:fs'
      let size = 0
      registerHooks({ load: (url, context, next) => {
        if (url.startsWith('file:')) size += statSync(new URL(url)).size
        return next(url, context)
      } })
      process.on('exit', () => console.error(size))`
    const options = ['--import', `data:text/javascript,${encodeURIComponent(log)}`, bin, 'profile', 'prompt']
    const { stdout, stderr } = await execa(process.execPath, options, { env: ENV() })
    expect(stdout).toBe('prod!')
    // The parser alone has 300 kB.
    expect(Number(stderr)).toBeLessThan(200_000)
  })

  test('is empty after an error, and in a folder that was removed', async () => {
    config('{ "profile": ')
    expect(await shown([])).toEqual([0, '', ''])
    const removed = mkdtempSync(join(tmpdir(), 'crbus-removed-'))
    const script = `cd '${removed}' && rmdir '${removed}' && '${process.execPath}' '${bin}' profile prompt`
    const { exitCode, stdout, stderr } = await execa('sh', ['-c', script], { env: ENV(), reject: false })
    expect([exitCode, stdout, stderr]).toEqual([0, '', ''])
  })

  test('is a usage error for a shell that crbus does not know', async () => {
    expect(await shown(['--shell', 'fish'])).toEqual([2, '', expect.stringContaining('--shell')])
  })
})
