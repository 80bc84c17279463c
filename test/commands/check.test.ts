import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import CheckLag from '../../src/commands/check/lag.ts'
import CheckTopic from '../../src/commands/check/topic.ts'
import Lag from '../../src/commands/lag.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { runCli } from './run-cli.ts'

const NOW = Date.UTC(2026, 10, 23, 10)

/** A bus with five events, 90 seconds old; the group `billing` has committed offset 2. */
async function billingBus() {
  const broker = new MemoryBroker({ now: () => NOW - 90_000 })
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  const event = serializedEvent('OrderPlaced.v1', Buffer.from('{}'))
  await bus.publish('order-events', [event, event, event, event, event])
  await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 2n }])
  return { broker, bus }
}

let broker: MemoryBroker
let bus: InMemoryEventBus
beforeEach(async () => {
  const made = await billingBus()
  broker = made.broker
  bus = made.bus
  return () => bus.close()
})

describe('check lag', () => {
  const check = (...argv: string[]) => runCli(CheckLag, argv, { broker })
  /** The condition of a group that has stopped, at the end of each line. */
  const STOPPED = '(billing is Empty, 0 members, verdict stopped)'

  test.each([
    [['--max-events', '3', '--max-age', '90s'], 0, 'LAG OK - billing: 3 events waiting, the oldest 90s old'],
    [['--max-events', '9', '--warn-events', '2'], 1, 'LAG WARNING - billing: 3 events waiting, above 2'],
    [['--max-age', '1m29s'], 2, 'LAG CRITICAL - billing: the oldest waiting event is 90s old, above 89s'],
    [
      ['--warn-age', '1m', '--max-events', '1'],
      2,
      'LAG CRITICAL - billing: 3 events waiting, above 1; billing: the oldest waiting event is 90s old, above 60s',
    ],
    [['--max-verdict', 'stalled'], 2, 'LAG CRITICAL - billing: the verdict is stopped, worse than stalled'],
    [['--max-verdict', 'stopped'], 0, 'LAG OK - billing: 3 events waiting, the oldest 90s old'],
    [['--warn-verdict', 'stalled'], 1, 'LAG WARNING - billing: the verdict is stopped, worse than stalled'],
  ])('with %j and no limit for members exits with %i', async (limits, exitCode, line) => {
    expect(await check('--group', 'billing', '--min-members', '0', ...limits)).toEqual({
      exitCode,
      stdout: `${line} ${STOPPED}\n`,
      stderr: '',
    })
  })

  test('a group without members is critical while events wait for it, whatever the limits', async () => {
    const limits = ['--max-events', '9', '--max-age', '1h']
    expect(await check('--group', 'billing', ...limits)).toMatchObject({
      exitCode: 2,
      stdout: `LAG CRITICAL - billing: 3 events waiting, and no member reads them ${STOPPED}\n`,
    })
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 5n }])
    expect(await check('--group', 'billing', ...limits)).toMatchObject({
      exitCode: 0,
      stdout: 'LAG OK - billing: 0 events waiting (billing is Empty, 0 members, verdict ok)\n',
    })
  })

  test('a group with fewer members than --min-members is critical', async () => {
    await using _ = await bus.subscribe(['order-events'], { group: 'shipping' })
    await bus.admin.describeGroup('shipping')
    expect(await check('--group', 'billing', '--min-members', '1')).toMatchObject({
      exitCode: 2,
      stdout: `LAG CRITICAL - billing has 0 members, fewer than 1 ${STOPPED}\n`,
    })
    const { stdout } = await check('--group', 'shipping', '--min-members', '2', '--format', 'nagios')
    expect(stdout).toContain('LAG CRITICAL - shipping has 1 member, fewer than 2')
    expect(stdout).toContain(" | 'shipping members'=1;;2:;0\n")
  })

  test.each([
    [['--max-verdict', 'catching-up'], '--max-verdict catching-up needs two measurements'],
    [
      ['--warn-verdict', 'ok', '--sample', '4999ms'],
      "--warn-verdict ok needs a --sample of at least 5s, the default commit interval of Kafka's clients",
    ],
  ])('rejects %j, because the measurements could not show a worse verdict', async (argv, reason) => {
    expect(await check('--group', 'billing', ...argv)).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining(`LAG UNKNOWN - ${reason}`),
    })
  })

  test('names the worst of several groups, with its state, members and verdict', async () => {
    await bus.admin.commitOffsets('archive', [{ topic: 'order-events', partition: 0, offset: 5n }])
    const { stdout } = await check('--group', '*', '--max-events', '2')
    expect(stdout).toBe(
      `LAG CRITICAL - billing: 3 events waiting, and no member reads them; billing: 3 events waiting, above 2 ${STOPPED}\n`,
    )
  })

  test.each([
    ['a group that does not exist', ['--group', 'nope', '--max-events', '1'], "group 'nope' does not exist"],
    ['a glob that matches no group', ['--group', 'x*', '--max-events', '1'], 'no group has a matching name'],
    ['no group', ['--max-events', '1'], 'crbus checklag needs --group. Groups: billing'],
    ['no limit', ['--group', 'billing'], 'name a limit'],
    ['a flag that does not exist', ['--group', 'billing', '--max', '1'], 'crbus checklag has no flag --max'],
    [
      'a limit that is not a number',
      ['--group', 'billing', '--max-events', 'x'],
      '--max-events x is not a whole number (try: --max-events NUMBER)',
    ],
    ['an empty name', ['--group', '', '--max-events', '1'], '--group is empty'],
    [
      'a topic the group does not read',
      ['--group', 'billing', '--topic', 'nope', '--max-events', '1'],
      'billing neither reads nope nor has committed on it',
    ],
    [
      'a topic no group reads',
      ['--group', '*', '--topic', 'nope', '--max-events', '1'],
      'no matching group reads nope',
    ],
    ['a limit that is not a duration', ['--group', 'billing', '--max-age', 'soon'], '--max-age soon is not a duration'],
  ])('check lag is unknown with %s', async (_, argv, text) => {
    const { stdout, exitCode } = await check(...argv)
    expect(stdout).toContain(`LAG UNKNOWN - ${text}`)
    expect(stdout.trim()).not.toContain('\n')
    expect(exitCode).toBe(3)
  })

  test('check lag is unknown without committed offsets, and critical with an offset outside the log', async () => {
    const stream = await bus.subscribe(['order-events'], { group: 'fresh' })
    expect(await check('--group', 'fresh', '--max-events', '9')).toMatchObject({
      exitCode: 3,
      stdout: 'LAG UNKNOWN - fresh has committed no offsets (fresh is Stable, 1 member, verdict never-committed)\n',
    })
    await stream.close()
    await bus.admin.commitOffsets('ahead', [{ topic: 'order-events', partition: 0, offset: 9n }])
    expect(await check('--group', 'ahead', '--max-events', '9')).toMatchObject({
      exitCode: 2,
      stdout:
        'LAG CRITICAL - ahead committed outside the log of order-events[0] (ahead is Empty, 0 members, verdict beyond-the-log)\n',
    })
  })

  test('check lag is unknown about the age of an event that is dated in the future', async () => {
    await bus.admin.createTopic('ahead-events', { partitions: 1 })
    const records = [NOW + 7_200_000, NOW - 7_200_000].map((time) => ({
      key: null,
      value: null,
      timestamp: BigInt(time),
    }))
    await bus.log.append('ahead-events', records)
    await bus.admin.commitOffsets('ahead', [{ topic: 'ahead-events', partition: 0, offset: 0n }])

    const allowed = ['--group', 'ahead', '--min-members', '0']
    expect(await check(...allowed, '--max-age', '1h', '--format', 'nagios')).toMatchObject({
      exitCode: 3,
      stdout:
        "LAG UNKNOWN - ahead: no age is known in ahead-events[0]: the first waiting event is dated in the future (ahead is Empty, 0 members, verdict stopped) | 'ahead lag_events'=2;;;0 'ahead members'=0;;0:;0\n",
    })
    expect(await check(...allowed, '--max-events', '9')).toMatchObject({
      exitCode: 0,
      stdout: 'LAG OK - ahead: 2 events waiting (ahead is Empty, 0 members, verdict stopped)\n',
    })
    const lag = await runCli(Lag, ['--group', 'ahead'], { broker })
    expect(lag.stderr).toBe(
      'note: ahead: the first waiting event of ahead-events[0] is dated in the future, so its age is not known\n',
    )
    const json = await runCli(Lag, ['--group', 'ahead', '--json'], { broker })
    expect(JSON.parse(json.stdout).groups[0].topics[0].partitions).toMatchObject([{ lag: 2, ahead: 7_200_000 }])
  })

  test('prints the formats nagios, prometheus and json', async () => {
    const limits = ['--group', 'bill*', '--max-events', '9', '--warn-events', '2', '--max-age', '5m']
    limits.push('--min-members', '0')
    const nagios = await check(...limits, '-o', 'nagios')
    expect(nagios.stdout).toBe(
      `LAG WARNING - billing: 3 events waiting, above 2 ${STOPPED} | 'billing lag_events'=3;2;9;0 'billing lag_seconds'=90s;;300;0 'billing members'=0;;0:;0\n`,
    )
    const prometheus = await check(...limits, '-o', 'prometheus')
    expect(prometheus.stdout).toContain('crbus_check_status{check="lag"} 1\n')
    expect(prometheus.stdout).toContain('crbus_lag_events{group="billing"} 3\n')
    const json = await check(...limits, '--format', 'json')
    expect(JSON.parse(json.stdout)).toEqual({
      check: 'lag',
      status: 'warning',
      message: `billing: 3 events waiting, above 2 ${STOPPED}`,
      worst: { group: 'billing', state: 'Empty', memberCount: 0, verdict: 'stopped' },
      findings: [
        {
          ...{ status: 'warning', code: 'lag-above-limit', group: 'billing', lag: 3, counts: 'records', limit: 2 },
          ...{ transactions: [], message: 'billing: 3 events waiting, above 2' },
        },
      ],
      measures: [
        { name: 'lag_events', labels: { group: 'billing' }, value: 3, unit: '', warn: 2, max: 9 },
        { name: 'lag_seconds', labels: { group: 'billing' }, value: 90, unit: 's', max: 300 },
        { name: 'members', labels: { group: 'billing' }, value: 0, unit: '', min: 0 },
      ],
      bus: { kind: 'memory', clusterId: 'memory' },
    })
    expect(json.exitCode).toBe(1)
    expect(await check(...limits, '--json')).toEqual(json)
  })
})

