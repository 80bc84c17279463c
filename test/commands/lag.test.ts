import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import Lag from '../../src/commands/lag.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { runCli } from './run-cli.ts'

const NOW = Date.UTC(2026, 10, 23, 10)
const words = (line = ''): string[] => line.trim().split(/\s+/)

describe('lag', () => {
  let broker: MemoryBroker
  let bus: InMemoryEventBus
  let clock = 0

  const publish = async (count: number, eventType = 'OrderPlaced.v1', topic = 'order-events') => {
    for (let left = count; left > 0; left -= 1) await bus.publish(topic, serializedEvent(eventType, Buffer.from('{}')))
  }

  /** Subscribes and takes so many events; the last is not acknowledged. */
  const subscribe = async (group: string, take: number, topics = ['order-events']) => {
    const stream = await bus.subscribe(topics, { group })
    for (let left = take; left > 0; left -= 1) await stream.next()
    return stream
  }

  beforeEach(async () => {
    clock = NOW - 192_000
    broker = new MemoryBroker({ now: () => clock })
    bus = new InMemoryEventBus({ broker, createTopics: true })
    return () => bus.close()
  })

  test('shows a stopped group with its topic and its partitions', async () => {
    await publish(3)
    clock = NOW - 61_000
    await publish(2)
    await (await subscribe('billing', 4)).close()

    const { stdout, exitCode } = await runCli(Lag, ['--group', 'billing'], { broker })

    const [groups = '', topics = '', partitions = ''] = stdout.split('\n\n')
    expect(groups.split('\n').map(words)).toEqual([
      ['GROUP', 'STATE', 'MEMBERS', 'TOPICS', 'LAG', 'AGE', 'VERDICT'],
      ['billing', 'Empty', '0', '1', '2', '1m1s', 'stopped'],
    ])
    expect(topics.split('\n').map(words)).toEqual([
      ['GROUP', 'TOPIC', 'PARTITIONS', 'LAG', 'AGE', 'VERDICT'],
      ['billing', 'order-events', '1', '2', '1m1s', 'stopped'],
    ])
    expect(words(partitions.split('\n')[0])).toEqual(
      words('GROUP TOPIC PARTITION COMMITTED START END LAG AGE VERDICT HOST MEMBER'),
    )
    expect(words(partitions.split('\n')[1])).toEqual(words('billing order-events 0 3 0 5 2 1m1s stopped - -'))
    expect(exitCode).toBe(0)
  })

  test('sorts all groups worst first, without partitions, with - where one snapshot gives no verdict', async () => {
    await publish(4)
    const stream = await subscribe('all-read', 4)
    const ended = stream.next()
    await (await subscribe('behind', 3)).close()
    await (await subscribe('far-behind', 2)).close()
    const running = await subscribe('running', 2)

    const { stdout } = await runCli(Lag, [], { broker })

    const [groups = '', topics = '', none] = stdout.split('\n\n')
    const verdicts = groups.split('\n').slice(1).map(words)
    expect(verdicts.map(([group, state, , , lag, , verdict]) => [group, state, lag, verdict])).toEqual([
      ['far-behind', 'Empty', '3', 'stopped'],
      ['behind', 'Empty', '2', 'stopped'],
      ['running', 'Stable', '3', '-'],
      ['all-read', 'Stable', '0', 'ok'],
    ])
    expect(topics).toContain('far-behind')
    expect(none).toBeUndefined()
    await running.close()
    await stream.close()
    await ended
  })

  test('prints one JSON document that includes members', async () => {
    await publish(2)
    const stream = await subscribe('billing', 2)

    const { stdout } = await runCli(Lag, ['--json'], { broker })

    const [group] = JSON.parse(stdout).groups
    expect(group).toMatchObject({ group: 'billing', state: 'Stable', memberCount: 1, lag: 1, age: 192_000 })
    expect(group.topics[0].partitions).toEqual([
      {
        partition: 0,
        committed: 1,
        start: 0,
        end: 2,
        lag: 1,
        age: 192_000,
        memberId: expect.stringContaining(bus.clientId),
        clientId: bus.clientId,
        host: 'memory',
      },
    ])
    await stream.close()
  })

  test('measures rates from two snapshots with --sample', async () => {
    await publish(10)
    const stream = await subscribe('billing', 2)
    const running = runCli(Lag, ['--sample', '200ms', '--json'], { broker })
    await new Promise((resolve) => setTimeout(resolve, 60))
    for (let left = 6; left > 0; left -= 1) await stream.next()
    await publish(2)

    const { sample, groups } = JSON.parse((await running).stdout)

    expect(sample).toBeGreaterThanOrEqual(190)
    expect(groups[0]).toMatchObject({ lag: 5, verdict: 'catching-up' })
    const { rates } = groups[0]
    expect(rates.out / rates.in).toBeCloseTo(3)
    expect(rates.catchUp).toBeGreaterThan(0)
    const table = await runCli(Lag, ['--sample', '20ms'], { broker })
    expect(table.stdout).toContain('IN/S  OUT/S  CATCH-UP  VERDICT')
    // The sample is shorter than a commit interval, so the group may not have stalled.
    expect(table.stdout).toMatch(/0\.0 +0\.0 +- +-\n/)
    await stream.close()
  })

  test('says that a sample shorter than a commit interval finds no stalled group', async () => {
    await publish(2)
    expect((await runCli(Lag, ['--sample', '1ms'], { broker })).stderr).toBe(
      'no groups yet; a subscriber or "crbus reset --new-group" creates one\n',
    )
    await (await subscribe('billing', 1)).close()
    const { stderr } = await runCli(Lag, ['--sample', '1ms'], { broker })
    expect(stderr).toBe(
      "note: no group is called stalled, because the sample is shorter than 5s, the default commit interval of Kafka's clients\n",
    )
  })

  test('shows how many partitions have the worst verdict, and names those without a committed offset', async () => {
    await bus.admin.createTopic('wide-events', { partitions: 3 })
    const records = [0, 1, 2].map((partition) => ({ key: null, value: Buffer.from('x'), partition }))
    await bus.log.append('wide-events', records)
    await bus.admin.commitOffsets('billing', [{ topic: 'wide-events', partition: 1, offset: 0n }])

    const { stdout, stderr } = await runCli(Lag, [], { broker })

    expect(stdout.match(/ stopped 1\/3\n/g)).toHaveLength(2)
    expect(stderr).toBe(
      'note: billing: 2 partitions with events and no committed offset, which LAG does not count: wide-events[0], wide-events[2]\n',
    )
  })

  test('counts waiting events by event type with --by-type', async () => {
    await publish(2)
    await (await subscribe('billing', 2)).close()
    await publish(2, 'OrderPaid.v1')

    const { stdout } = await runCli(Lag, ['--by-type'], { broker })

    const rows = stdout.split('\n\n').at(-1)?.trim().split('\n').map(words)
    expect(rows).toEqual([
      ['GROUP', 'TOPIC', 'EVENT-TYPE', 'EVENTS', 'READ', 'WAITING'],
      ['billing', 'order-events', 'OrderPaid.v1', '2', '3', '3'],
      ['billing', 'order-events', 'OrderPlaced.v1', '1', '3', '3'],
    ])
  })

  test('judges offsets beyond the log and partitions without a commit', async () => {
    await bus.admin.createTopic('order-events', { partitions: 3 })
    await bus.log.append('order-events', [{ key: null, value: null, partition: 1 }])
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 7n }])

    const { stdout } = await runCli(Lag, ['--group', 'billing', '--json'], { broker })

    const [group] = JSON.parse(stdout).groups
    expect(group).toMatchObject({ verdict: 'beyond-the-log', lag: 0 })
    expect(group.topics[0].partitions.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'beyond-the-log',
      'never-committed',
      'ok',
    ])
  })

  test('accepts globs, and fails for a named group that does not exist', async () => {
    await publish(2)
    await publish(2, 'PaymentTaken.v1', 'payment-events')
    await (await subscribe('billing', 4, ['order-events', 'payment-events'])).close()
    await (await subscribe('shipping', 2)).close()

    const some = await runCli(Lag, ['--group', 'ship*', '--json'], { broker })
    expect(JSON.parse(some.stdout).groups).toMatchObject([{ group: 'shipping' }])
    const topic = await runCli(Lag, ['--topic', 'pay*', '--group', 'billing', '--json'], { broker })
    expect(JSON.parse(topic.stdout).groups[0].topics).toMatchObject([{ topic: 'payment-events' }])
    const readers = await runCli(Lag, ['--topic', 'pay*', '--json'], { broker })
    expect(JSON.parse(readers.stdout).groups).toMatchObject([{ group: 'billing' }])
    const nobody = await runCli(Lag, ['--topic', 'nope'], { broker })
    expect(nobody).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('no matching group reads or has committed on a matching topic'),
    })
    const none = await runCli(Lag, ['--group', 'x*'], { broker })
    expect(none).toMatchObject({ exitCode: 0, stderr: 'no group matches x*; "crbus lag" measures all\n' })
    const missing = await runCli(Lag, ['--group', 'bill'], { broker })
    expect(missing).toMatchObject({ exitCode: 4, stdout: '' })
    expect(missing.stderr).toContain('CRBUS_GROUP_NOT_FOUND')
    expect(await runCli(Lag, ['--sample', 'soon'], { broker })).toMatchObject({ exitCode: 2 })
    // Node's timers fire at once for delays longer than 2^31 ms.
    expect(await runCli(Lag, ['--sample', '25d'], { broker })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--sample 25d is too long: the longest is 24d'),
    })
    expect(await runCli(Lag, ['--watch', '--interval', '25d'], { broker })).toMatchObject({ exitCode: 2 })
  })

  test('changes no group and no offset', async () => {
    await publish(2)
    await (await subscribe('billing', 2)).close()
    const before = [await bus.admin.listGroups(), await bus.admin.committedOffsets('billing')]

    await runCli(Lag, ['--sample', '1ms', '--by-type'], { broker })

    expect([await bus.admin.listGroups(), await bus.admin.committedOffsets('billing')]).toEqual(before)
  })
})
