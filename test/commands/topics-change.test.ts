import { beforeEach, describe, expect, test } from 'vitest'
import type { BusAdmin, LogDir, TopicSetting } from '../../src/bus/admin.ts'
import { EventBusError } from '../../src/bus/errors.ts'
import TopicsAddPartitions from '../../src/commands/topics/add-partitions.ts'
import TopicsAlter from '../../src/commands/topics/alter.ts'
import TopicsTrim from '../../src/commands/topics/trim.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { runCli } from './run-cli.ts'

let broker: MemoryBroker
let bus: InMemoryEventBus

beforeEach(async () => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker })
  await bus.admin.createTopic('order-events', { partitions: 2, config: { 'retention.ms': '86400000' } })
  const partitions = [0, 0, 0, 0, 1]
  await bus.log.append(
    'order-events',
    partitions.map((partition) => ({ key: null, value: Buffer.from('x'), partition, timestamp: 1000n })),
  )
})

const starts = async () => (await bus.log.ranges('order-events')).map(({ start }) => start)

describe('topics trim', () => {
  test('deletes the events before a position, and names the groups that have not read them', async () => {
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 1n }])
    await bus.admin.commitOffsets('shipping', [{ topic: 'order-events', partition: 0, offset: 3n }])

    const { stdout, stderr, exitCode } = await runCli(TopicsTrim, ['order-events:0', '--before', '-1', '--yes'], {
      broker,
    })

    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: [
        'TOPIC  order-events',
        '',
        'PARTITION  START  NEW-START  END  EVENTS-LOST',
        '        0      0          3    4            3',
        '',
        'GROUP    PARTITION  COMMITTED  UNREAD-LOST',
        'billing          0          1            2',
        '',
        'warning: billing has not read these events and will miss them',
        '',
      ].join('\n'),
      stderr: 'trimmed order-events[0] to 3\n',
      exitCode: 0,
    })
    expect(await starts()).toEqual([3n, 0n])
  })

  test('asks with the number of events, the groups and the bus', async () => {
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 1n }])
    const options = { broker, stdin: 'n\n', isTerminal: true }

    const { stderr, exitCode } = await runCli(TopicsTrim, ['order-events', '--before', 'end'], options)

    expect(stderr).toContain('Delete 5 events, unread by 1 group, of order-events on memory? [y/N]')
    expect(exitCode).toBe(6)
    expect(await starts()).toEqual([0n, 0n])
  })

  test('has nothing to do at the start of a topic', async () => {
    const { stdout, exitCode } = await runCli(TopicsTrim, ['order-events', '--before', 'start', '--json'], { broker })

    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ eventCount: 0, unread: [], applied: false })
  })

  test('refuses a topic that is only compacted before it asks', async () => {
    await bus.admin.setTopicConfig('order-events', { 'cleanup.policy': 'compact' })

    const { stderr, exitCode } = await runCli(TopicsTrim, ['order-events', '--before', 'end'], { broker })

    expect(stderr).toContain("topic 'order-events' is only compacted (cleanup.policy=compact)")
    expect(exitCode).toBe(6)
  })

  test('says that groups are not shown if their offsets are not allowed', async () => {
    const denied = () => Promise.reject(new EventBusError('AUTHENTICATION_FAILED', 'no'))
    const openBus = () => withAdmin(new InMemoryEventBus({ broker }), { committedOffsetsOf: denied })

    const { stdout } = await runCli(TopicsTrim, ['order-events', '--before', 'end', '--dry-run'], { broker, openBus })

    expect(stdout).toContain('note: the committed offsets of groups may not be read by this user')
  })

  test.each([
    ['order-events:x', '2', 'order-events:x is neither TOPIC nor TOPIC:PARTITIONS'],
    ['order-events', '5x', "--before: '5x' is not a valid position"],
  ])('refuses %s --before %s as a usage error', async (topic, before, message) => {
    const { stderr, exitCode } = await runCli(TopicsTrim, [topic, '--before', before], { broker })

    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  })
})

describe('topics add-partitions', () => {
  test('warns of keys that map to another partition, and reads the new number back', async () => {
    const { stdout, stderr } = await runCli(TopicsAddPartitions, ['order-events', '--to', '4', '--yes'], { broker })

    expect(stdout).toBe(
      [
        'TOPIC         PARTITIONS  NEW-PARTITIONS  EVENTS',
        'order-events           2               4       5',
        '',
        'warning: with more partitions a key can map to another partition, so its old and new events may be read out of order',
        '',
      ].join('\n'),
    )
    expect(stderr).toBe('order-events has 4 partitions\n')
    expect(await bus.admin.describeTopic('order-events')).toMatchObject({ partitions: 4 })
  })

  test.each([1, 2])('refuses %i partitions for a topic with 2', async (to) => {
    const argv = ['order-events', '--to', `${to}`, '--dry-run']

    const { stderr, exitCode } = await runCli(TopicsAddPartitions, argv, { broker })

    expect(stderr).toContain(`topic 'order-events' already has 2 partitions; the new count must be larger than 2`)
    expect(exitCode).toBe(6)
  })
})

