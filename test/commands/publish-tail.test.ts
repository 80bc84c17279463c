import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import type { TopicLog } from '../../src/bus/topic-log.ts'
import { connect } from '../../src/cli/config/connect.ts'
import type { OpenOptions } from '../../src/cli/process/context.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import { encodeEnvelope } from '../../src/codecs/envelope.ts'
import Publish from '../../src/commands/publish.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { runCli } from './run-cli.ts'

/** Later than the current time of tests, because tail merges by timestamp. */
const LATER = 4102444800000n

let broker: MemoryBroker
beforeEach(() => {
  broker = new MemoryBroker()
})

const publish = (argv: string[], stdin?: string) =>
  runCli(Publish, argv, stdin === undefined ? { broker } : { broker, stdin })
const tail = (argv: string[], more = {}) => runCli(Tail, argv, { broker, ...more })
const order = ['order-events', '--type', 'OrderPlaced.v1']

async function values(topic: string): Promise<(string | null)[]> {
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  const found: (string | null)[] = []
  const ranges = await bus.log.ranges(topic)
  for await (const batch of bus.log.read(
    ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end })),
  )) {
    for (const { value } of batch) found.push(value && Buffer.from(value).toString('hex'))
  }
  return found
}

describe('publish', () => {
  test('creates the topic on an embedded bus, with a notice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crbus-publish-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const openBus = (_: unknown, options?: OpenOptions) => connect({ kind: 'embedded', folder }, options)
    const run = () => runCli(Publish, [...order, '--data', '{"order_id":"o-1"}'], { broker, openBus })

    expect(await run()).toMatchObject({ exitCode: 0, stderr: 'created topic order-events (3 partitions)\n' })
    expect(await run()).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('refuses a missing topic on a bus that creates none, and names similar topics', async () => {
    const openBus = async () => new InMemoryEventBus({ broker })
    await new InMemoryEventBus({ broker }).admin.createTopic('order-events')

    const { stderr, exitCode } = await runCli(Publish, ['order-event', '--type', 'A.v1', '--data', '{}'], {
      broker,
      openBus,
    })

    expect(exitCode).toBe(4)
    expect(stderr).toContain("topic 'order-event' does not exist")
    expect(stderr).toContain('use topic order-events')
    expect(stderr).toContain('crbus topics create order-event')
  })

  test('prints the position of the event, which has the bytes of Rust', async () => {
    const { stdout, exitCode } = await publish([...order, '--data', '{"order_id":"o-1"}', '--correlation-id', 'c-1'])
    expect(stdout).toBe('order-events[0]@0 OrderPlaced.v1\n')
    expect(exitCode).toBe(0)
    const event = serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'), { correlationId: 'c-1' })
    const expected = encodeEnvelope(event, 'bincode')
    expect(await values('order-events')).toEqual([expected.ok && Buffer.from(expected.bytes).toString('hex')])
  })

  test('publishes each line of stdin as the data of an event', async () => {
    const { stdout } = await publish(order, '{"a":1}\n\n{"a":2}\r\n{"a":3}')
    expect(stdout.split('\n').filter(Boolean)).toHaveLength(3)
    const found = await tail(['order-events', '-e', '-o', '%{a}'])
    expect(found.stdout).toBe('1\n2\n3\n')
  })

  test('renders the template of --data --count times', async () => {
    await publish([...order, '--data', '{"id":"o-{{i}}","at":"{{now}}"}', '--count', '2'])
    const { stdout } = await tail(['order-events', '-e', '-o', '%{id} %{at}'])
    expect(stdout).toBe('o-1 2026-11-23T10:00:00.000Z\no-2 2026-11-23T10:00:00.000Z\n')
  })

  test('renders templates in every text of an event for each event', async () => {
    const { stderr, exitCode } = await publish([
      ...['order-events', '--type', '{{pick A.v1}}', '--data', '{"n":{{i}}}', '--count', '3', '--envelope', 'cbor'],
      ...['--key', 'k-{{i}}', '--correlation-id', 'c-{{i}}', '--causation-id', 'a-{{i}}', '--user-id', 'u-{{i}}'],
      ...['--timestamp', '{{now}}', '--metadata', 'saga=s-{{i}}', '--header', 'h=v-{{i}}', '--header', 'plain=\\{{'],
    ])

    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    const { stdout } = await tail(['order-events', '-e', '-o', '%y %k %c %a %u %h %{n} %m'])
    expect(stdout.split('\n').filter(Boolean)).toEqual(
      [1, 2, 3].map(
        (i) =>
          `A.v1 k-${i} c-${i} a-${i} u-${i} h=v-${i},plain={{ ${i} {"correlation_id":"c-${i}","causation_id":"a-${i}","user_id":"u-${i}","timestamp":"2026-11-23T10:00:00.000Z","saga":"s-${i}"}`,
      ),
    )
  })

  test('keeps --metadata beside a bincode envelope in one header, also in copied records', async () => {
    await publish([...order, '--data', '{}', '--correlation-id', 'c-1', '--metadata', 'saga_id=s-1'])
    await publish(['copy-events'], (await tail(['order-events', '-e', '-o', 'json'])).stdout)

    for (const topic of ['order-events', 'copy-events']) {
      const { stdout } = await tail([topic, '-e', '-o', '%m %h %f'])
      expect(stdout).toBe('{"correlation_id":"c-1","saga_id":"s-1"} crbus-extra={"saga_id":"s-1"} bincode-w3\n')
    }
    expect((await tail(['copy-events', '-e', '--where', 'metadata.saga_id == "s-1"', '-o', '%y'])).stdout).not.toBe('')
    expect(await values('copy-events')).toEqual(await values('order-events'))
  })

  test('renders templates for lines of a file and for records, numbered by event', async () => {
    await publish([...order, '--correlation-id', 'c-{{i}}'], '{"a":1}\n\n{"a":2}\n')
    await publish(['copy-events', '--key', 'k-{{i}}'], (await tail(['order-events', '-e', '-o', 'json'])).stdout)
    await publish(['copy-events', '--tombstone', '--key', 'gone-{{i}}'])

    const { stdout } = await tail(['copy-events', '-e', '-o', '%k %c'])
    expect(stdout.split('\n')).toEqual(['k-1 c-1', 'k-2 c-2', 'gone-1 ', ''])
  })

  test.each([
    ['2026-11-23T10:00:00.5+05:30', '2026-11-23T10:00:00.5+05:30', ''],
    ['2026-11-23T10:00:00.123456789+0530', '2026-11-23T10:00:00.123456789+05:30', ''],
    ['2026-11-23t10:00:00z', '2026-11-23T10:00:00Z', ''],
    ['2026-11-23 10:00', '2026-11-23T10:00:00Z', '--timestamp: 2026-11-23 10:00 has no time zone and is read as UTC\n'],
    ['2026-11-23', '2026-11-23T00:00:00Z', '--timestamp: 2026-11-23 has no time zone and is read as UTC\n'],
  ])('writes --timestamp %s as RFC 3339, with a notice when it is read as UTC', async (text, written, notice) => {
    const { stderr } = await publish([...order, '--data', '{}', '--timestamp', text])
    expect(stderr).toBe(notice)
    expect((await tail(['order-events', '-e', '-o', '%m'])).stdout).toBe(`{"timestamp":"${written}"}\n`)
  })

  test.each([
    ['2026-02-30T10:00:00Z', '2026-02 has 28 days'],
    ['2026-11-23T23:59:60Z', 'no leap seconds'],
    ['yesterday', 'write a date as 2026-11-23'],
  ])('refuses --timestamp %s with the reason', async (text, reason) => {
    const { stderr, exitCode } = await publish([...order, '--data', '{}', '--timestamp', text])
    expect(stderr).toContain(`--timestamp ${text} is not a time: `)
    expect(stderr).toContain(reason)
    expect(exitCode).toBe(2)
  })

  test.each([
    ['a zone without a colon', '2026-11-23T10:00:00+0530', '1795408200000'],
    ['a lower-case zone', '2026-11-23t10:00:00z', '1795428000000'],
  ])('accepts the timestamp of a record with %s', async (_, timestamp, milliseconds) => {
    await publish(['copy-events'], JSON.stringify({ topic: 'x', key: 'k', value: 'v', timestamp }))
    expect((await tail(['copy-events', '-e', '-o', '%T'])).stdout).toBe(`${milliseconds}\n`)
  })

  test.each(['2026-02-30T10:00:00Z', '2026-11-23T10:00:00', '2026-11-23T10:00:60Z'])(
    'refuses the record timestamp %s',
    async (timestamp) => {
      const { stderr, exitCode } = await publish(['copy-events'], JSON.stringify({ key: 'k', value: 'v', timestamp }))
      expect(stderr).toContain('line 1: timestamp is neither RFC 3339 nor a 64-bit number of milliseconds')
      expect(exitCode).toBe(2)
    },
  )

  test('prints a notice that --from and --to without a time zone are read as UTC', async () => {
    await publish([...order, '--data', '{}'])
    const open = await tail(['order-events', '-e', '--from', 'yesterday', '--to', '2026-11-23 09:00'])
    expect(open.stderr).toBe(
      '--from: yesterday has no time zone and is read as UTC\n--to: 2026-11-23 09:00 has no time zone and is read as UTC\n0 events\n',
    )
    const range = await tail(['order-events', '-e', '--from', '@2026-11-23:2026-11-24T10:00+0100'])
    expect(range.stderr).toBe('--from: 2026-11-23 has no time zone and is read as UTC\n0 events\n')
    const closed = await tail(['order-events', '-e', '--from', '@2026-11-23T09:00Z', '--to', '@-1h'])
    expect(closed.stderr).toBe('0 events\n')
  })

  test.each([
    ['--key', 'k-{{order}}', '--key: there is no placeholder {{order}}; use {{i}}'],
    ['--correlation-id', '{{i', '--correlation-id: a {{ has no matching }}'],
    ['--header', 'a={{random 1}}', '--header: {{random 1}} is invalid; write it like {{random 1 100}}'],
    ['--type', '{{x}}', '--type: there is no placeholder {{x}}'],
    ['--timestamp', '{{i}}', '--timestamp 1 is not a time: write a date as 2026-11-23'],
  ])('refuses an invalid template: %s %s', async (flag, text, reason) => {
    const type = flag === '--type' ? [] : ['--type', 'OrderPlaced.v1']
    const { stdout, stderr, exitCode } = await publish(['order-events', ...type, '--data', '{}', flag, text])
    expect(stderr).toContain(reason)
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
  })

  test.each([
    { what: 'a folder', argv: ['--type', 'A.v1', '--file', tmpdir()], text: 'it is a folder' },
    { what: 'an empty event type', argv: ['--type', '', '--data', '{}'], text: 'Parsing --type' },
  ])('refuses $what', async ({ argv, text }) => {
    const { stderr, exitCode } = await publish(['order-events', ...argv])
    expect(stderr).toContain(text)
    expect(exitCode).toBe(2)
  })

  test('stops at an invalid line, names it and prints how many events were published', async () => {
    const { stdout, stderr, exitCode } = await publish(order, '{"a":1}\n{broken\n{"a":3}\n')
    expect(stdout).toBe('order-events[0]@0 OrderPlaced.v1\n')
    expect(stderr).toContain('1 published before this')
    expect(stderr).toContain('line 2: not JSON')
    expect(exitCode).toBe(2)
  })

  test.each([
    [
      'a record of kcat -J',
      '{"topic":"x","partition":0,"offset":1,"tstype":"create","ts":1700000000000,"broker":1,"headers":["a","1"],"key":"k","payload":"hello"}',
    ],
    [
      'a record of rpk',
      '{"topic":"x","key":"k","value":"hello","headers":[{"key":"a","value":"1"}],"timestamp":1700000000000,"partition":0,"offset":1}',
    ],
    [
      'a record of kaf',
      '{"headers":[{"key":"a","value":"1"}],"key":"k","payload":"hello","partition":0,"timestamp":"2023-11-14T22:13:20Z"}',
    ],
  ])('publishes the value of %s unchanged', async (_, line) => {
    await publish(['copy-events'], `${line}\n`)
    const { stdout } = await tail(['copy-events', '-e', '-o', '%k %h %T %V'])
    expect(stdout).toBe('k a=1 1700000000000 5\n')
  })

  test('refuses extra metadata with the name of a field and publishes nothing, but accepts other names', async () => {
    const twice = ['--user-id', 'u-1', '--metadata', 'user_id=u-2']
    const { stderr, exitCode } = await publish([...order, '--data', '{}', ...twice])
    expect(stderr).toContain('metadata has user_id twice, once among the extra fields')
    expect(exitCode).toBe(2)
    const { stdout } = await publish([
      ...order,
      '--data',
      '{}',
      '--metadata',
      'saga_id=s-1',
      '--envelope',
      'cbor',
      '--json',
    ])
    expect(JSON.parse(stdout)).toEqual({
      topic: 'order-events',
      published: 1,
      positions: [{ partition: 0, offset: 0 }],
    })
  })

  test.each([
    [
      'an empty argument',
      ['', '--type', 'A.v1', '--data', '1'],
      'an argument is empty; is a variable of a script not set?',
    ],
    ['an empty correlation id', [...order, '--data', '1', '--correlation-id', ''], 'Parsing --correlation-id'],
    ['an empty causation id', [...order, '--data', '1', '--causation-id', ' '], 'Parsing --causation-id'],
    ['an empty user id', [...order, '--data', '1', '--user-id', ''], 'Parsing --user-id'],
    ['an empty file', [...order, '--file', ''], 'Parsing --file'],
    ['an empty schema', [...order, '--data', '1', '--schema', ''], 'Parsing --schema'],
    [
      'a count beyond 2^53',
      [...order, '--data', '1', '--count', '9007199254740993'],
      '--count is too large: the largest number is 9007199254740991',
    ],
    [
      'metadata with a repeated name',
      [...order, '--data', '1', '--envelope', 'cbor', '--metadata', 'a=1', '--metadata', 'a=2'],
      '--metadata names a twice',
    ],
  ])('refuses %s and publishes nothing', async (_, argv, reason) => {
    const { stdout, stderr, exitCode } = await publish(argv)
    expect(stderr).toContain(reason)
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
  })

  test.each([
    [[], []],
    [['--count', '3'], [{ from: 2, to: 3 }]],
    [['--count', '3', '--lines', '1'], []],
  ])('with --data %j, suggests resuming up to --count after a refused event', async (flags, rest) => {
    const argv = ['order-events', '--type', 'A.v1', '--data', '{}', '--partition', '7', ...flags]
    const { stdout } = await runCli(Publish, [...argv, '--json'], { broker })
    const { refused, error, ...document } = JSON.parse(stdout)
    expect(document).toMatchObject({ published: 0, rest })
    expect(refused).toMatchObject([{ line: 1 }])
    expect(error.suggestions.some((suggestion: string) => suggestion.includes('--lines'))).toBe(rest.length > 0)
  })

  test('writes a tombstone for a key', async () => {
    await publish(['order-events', '--tombstone', '--key', 'gone'])
    expect(await values('order-events')).toEqual([null])
  })
})

describe('tail', () => {
  test.each([
    ['5', '3'],
    ['@2026-11-23T10:00:00Z', '@2026-11-23T10:00:00+0100'],
    ['end', 'start'],
  ])('refuses --from %s --to %s, which ends before it begins', async (from, to) => {
    const { stderr, exitCode } = await tail(['order-events', '-e', '--from', from, '--to', to])
    expect(stderr).toContain(`--from ${from} --to ${to} ends before it begins`)
    expect(stderr).toContain(`try: --from '${to}' --to '${from}'`)
    expect(exitCode).toBe(2)
  })

  test.each(['%{a[}', '%{a]}', '%{a[]}', '%{[}'])('refuses the format %s, which is not a field', async (format) => {
    const { stderr, exitCode } = await tail(['order-events', '-e', '-o', format])
    expect(stderr).toContain(`--output: ${format} is not a field, such as %{items[0].sku}`)
    expect(exitCode).toBe(2)
  })

  test.each(['a b', 'ü', '*', 'a/b'])('refuses to wait for the topic %j, whose name is invalid', async (topic) => {
    const { stderr, exitCode } = await tail([topic])
    expect(stderr).toContain(`Invalid topic: '${topic}'`)
    expect(exitCode).toBe(6)
  })

  test('shows the newest events, oldest first, and ends with -e', async () => {
    await publish([...order, '--data', '{"i":{{i}}}', '--count', '30'])
    const { stdout, stderr } = await tail(['order-events', '-e', '-n', '3', '-o', '%{i}'])
    expect(stdout).toBe('28\n29\n30\n')
    expect(stderr).toContain('3 events')
  })

  test('prints 150,000 events as one JSON document', async () => {
    const record = { key: null, value: null }
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    await bus.log.append('order-events', new Array(150_000).fill(record))
    const { stdout, exitCode } = await tail(['order-events', '--json', '-n', '150000'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout).events).toHaveLength(150_000)
  })

  test('accepts ranges, limits and partitions', async () => {
    await publish([...order, '--data', '{"i":{{i}}}', '--count', '30'])
    const shown = async (...argv: string[]) =>
      (await tail(['order-events', '-e', '-o', '%o', ...argv])).stdout.trim().split('\n').join(' ')
    expect(await shown('--from', '10:13')).toBe('10 11 12')
    expect(await shown('--from', '-2')).toBe('28 29')
    expect(await shown('--from', 'start', '-n', '2')).toBe('0 1')
    expect(await shown('--from', '27', '--to', 'end')).toBe('27 28 29')
    expect(await shown('--from', '@2020-01-01', '-n', '1')).toBe('0')
  })

  test('filters by type, key, correlation id, expression and text, searching back as far as needed', async () => {
    await publish([...order, '--data', '{"total":1}', '--correlation-id', 'c-1'])
    await publish(['order-events', '--type', 'OrderShipped.v1', '--data', '{"carrier":"Ship"}', '--count', '40'])
    await publish([...order, '--data', '{"total":500}'])
    const shown = async (...argv: string[]) =>
      (await tail(['order-events', '-e', '-o', '%o', ...argv])).stdout.trim().split('\n').join(' ')
    expect(await shown('--type', 'OrderPl*')).toBe('0 41')
    expect(await shown('--type', 'OrderPl*', '--type', 'Nothing')).toBe('0 41')
    expect(await shown('--correlation-id', 'c-1')).toBe('0')
    expect(await shown('--where', 'data.total > 100')).toBe('41')
    expect(await shown('--where', 'metadata.correlation_id == "c-1"')).toBe('0')
    expect(await shown('--grep', 'ship', '-n', '1')).toBe('40')
    expect(await tail(['order-events', '--where', 'data.('])).toMatchObject({ exitCode: 2 })
  })

  test('finds the newest events of several partitions, wherever they are', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    await bus.admin.createTopic('spread-events', { partitions: 2 })
    const at = (partition: number, time: bigint, eventType: string) => {
      const encoded = encodeEnvelope(serializedEvent(eventType, Buffer.from('{}')), 'bincode')
      return { key: null, value: encoded.ok ? encoded.bytes : null, partition, timestamp: time }
    }
    // Partition 0 ends with many events that are filtered out; partition 1 has older events.
    await bus.log.append('spread-events', [
      ...[1n, 2n, 3n].map((time) => at(1, time, 'Wanted')),
      at(0, 4n, 'Wanted'),
      ...Array.from({ length: 50 }, (_, index) => at(0, 10n + BigInt(index), 'Other')),
    ])
    const { stdout } = await tail(['spread-events', '-e', '-n', '2', '--type', 'Wanted', '-o', '%p@%T'])
    expect(stdout).toBe('1@3\n0@4\n')
  })

  test('prints JSON from which publish makes the same bytes', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    const w2 = Buffer.from('0e000000000000004f72646572506c616365642e7631030000000000000001020300', 'hex')
    await bus.publish('order-events', [
      serializedEvent('OrderPlaced.v1', Buffer.from('{"id": 12345678901234567890}')),
      serializedEvent('Bytes', Uint8Array.of(3, 0, 0, 0, 255), { userId: 'u', timestamp: '2026-11-23T10:00:00Z' }),
      { ...serializedEvent('Text', Buffer.from('grüße')), eventVersion: -7, metadata: {} },
    ])
    await bus.log.append('order-events', [
      {
        key: Uint8Array.of(255),
        value: w2,
        headers: [
          ['h', null],
          ['h', Uint8Array.of(1)],
        ],
        timestamp: LATER,
      },
      { key: null, value: Buffer.from('no envelope'), timestamp: LATER },
      { key: Buffer.from('k'), value: null, timestamp: LATER },
    ])
    const { stdout } = await tail(['order-events', '-e', '-o', 'json'])
    const { exitCode } = await publish(['copy-events'], stdout)
    expect(exitCode).toBe(0)
    expect(await values('copy-events')).toEqual(await values('order-events'))
    const strip = (text: string) => text.replaceAll('order-events', 'copy-events')
    expect((await tail(['copy-events', '-e', '-o', 'json'])).stdout).toBe(strip(stdout))
  })

  test('follows until interrupted, even a topic that does not exist yet', async () => {
    const stop = new Stop()
    const following = tail(['late-events', '-o', '%y'], { stop, onStdout: () => stop.request('interrupted') })
    await new InMemoryEventBus({ broker, createTopics: true }).publish(
      'late-events',
      serializedEvent('AtLast.v1', Buffer.from('{}')),
    )
    expect(await following).toMatchObject({ stdout: 'AtLast.v1\n', exitCode: 130 })
  })

  test('refuses a missing topic and suggests commands', async () => {
    const { stderr, exitCode } = await tail(['nope-events', '-e'])
    expect(stderr).toContain("topic 'nope-events' does not exist")
    expect(stderr).toContain('crbus topics list')
    expect(exitCode).toBe(4)
  })

  test('refuses an invalid position and suggests a valid one', async () => {
    const { stderr, exitCode } = await tail(['order-events', '--from', '10m'])
    expect(stderr).toContain("'10m' is a duration, not a position")
    expect(stderr).toContain('try: --from @-10m')
    expect(exitCode).toBe(2)
  })

  test('suggests a topic with a similar name', async () => {
    await publish([...order, '--data', '{}'])
    expect((await tail(['oder-events', '-e'])).stderr).toContain('try: crbus tail order-events')
    const stop = new Stop()
    const following = tail(['oder-events'], { stop, onStderr: () => stop.request('interrupted') })
    expect((await following).stderr).toContain(
      'waiting for topic oder-events to be created (did you mean order-events?)',
    )
  })

  describe('64-bit timestamps', () => {
    const times = [-1n, 0n, 1_764_412_345n, 1_764_412_345_678_901n, 1_764_412_345_678_901_234n, 2n ** 63n - 1n]
    beforeEach(async () => {
      const bus = new InMemoryEventBus({ broker, createTopics: true })
      await bus.admin.createTopic('order-events', { partitions: 1 })
      const records = times.map((timestamp) => ({ key: null, value: Buffer.from('x'), timestamp }))
      await bus.log.append('order-events', records)
    })

    test('64-bit timestamps are printed as a date, as a number with its unit, or as absent', async () => {
      const { stdout, exitCode } = await tail(['order-events', '-e', '-o', '%T %d'])
      expect(stdout.split('\n').filter(Boolean)).toEqual([
        '-1 ',
        '0 1970-01-01T00:00:00.000Z',
        '1764412345 1970-01-21T10:06:52.345Z',
        '1764412345678901 1764412345678901ms',
        '1764412345678901234 1764412345678901234ms',
        '9223372036854775807 9223372036854775807ms',
      ])
      expect(exitCode).toBe(0)
      expect((await tail(['order-events', '-e'])).stdout).toContain(' 1764412345678901234ms order-events[0]@4 ')
    })

    test('64-bit timestamps are preserved by tail -o json and publish', async () => {
      const { stdout } = await tail(['order-events', '--from', 'start', '-e', '-o', 'json'])
      expect(stdout.split('\n').map((line) => /"timestamp":([^,]+)/.exec(line)?.[1])).toEqual([
        'null',
        '"1970-01-01T00:00:00.000Z"',
        '"1970-01-21T10:06:52.345Z"',
        '1764412345678901',
        '"1764412345678901234"',
        '"9223372036854775807"',
        undefined,
      ])
      await publish(['copy-events'], stdout)
      const copied: bigint[] = []
      const slice = { topic: 'copy-events', partition: 0, from: 0n, to: 6n }
      const bus = new InMemoryEventBus({ broker, createTopics: true })
      for await (const batch of bus.log.read([slice])) copied.push(...batch.map(({ timestamp }) => timestamp))
      expect(copied).toEqual(times)
    })

    test('beyond all dates compare as later than every date in --where', async () => {
      const where = 'timestamp > timestamp("2026-01-01T00:00:00Z")'
      const { stdout, stderr } = await tail(['order-events', '-e', '-o', '%o', '--where', where])
      expect(stdout).toBe('3\n4\n5\n')
      expect(stderr).toBe('3 events, 3 of them undecodable\n')
    })
  })

  test('escapes terminal control sequences', async () => {
    await new InMemoryEventBus({ broker, createTopics: true }).publish(
      'order-events',
      serializedEvent('Evil\u001b[2J', Buffer.from('{"a":"\u202e"}')),
    )
    const { stdout } = await tail(['order-events', '-e'])
    expect(stdout).toContain('Evil\\x1b[2J')
    expect(stdout).not.toContain('\u202e')
  })

  test('shows all events of a topic that is created while it waits', async () => {
    const stop = new Stop()
    const waits = Promise.withResolvers<void>()
    let seen = ''
    const following = runCli(Tail, ['new-events', '-o', '%o'], {
      broker,
      stop,
      onStdout: (text) => {
        seen += text
        if (seen.split('\n').length > 50) stop.request('interrupted')
      },
      onStderr: () => waits.resolve(),
    })
    await waits.promise
    await publish(['new-events', '--type', 'A', '--data', '{"i":{{i}}}', '--count', '50'])
    await following
    expect(seen.trim().split('\n').map(Number)).toEqual(Array.from({ length: 50 }, (_, offset) => offset))
  })

  test('shows the last events before --to', async () => {
    await publish([...order, '--data', '{"i":{{i}}}', '--count', '30'])
    const shown = async (...argv: string[]) =>
      (await tail(['order-events', '-e', '-o', '%o', ...argv])).stdout.trim().split('\n').join(' ')
    expect(await shown('--to', '5', '-n', '2')).toBe('3 4')
    expect(await shown('--from', ':5')).toBe('0 1 2 3 4')
  })

  describe('a --where that takes long for an event', () => {
    const nested = 'data.ids.all(x, data.ids.all(y, x + y >= 0))'
    const publishIds = async (count: number, ids: number) => {
      const data = Buffer.from(JSON.stringify({ ids: Array.from({ length: ids }, (_, id) => id) }))
      await new InMemoryEventBus({ broker, createTopics: true }).publish(
        'order-events',
        Array.from({ length: count }, () => serializedEvent('IdsSeen.v1', data)),
      )
    }

    test('a --where that takes long for an event is refused at that event, after the events before are shown', async () => {
      await publishIds(1, 2)
      await publishIds(1, 10_000)
      const argv = ['order-events', '--from', 'start', '-n', '5', '-e', '-o', '%o', '--where', nested]
      const { stdout, stderr, exitCode } = await tail(argv)
      expect(stdout).toBe('0\n')
      expect(stderr).toBe(
        `error: --where took more than 20,000,000 steps for order-events[0]@1: ${nested} (CRBUS_USAGE)\n  try: crbus tail order-events --no-follow -o json | jq\n`,
      )
      expect(exitCode).toBe(2)
    })

    test('a --where that takes long for an event ends when it is interrupted between two events', async () => {
      await publishIds(1000, 300)
      const stop = new Stop()
      const bus = new InMemoryEventBus({ broker, createTopics: true })
      // The interrupt arrives while the first batch is filtered.
      const interrupted: TopicLog['read'] = async function* (slices, options) {
        for await (const batch of bus.log.read(slices, options)) {
          setImmediate(() => stop.request('interrupted'))
          yield batch
        }
      }
      const log = new Proxy(bus.log, {
        get: (target, name) => (name === 'read' ? interrupted : Reflect.get(target, name).bind(target)),
      })
      const argv = ['order-events', '--from', 'start', '-e', '-o', '%o', '--where', nested]
      const { stdout, exitCode } = await tail(argv, { stop, openBus: () => ({ ...withAdmin(bus, {}), log }) })
      expect(exitCode).toBe(130)
      expect(stdout.split('\n').length).toBeLessThan(500)
    })
  })

  test('reports a --where that fails or refers to a field that no event has', async () => {
    await publish([...order, '--data', '{"i":1}'])
    const { stderr } = await tail(['order-events', '-e', '--where', 'data.i > "x"'])
    expect(stderr).toContain('--where failed for 1 event: no such overload')
    expect((await tail(['order-events', '-e', '--where', 'datta.i > 1'])).exitCode).toBe(2)
    const mistyped = await tail(['order-events', '-e', '--where', 'data.ii == 1'])
    expect(mistyped.stderr).toMatch(/^0 events\nno event has the field that --where refers to \(1 checked\): .*ii/)
    await publish([...order, '--data', '{"ii":2}'])
    expect((await tail(['order-events', '-e', '--where', 'data.ii == 1'])).stderr).toBe('0 events\n')
  })
})