describe('check topic', () => {
  const check = (...argv: string[]) => runCli(CheckTopic, argv, { broker })

  test.each([
    [['--exists'], 0, 'TOPIC OK - order-events has 1 partition and 1 replica'],
    [['--max-silence', '2m'], 0, 'TOPIC OK - order-events has 1 partition and 1 replica, the newest event 90s ago'],
    [['--max-silence', '1m'], 2, 'TOPIC CRITICAL - order-events had its newest event 90s ago, above 60s'],
    [
      ['--partitions', '3', '--replication', '2'],
      2,
      'TOPIC CRITICAL - order-events has 1 partition, not 3; order-events has 1 replica, not 2',
    ],
  ])('with %j exits with %i', async (flags, exitCode, line) => {
    expect(await check('order-events', ...flags)).toEqual({ exitCode, stdout: `${line}\n`, stderr: '' })
  })

  /** Creates a topic with events of these ages in milliseconds; a negative age is in the future. */
  async function dated(...ages: number[]): Promise<string> {
    const topic = `dated-${ages.length}-events`
    await bus.admin.createTopic(topic, { partitions: 1 })
    await bus.log.append(
      topic,
      ages.map((age) => ({ key: null, value: Buffer.from('x'), timestamp: BigInt(NOW - age) })),
    )
    return topic
  }

  const DAY_MS = 86_400_000

  test('uses the newest event that is not dated in the future, and counts newer ones that are', async () => {
    const topic = await dated(7_200_000, -365 * DAY_MS, -DAY_MS)
    const silent = await check(topic, '--max-silence', '1h')
    expect(silent).toMatchObject({
      exitCode: 2,
      stdout: `TOPIC CRITICAL - ${topic} had its newest event 7200s ago, above 3600s, 2 newer events dated in the future and not counted\n`,
    })
    expect(await check(topic, '--max-silence', '3h')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('the newest event 7200s ago, 2 newer events dated in the future and not counted'),
    })
  })

  test('reads back until it finds an event that is not dated in the future', async () => {
    const topic = await dated(7_200_000, ...Array.from({ length: 500 }, () => -DAY_MS))
    expect(await check(topic, '--max-silence', '1h')).toMatchObject({ exitCode: 2 })
  })

  test('finds the newest event before many records with older timestamps', async () => {
    const topic = await dated(5000, ...Array.from({ length: 500 }, () => 2 * DAY_MS))
    const { stdout, exitCode } = await check(topic, '--max-silence', '1h')
    expect(stdout).toBe(`TOPIC OK - ${topic} has 1 partition and 1 replica, the newest event 5s ago\n`)
    expect(exitCode).toBe(0)
  })

  test('finds the newest event before records dated in the future when another partition holds old ones', async () => {
    const ages = [[2 * DAY_MS], [5000, ...Array.from({ length: 50 }, () => -DAY_MS)]]
    await bus.admin.createTopic('two-events', { partitions: 2 })
    await bus.log.append(
      'two-events',
      ages.flatMap((own, partition) =>
        own.map((age) => ({ key: null, value: Buffer.from('x'), timestamp: BigInt(NOW - age), partition })),
      ),
    )
    const { stdout, exitCode } = await check('two-events', '--max-silence', '1h')
    expect(stdout).toContain('TOPIC OK - two-events has 2 partitions and 1 replica, the newest event 5s ago, 50 newer')
    expect(exitCode).toBe(0)
  })

  test('counts an event dated a few seconds ahead as just written', async () => {
    const topic = await dated(7_200_000, -5000)
    const { stdout, exitCode } = await check(topic, '--max-silence', '1h')
    expect(stdout).toBe(`TOPIC OK - ${topic} has 1 partition and 1 replica, the newest event 0s ago\n`)
    expect(exitCode).toBe(0)
  })

  test('check topic is unknown when every event is dated in the future', async () => {
    const topic = await dated(-DAY_MS)
    expect(await check(topic, '--max-silence', '1h')).toMatchObject({
      exitCode: 3,
      stdout: `TOPIC UNKNOWN - the newest events of ${topic} are dated in the future, so their age is not known\n`,
    })
  })

  test('check topic is critical when the topic does not exist or is empty', async () => {
    expect(await check('nope', '--exists')).toMatchObject({
      exitCode: 2,
      stdout: 'TOPIC CRITICAL - nope does not exist\n',
    })
    await bus.admin.createTopic('empty-events')
    expect(await check('empty-events', '--max-silence', '1m')).toMatchObject({
      exitCode: 2,
      stdout: 'TOPIC CRITICAL - empty-events holds no events\n',
    })
  })
})
