import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { Stop } from '../../src/cli/process/stop.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { broker, createBroker, tail } from './publish-and-tail.ts'

let bus: InMemoryEventBus

beforeEach(async () => {
  createBroker()
  bus = new InMemoryEventBus({ broker })
  await bus.admin.createTopic('order-events', { partitions: 2 })
  const records = Array.from({ length: 10 }, (_, index) => ({
    ...{ key: Buffer.from(`k${index}`), value: null, partition: index % 2, timestamp: BigInt(index + 1) },
  }))
  await bus.log.append('order-events', records)
})

const committed = async (group = 'billing') =>
  (await bus.admin.committedOffsets(group)).map(({ partition, offset }) => `${partition}@${offset}`)

const commit = (...offsets: readonly bigint[]) =>
  bus.admin.commitOffsets(
    'billing',
    offsets.map((offset, partition) => ({ topic: 'order-events', partition, offset })),
  )

const lines = (stdout: string) => stdout.trim().split('\n').sort()

const as = (...argv: string[]) => tail(['order-events', '--group', 'billing', '-o', '%p@%o', ...argv])

describe('tail --group', () => {
  test('reads from the committed offsets and commits nothing', async () => {
    await commit(3n, 4n)
    const { stdout, stderr, exitCode } = await as('-e')
    expect(lines(stdout)).toEqual(['0@3', '0@4', '1@4'])
    expect(stderr).toContain('COMMITS  nothing\n')
    expect(exitCode).toBe(0)
    expect(await committed()).toEqual(['0@3', '1@4'])
    expect((await bus.admin.describeGroup('billing')).members).toEqual([])
  })

  test('leaves no group behind that did not exist before', async () => {
    const { stdout, exitCode } = await as('-e')
    expect(lines(stdout)).toHaveLength(10)
    expect(exitCode).toBe(0)
    expect(await bus.admin.listGroups()).toEqual([])
  })

  test('commits with --commit, and says what', async () => {
    await commit(3n, 4n)
    const { stdout, stderr, exitCode } = await as('-e', '--commit')
    expect(lines(stdout)).toEqual(['0@3', '0@4', '1@4'])
    expect(stderr).toContain('COMMITS  the offsets of events after they are shown\n')
    expect(stderr).toContain(
      'committed for group billing: order-events[0] from 3 to 5, order-events[1] from 4 to 5\n3 events\n',
    )
    expect(exitCode).toBe(0)
    expect(await committed()).toEqual(['0@5', '1@5'])
    expect((await as('-e', '--commit')).stderr).toContain('committed nothing for group billing\n0 events\n')
  })

  test('commits exactly the events that -n shows', async () => {
    await commit(0n, 5n)
    for (const next of [2n, 4n]) {
      const { stdout } = await as('-e', '--commit', '-n', '2')
      expect(lines(stdout)).toEqual([`0@${next - 2n}`, `0@${next - 1n}`])
      expect(await committed()).toEqual([`0@${next}`, '1@5'])
    }
  })

  test('commits events that a filter leaves out, but none after the last event of -n', async () => {
    await commit(0n, 5n)
    const first = await as('-e', '--commit', '--key', 'k4', '-n', '1')
    expect(lines(first.stdout)).toEqual(['0@2'])
    expect(await committed()).toEqual(['0@3', '1@5'])
    expect(lines((await as('-e', '--commit', '--key', 'k4')).stdout)).toEqual([''])
    expect(await committed()).toEqual(['0@5', '1@5'])
  })

  test('follows, and commits what was written before Ctrl-C', async () => {
    await commit(5n, 5n)
    const stop = new Stop()
    const following = tail(['order-events', '--group', 'billing', '--commit', '-o', '%p@%o'], {
      stop,
      onStdout: () => setImmediate(() => stop.request('interrupted')),
      onStderr: (text: string) => {
        if (text.includes('COMMITS')) void bus.log.append('order-events', [{ key: null, value: null, partition: 0 }])
      },
    })
    const { stdout, exitCode } = await following
    expect(stdout).toBe('0@5\n')
    expect(exitCode).toBe(130)
    expect(await committed()).toEqual(['0@6', '1@5'])
  })

  test('commits nothing of a batch whose reader has left before it was written', async () => {
    await commit(0n, 0n)
    const stop = new Stop()
    const argv = ['order-events', '--group', 'billing', '--commit', '-o', '%p@%o']
    const { exitCode } = await tail(argv, { stop, onStdout: () => stop.request('reader-left') })
    expect(exitCode).toBe(0)
    expect(await committed()).toEqual(['0@0', '1@0'])
  })

  test('asks before it takes partitions from running members, and needs --yes without a terminal', async () => {
    await using member = await bus.subscribe(['order-events'], { group: 'billing', autoOffsetReset: 'latest' })
    const { memberId } = (await bus.admin.describeGroup('billing')).members[0] as { memberId: string }
    const refused = await as('-e')
    expect(refused.stderr).toContain(`MEMBERS  ${memberId}: this tail takes partitions from them\n`)
    expect(refused.stderr).toContain("this changes 'billing', and there is no terminal to ask on; nothing was done")
    expect(refused.stderr).toContain('--yes')
    expect(refused.exitCode).toBe(6)
    const asked = await tail(['order-events', '--group', 'billing', '-e'], { isTerminal: true, stdin: 'n\n' })
    expect(asked.stderr).toContain('Join group billing, take partitions from 1 running member? [y/N]')
    expect(asked.exitCode).toBe(6)
    expect((await bus.admin.describeGroup('billing')).members).toHaveLength(1)
    expect((await as('-e', '--yes')).exitCode).toBe(0)
    await member.close()
  })

  test('ends with -e at the ends of its own partitions while another member has the others', async () => {
    await using member = await bus.subscribe(['order-events'], { group: 'billing', autoOffsetReset: 'earliest' })
    const { stdout, exitCode } = await as('-e', '--yes')
    expect(exitCode).toBe(0)
    expect(lines(stdout)).toHaveLength(5)
    await member.close()
  })

  test('--dry-run shows the plan and joins nothing', async () => {
    await commit(3n, 4n)
    const { stdout, stderr } = await as('--commit', '--dry-run')
    expect(stdout).toBe(
      [
        'GROUP    billing (Empty)',
        'TOPICS   order-events',
        'MEMBERS  -',
        'STARTS   at order-events[0]@3, order-events[1]@4',
        'COMMITS  the offsets of events after they are shown',
        '',
      ].join('\n'),
    )
    expect(stderr).toBe('')
    const { events, plan } = JSON.parse((await as('--dry-run', '--json')).stdout)
    expect(events).toEqual([])
    expect(plan).toEqual({
      ...{ group: 'billing', topics: ['order-events'], state: 'Empty', memberIds: [], commits: false },
      offsets: [
        { topic: 'order-events', partition: 0, offset: 3 },
        { topic: 'order-events', partition: 1, offset: 4 },
      ],
    })
  })

  test('--json has the events, and the group before it was joined', async () => {
    await commit(4n, 5n)
    const { events, plan } = JSON.parse((await tail(['order-events', '--group', 'billing', '--json'])).stdout)
    expect(events.map(({ offset }: { offset: number }) => offset)).toEqual([4])
    expect(plan).toMatchObject({ group: 'billing', commits: false })
  })

  test.each([
    [['order-events:0', '--group', 'billing'], 'the members of a group share its partitions'],
    [['order-events', '--group', 'billing', '--commit', '--json'], '--json prints the events at the end'],
    [['order-events', '--group', 'billing', '--from', 'start'], 'from'],
    [['order-events', '--commit'], 'group'],
  ])('refuses %j', async (argv, message) => {
    const { stdout, stderr, exitCode } = await tail(argv)
    expect(stdout + stderr).toContain(message)
    expect(exitCode).toBe(2)
    expect(await bus.admin.listGroups()).toEqual([])
  })

  describe('with a guarded profile', () => {
    const guardedBy = (guard: object) => {
      const home = mkdtempSync(join(tmpdir(), 'crbus-tail-'))
      mkdirSync(join(home, 'crbus'))
      writeFileSync(
        join(home, 'crbus/config.json'),
        JSON.stringify({ profiles: { prod: { brokers: 'broker.test:9092', ...guard } } }),
      )
      return { env: { XDG_CONFIG_HOME: home }, home }
    }

    test.each([[['--commit']], [[]]])('a read-only profile refuses to join a group, with %j', async (flags) => {
      await commit(3n, 4n)
      const argv = ['order-events', '--profile', 'prod', '--group', 'billing', '-e', '--yes', ...flags]
      const { stderr, exitCode } = await tail(argv, guardedBy({ readOnly: true }))
      expect(stderr).toContain("profile 'prod' is read-only")
      expect(exitCode).toBe(6)
      expect(await committed()).toEqual(['0@3', '1@4'])
      const position = ['order-events', '--profile', 'prod', '--group-position', 'billing', '-o', '%p@%o']
      expect((await tail(position, guardedBy({ readOnly: true }))).stdout).toBe('0@3\n1@4\n')
    })

    test('a protected profile asks for the name of the group', async () => {
      await commit(3n, 4n)
      const argv = ['order-events', '--profile', 'prod', '--group', 'billing', '-e', '--commit', '-o', '%p@%o']
      const refused = await tail([...argv, '--yes'], guardedBy({ protected: true }))
      expect(refused.stderr).toContain('--confirm billing')
      expect(refused.exitCode).toBe(6)
      expect(await committed()).toEqual(['0@3', '1@4'])
      const confirmed = await tail([...argv, '--confirm', 'billing'], guardedBy({ protected: true }))
      expect(confirmed.exitCode).toBe(0)
      expect(await committed()).toEqual(['0@5', '1@5'])
    })
  })
})

