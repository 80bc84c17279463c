import { beforeEach, describe, expect, test, vi } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import type { TopicLog } from '../../src/bus/topic-log.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import { encodeEnvelope } from '../../src/codecs/envelope.ts'
import Tail from '../../src/commands/tail.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { broker, createBroker, order, publish, tail } from './publish-and-tail.ts'
import { runCli } from './run-cli.ts'

beforeEach(createBroker)

describe('tail', () => {
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

  test.each(['a b', 'ü', 'a/b'])('refuses to wait for the topic %j, whose name is invalid', async (topic) => {
    const { stderr, exitCode } = await tail([topic])
    expect(stderr).toContain(`Invalid topic: '${topic}'`)
    expect(exitCode).toBe(6)
  })

  test('shows the topics of the arguments and of --topic', async () => {
    await publish([...order, '--data', '1'])
    await publish(['payment-events', '--type', 'B.v1', '--data', '1'])
    const argvs = [
      ['-t', 'order-events', '-t', 'payment-events'],
      ['order-events', '-t', 'payment-events', '-t', 'order-events'],
    ]
    for (const argv of argvs) {
      const { stdout } = await tail([...argv, '-e', '-o', '%t'])
      expect(stdout.split('\n').filter(Boolean).sort()).toEqual(['order-events', 'payment-events'])
    }
  })

  test('names a similar event type for one that no event has', async () => {
    await publish([...order, '--data', '1'])
    const misspelled = await tail(['order-events', '-e', '--type', 'OrderPlacd.v1', '--type', 'Order*'])
    expect(misspelled.stderr).toBe('no event has the type OrderPlacd.v1 yet; did you mean OrderPlaced.v1?\n1 event\n')
    const unversioned = await tail(['order-events', '-e', '--type', 'OrderPlaced'])
    expect(unversioned.stderr).toBe('no event has the type OrderPlaced yet; did you mean OrderPlaced.v1?\n0 events\n')
    const ofGlob = await tail(['order-*', '-e', '--type', 'OrderPlacd.v1'])
    expect(ofGlob.stderr).toContain('no event has the type OrderPlacd.v1 yet; did you mean OrderPlaced.v1?\n')
    const unlike = await tail(['order-events', '-e', '--type', 'PaymentFailed.v1'])
    expect(unlike.stderr).toBe('0 events\n')
    const right = await tail(['order-events', '-e', '--type', 'OrderPlaced.v1'])
    expect(right.stderr).toBe('1 event\n')
  })

  describe('patterns of topics', () => {
    const shown = async (...argv: string[]) =>
      (await tail([...argv, '-e', '--from', 'start', '-o', '%t[%p]@%o'])).stdout.trim().split('\n').join(' ')

    beforeEach(async () => {
      const bus = new InMemoryEventBus({ broker })
      for (const topic of ['order-events', 'order-commands', 'payment-events', '__offsets']) {
        await bus.admin.createTopic(topic, { partitions: 3 })
        await bus.log.append(
          topic,
          [0, 1, 2].map((partition) => ({ key: null, value: null, partition, timestamp: BigInt(partition) })),
        )
      }
    })

    test('a pattern selects the topics that match, and never internal ones unless it names them', async () => {
      expect(await shown('order-*', '-p', '0')).toBe('order-commands[0]@0 order-events[0]@0')
      expect(await shown('*', '-p', '0')).toBe('order-commands[0]@0 order-events[0]@0 payment-events[0]@0')
      expect(await shown('__*', '-p', '0')).toBe('__offsets[0]@0')
      expect(await shown('__offsets', '-p', '0')).toBe('__offsets[0]@0')
      expect(await shown('order-event?', 'order-events', '-p', '0')).toBe('order-events[0]@0')
    })

    test.each([
      ['ordr-*', 'order-commands or order-events'],
      ['*-evnts', 'order-events or payment-events'],
    ])('a pattern %s that matches no topic ends the command with similar names', async (glob, similar) => {
      for (const argv of [[glob], [glob, '-e']]) {
        const { stderr, exitCode } = await tail(argv)
        expect(stderr).toContain(`no topic matches '${glob}'`)
        expect(stderr).toContain(similar.split(' or ')[0])
        expect(exitCode).toBe(4)
      }
    })

    test('TOPIC:PARTITIONS selects partitions of one topic', async () => {
      expect(await shown('order-events:0,2')).toBe('order-events[0]@0 order-events[2]@0')
      expect(await shown('order-events:2', 'payment-events:0')).toBe('payment-events[0]@0 order-events[2]@0')
      expect(await shown('order-events:2', 'order-events:0')).toBe('order-events[0]@0 order-events[2]@0')
      expect(await shown('order-events:2', 'order-events')).toBe(
        'order-events[0]@0 order-events[1]@0 order-events[2]@0',
      )
    })

    test('refuses a partition that a topic does not have', async () => {
      const { stderr, exitCode } = await tail(['order-events:7', '-e'])
      expect(stderr).toContain("topic 'order-events' has no partition 7; it has 3")
      expect(exitCode).toBe(6)
    })

    test.each([
      [['order-events:0', '-p', '1'], 'order-events:0 and --partition 1 both choose partitions of order-events'],
      [['order-events:x'], 'order-events:x is neither TOPIC nor TOPIC:PARTITIONS'],
      [['order-*:0'], 'order-*:0 names partitions of a pattern; to read them in every topic, use --partition'],
      [['order-events', '--give-up-after', 'soon'], '--give-up-after soon is not a duration'],
    ])('refuses %j', async (argv, message) => {
      const { stderr, exitCode } = await tail([...argv, '-e'])
      expect(stderr).toContain(message)
      expect(exitCode).toBe(2)
    })
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

  test('shows local times with their offset, which --from accepts, and UTC with --utc and in JSON', async () => {
    vi.stubEnv('TZ', 'Asia/Kolkata')
    try {
      const at = BigInt(Date.UTC(2026, 10, 23, 9, 30, 0, 5))
      const bus = new InMemoryEventBus({ broker, createTopics: true })
      await bus.log.append('order-events', [{ key: null, value: null, timestamp: at }])
      const shown = async (...argv: string[]) => (await tail(['order-events', '-e', ...argv])).stdout
      const local = '2026-11-23 15:00:00.005 +05:30'
      expect(await shown()).toBe(`${local} order-events[0]@0 tombstone (no key)\n`)
      expect(await shown('-o', '%d')).toBe(`${local}\n`)
      expect(await shown('-o', 'pretty')).toContain(`  time       ${local} (29m59s ago)\n`)
      expect(await shown('-o', '%d', '--utc')).toBe('2026-11-23T09:30:00.005Z\n')
      expect(await shown('--utc')).toMatch(/^2026-11-23T09:30:00.005Z order-events/)
      expect(JSON.parse(await shown('-o', 'json')).timestamp).toBe('2026-11-23T09:30:00.005Z')
      expect(await shown('--from', `@${local}`, '-o', '%o')).toBe('0\n')
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('shows the key of a record, its headers with --headers, and everything of it with -o pretty', async () => {
    await publish([...order, '--data', '{"total":7}', '--key', 'o-1', '--header', 'tenant=acme'])
    const { stdout } = await tail(['order-events', '-e', '--headers'])
    expect(stdout).toMatch(/ order-events\[0\]@0 OrderPlaced.v1 key=o-1 \{"total":7\} .*header:tenant=acme\n$/)
    expect((await tail(['order-events', '-e'])).stdout).not.toContain('header:')
    const pretty = (await tail(['order-events', '-e', '-o', 'pretty'])).stdout
    expect(pretty).toMatch(/^OrderPlaced.v1 order-events\[0\]@0\n {2}topic {6}order-events\n/)
    expect(pretty).toContain('  headers    tenant: acme\n')
    expect(pretty).toMatch(/\n {2}\{\n {4}"total": 7\n {2}\}\n\n$/)
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
        `error: --where: the expression took more than 20,000,000 steps for order-events[0]@1: ${nested} (CRBUS_USAGE)\n  try: crbus tail order-events --no-follow -o json | jq\n`,
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
    expect(stderr).toContain('--where failed for 1 event: > cannot be used with int and string\n')
    expect((await tail(['order-events', '-e', '--where', 'datta.i > 1'])).exitCode).toBe(2)
    const mistyped = await tail(['order-events', '-e', '--where', 'data.ii == 1'])
    expect(mistyped.stderr).toMatch(/^0 events\nno event has the field that --where refers to \(1 checked\): .*ii/)
    await publish([...order, '--data', '{"ii":2}'])
    expect((await tail(['order-events', '-e', '--where', 'data.ii == 1'])).stderr).toBe('0 events\n')
  })
})
