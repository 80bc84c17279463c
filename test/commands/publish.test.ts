import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { connect } from '../../src/cli/config/connect.ts'
import type { OpenOptions } from '../../src/cli/process/context.ts'
import { encodeEnvelope } from '../../src/codecs/envelope.ts'
import Publish from '../../src/commands/publish.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { broker, createBroker, order, publish, tail, values } from './publish-and-tail.ts'
import { runCli } from './run-cli.ts'

beforeEach(createBroker)

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
    { what: 'an empty event type', argv: ['--type', '', '--data', '{}'], text: '--type is empty' },
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
      bus: { kind: 'memory', clusterId: 'memory' },
    })
  })

  test.each([
    [
      'an empty argument',
      ['', '--type', 'A.v1', '--data', '1'],
      'an argument is empty; did a script pass a variable that is not set?',
    ],
    ['an empty correlation id', [...order, '--data', '1', '--correlation-id', ''], '--correlation-id is empty'],
    ['an empty causation id', [...order, '--data', '1', '--causation-id', ' '], '--causation-id is empty'],
    ['an empty user id', [...order, '--data', '1', '--user-id', ''], '--user-id is empty'],
    ['an empty file', [...order, '--file', ''], '--file is empty'],
    ['an empty schema', [...order, '--data', '1', '--schema', ''], '--schema is empty'],
    [
      'a count beyond 2^53',
      [...order, '--data', '1', '--count', '9007199254740993'],
      '--count is too large: the largest number is 9007199254740991',
    ],
    [
      'metadata with a repeated name',
      [...order, '--data', '1', '--envelope', 'cbor', '--metadata', 'a=1', '--metadata', 'a=2'],
      '--metadata sets a twice',
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
    expect(error.suggestions.some(({ flag = '' }: { flag?: string }) => flag.includes('--lines'))).toBe(rest.length > 0)
  })

  test.each([
    [['-t', 'order-events']],
    [['order-events', '-t', 'order-events']],
    [['-t', 'order-events', '-']],
    [['order-events', '-']],
  ])('takes the topic of %j', async (argv) => {
    const { stdout, exitCode } = await publish([...argv, '--type', 'A.v1'], '{"a":1}\n')
    expect([stdout, exitCode]).toEqual(['order-events[0]@0 A.v1\n', 0])
  })

  test('refuses an argument and --topic that name two topics, and a command line without a topic', async () => {
    const two = await publish(['order-events', '-t', 'payment-events', '--type', 'A.v1', '--data', '1'])
    expect(two.stderr).toContain("the argument 'order-events' and --topic payment-events name two topics")
    const none = await publish(['--type', 'A.v1', '--data', '1'])
    expect(none.stderr).toContain('crbus publish needs a topic')
    expect([two.exitCode, none.exitCode]).toEqual([2, 2])
  })

  test.each([
    ['empty stdin', [], '', 'stdin is empty or has only blank lines'],
    ['blank lines', [], ' \n\n\t\n', 'stdin is empty or has only blank lines'],
    ['an empty file', ['--file', '/dev/null'], '', '/dev/null is empty or has only blank lines'],
    ['lines that the input does not have', ['--lines', '5-'], '{"a":1}\n', 'stdin has no event in --lines 5-'],
  ])('refuses %s as input', async (_, flags, stdin, reason) => {
    const { stdout, stderr, exitCode } = await publish([...order, ...flags], stdin)
    expect(stderr).toContain(`nothing to publish: ${reason}`)
    expect([stdout, exitCode]).toEqual(['', 2])
  })

  test("publishes one event with empty data for --data ''", async () => {
    const { stdout, exitCode } = await publish([...order, '--codec', 'text', '--data', ''])
    expect([stdout, exitCode]).toEqual(['order-events[0]@0 OrderPlaced.v1\n', 0])
  })

  test('writes a tombstone for a key', async () => {
    await publish(['order-events', '--tombstone', '--key', 'gone'])
    expect(await values('order-events')).toEqual([null])
  })
})