describe('tail --group-position', () => {
  const position = (...argv: string[]) => tail(['order-events', '--group-position', 'billing', '-o', '%p@%o', ...argv])

  test('shows the next event of a group in each partition without joining it', async () => {
    await commit(3n, 1n)
    expect((await position()).stdout).toBe('1@1\n0@3\n')
    expect((await position('-n', '2')).stdout).toBe('1@1\n1@2\n0@3\n0@4\n')
    expect((await position('-p', '0')).stdout).toBe('0@3\n')
    expect((await position('--key', 'k8')).stdout).toBe('0@4\n')
    expect(await committed()).toEqual(['0@3', '1@1'])
  })

  test('says where the group is at the end, and where it has committed nothing', async () => {
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 5n }])
    const { stdout, stderr, exitCode } = await position()
    expect(stdout).toBe('')
    expect(stderr).toBe(
      'group billing is at the end of order-events[0]: it has committed offset 5\ngroup billing has committed nothing on order-events[1]\n0 events\n',
    )
    expect(exitCode).toBe(0)
  })

  test('ends with exit code 4 and similar names for a group that does not exist', async () => {
    await commit(3n, 4n)
    const { stderr, exitCode } = await tail(['order-events', '--group-position', 'biling'])
    expect(stderr).toContain("group 'biling' does not exist")
    expect(stderr).toContain('billing')
    expect(exitCode).toBe(4)
  })

  test('refuses a topic on which the group has committed nothing', async () => {
    await commit(3n, 4n)
    await bus.admin.createTopic('payment-events')
    const { stderr, exitCode } = await tail(['payment-events', '--group-position', 'billing'])
    expect(stderr).toContain("group 'billing' has committed nothing on payment-events")
    expect(stderr).toContain('try: crbus groups describe billing')
    expect(exitCode).toBe(6)
  })
})