describe('topics alter', () => {
  const setting = (name: string, value: string, source: TopicSetting['source'] = 'default'): TopicSetting => ({
    ...{ name, value, source },
    ...(source === 'topic' && { inherited: { value: '-1', source: 'default' } }),
  })

  /** A broker that applies settings: events are deleted by retention and compaction. */
  function openCluster(more: Partial<BusAdmin> = {}) {
    const brokers = [{ id: 1, host: 'kafka', port: 9092 }]
    const settings = [
      setting('cleanup.policy', 'delete'),
      setting('retention.bytes', '-1'),
      setting('retention.ms', '86400000', 'topic'),
    ]
    const replicas = [0, 1].map((partition) => ({ topic: 'order-events', partition, bytes: 4096n }))
    const folder: LogDir = { broker: 1, path: '/data', replicas }
    // A bus of its own, because the command closes it.
    return withAdmin(new InMemoryEventBus({ broker }), {
      describeCluster: async () => ({ kind: 'kafka', clusterId: 'c', controller: 1, brokers }),
      topicSettings: async () => settings,
      logDirs: async () => [folder],
      ...more,
    })
  }

  const alter = (argv: readonly string[], more: Partial<BusAdmin> = {}, terminal: object = {}) =>
    runCli(TopicsAlter, ['order-events', ...argv], { broker, openBus: () => openCluster(more), ...terminal })

  test('shows each setting with its value and source before and after', async () => {
    const argv = ['--config', 'retention.bytes=100000', '--delete-config', 'retention.ms', '--dry-run']

    const { stdout } = await alter(argv)

    expect(stdout).toBe(
      [
        'TOPIC  order-events',
        '',
        'SETTING          FROM      SOURCE   TO      NEW-SOURCE',
        'retention.bytes  -1        default  100000  topic',
        'retention.ms     86400000  topic    -1      default',
        '',
      ].join('\n'),
    )
  })

  test('says what a shorter retention deletes', async () => {
    const { stdout } = await alter(['--config', 'retention.ms=60000', '--dry-run'])

    expect(stdout).toContain('warning: order-events: up to 5 events (about 8.0 KiB) older than 1m will be deleted')
  })

  test('says what a limit of bytes deletes', async () => {
    const { stdout } = await alter(['--config', 'retention.bytes=2048', '--dry-run'])

    expect(stdout).toContain(
      'warning: order-events: about 3 events (up to 4.0 KiB) will be deleted: the oldest events beyond 2.0 KiB of a partition',
    )
  })

  test('says what compaction deletes', async () => {
    const { stdout } = await alter(['--config', 'cleanup.policy=compact', '--dry-run'])

    expect(stdout).toContain('compaction keeps only the newest event of each key and deletes up to 5 events (8.0 KiB)')
  })

  test('leaves out sizes that are not allowed', async () => {
    const logDirs = () => Promise.reject(new EventBusError('AUTHENTICATION_FAILED', 'no'))

    const { stdout } = await alter(['--config', 'retention.ms=60000', '--dry-run'], { logDirs })

    expect(stdout).toContain('up to 5 events older than 1m will be deleted')
  })

  test('needs an agreement to the deletion of events besides --yes', async () => {
    const argv = ['--config', 'retention.ms=60000']

    const refused = await alter([...argv, '--yes'])
    expect(refused.stderr).toContain('error: this deletes events, and there is no terminal to ask on; nothing was done')
    expect(refused.stderr).toContain('try: --allow-delete (allows the change to delete these events)')
    expect(refused.exitCode).toBe(6)
    const both = await alter(argv)
    expect(both.stderr).toContain('try: --yes')
    expect(both.stderr).toContain('try: --allow-delete')
    expect((await bus.admin.describeTopic('order-events')).config.get('retention.ms')).toBe('86400000')

    expect(await alter([...argv, '--yes', '--allow-delete'])).toMatchObject({ exitCode: 0 })

    expect((await bus.admin.describeTopic('order-events')).config.get('retention.ms')).toBe('60000')
  })

  test('asks a second question on a terminal, also with --yes', async () => {
    const argv = ['--config', 'retention.ms=60000', '--yes']

    const no = await alter(argv, {}, { stdin: 'n\n', isTerminal: true })
    expect(no.stderr).toContain('Delete up to 5 events? [y/N]')
    expect(no.stderr).toContain('error: the deletion of events was not confirmed; nothing was done')

    expect(await alter(argv, {}, { stdin: 'y\n', isTerminal: true })).toMatchObject({ exitCode: 0 })
  })

  test('needs no agreement for a longer retention', async () => {
    expect(await alter(['--config', 'retention.ms=172800000', '--yes'])).toMatchObject({ exitCode: 0 })
  })

  test('suggests the name of a setting that the broker knows', async () => {
    const { stderr, exitCode } = await alter(['--config', 'retention.m=1'])

    expect(stderr).toContain("topics of this cluster have no setting 'retention.m'")
    expect(stderr).toContain('try: --config retention.ms=…')
    expect(exitCode).toBe(6)
  })

  test('shows the plan and the reason if the broker refuses a value', async () => {
    const refusal = new EventBusError('INVALID_TOPIC', "topic 'order-events' cannot have these settings: not a number")
    const argv = ['--config', 'retention.ms=x', '--dry-run']

    const { stdout, stderr, exitCode } = await alter(argv, { validateTopicConfig: () => Promise.reject(refusal) })

    expect(stdout).toContain('retention.ms  86400000  topic   x   topic')
    expect(stderr).toContain('cannot have these settings: not a number')
    expect(exitCode).toBe(6)
  })

  test('has nothing to do if the topic has the value already', async () => {
    const { stdout, exitCode } = await alter(['--config', 'retention.ms=86400000'])

    expect(stdout).toContain('no change needed: retention.ms')
    expect(exitCode).toBe(0)
  })

  test.each([
    [[], 'name a setting to change'],
    [['--config', 'a=1', '--delete-config', 'a'], "setting 'a' is given twice"],
  ])('refuses the flags %j', async (argv, message) => {
    const { stderr, exitCode } = await alter(argv)

    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  })
})
