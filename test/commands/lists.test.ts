import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import GroupsList from '../../src/commands/groups/list.ts'
import GroupsMembers from '../../src/commands/groups/members.ts'
import Lag from '../../src/commands/lag.ts'
import ProfileList from '../../src/commands/profile/list.ts'
import TopicsList from '../../src/commands/topics/list.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { cellWidth } from '../../src/ui/text/cell-width.ts'
import { type Runnable, runCli } from './run-cli.ts'
import { FakeTerminal } from './terminal.ts'

const NOW = Date.UTC(2026, 10, 23, 10)
const LONG = `${'very-long-'.repeat(24)}end`
const CJK = '請求書グループ'

let broker: MemoryBroker

const behind = (group: string, topic: string, offset: bigint) =>
  broker.groups.commit(group, [{ topic, partition: 0, offset }])

beforeEach(async () => {
  broker = new MemoryBroker({ now: () => NOW - 61_000 })
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  const events = (count: number) => Array.from({ length: count }, () => serializedEvent('A.v1', Buffer.from('{}')))
  await bus.admin.createTopic('order-events', { partitions: 1 })
  await bus.admin.createTopic('payment-events', { partitions: 1 })
  await bus.admin.createTopic('audit-log', { partitions: 2 })
  await bus.publish('order-events', events(9))
  await bus.publish('payment-events', events(20))
  behind('billing', 'order-events', 5n)
  behind('billing', 'payment-events', 19n)
  behind('audit', 'order-events', 9n)
  behind(LONG, 'order-events', 7n)
  behind(CJK, 'order-events', 2n)
})

const run = (command: Runnable, ...argv: string[]) => runCli(command, argv, { broker })
const namesIn = (stdout: string) =>
  stdout
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(' ')[0])

/** Returns the lines that a command prints on a terminal. */
async function onTerminal(columns: number, command: Runnable, ...argv: string[]): Promise<readonly string[]> {
  const terminal = new FakeTerminal(columns)
  await runCli(command, argv, { broker, terminal })
  return terminal.written.split('\n').slice(0, -1)
}

describe('lists', () => {
  test('a list shows the items that match one of its patterns', async () => {
    expect(namesIn((await run(TopicsList, '*-events')).stdout)).toEqual(['order-events', 'payment-events'])
    expect(namesIn((await run(TopicsList, 'audit-log', 'pay*')).stdout)).toEqual(['audit-log', 'payment-events'])
    const { groups } = JSON.parse((await run(GroupsList, 'b*', '--json')).stdout)
    expect(groups).toMatchObject([{ group: 'billing' }])
  })

  test('a pattern without a match names similar items, and prints no table', async () => {
    expect(await run(TopicsList, 'ordr-events')).toMatchObject({
      stdout: '',
      stderr: 'none of 3 topics matches ordr-events; did you mean order-events?\n',
      exitCode: 0,
    })
    expect((await run(GroupsList, 'zzz*')).stderr).toBe(
      'none of 4 groups matches zzz*; without a pattern, all are listed\n',
    )
  })

  test('--sort sorts by the header of a column in any case, also the document', async () => {
    expect(namesIn((await run(TopicsList, '--sort', 'events:desc')).stdout)).toEqual([
      'payment-events',
      'order-events',
      'audit-log',
    ])
    expect(namesIn((await run(TopicsList, '--sort', 'Partitions:desc', '--limit', '1')).stdout)).toEqual(['audit-log'])
    const { topics } = JSON.parse((await run(TopicsList, '--sort', 'EVENTS', '--json')).stdout)
    expect(topics.map(({ topic }: { topic: string }) => topic)).toEqual(['audit-log', 'order-events', 'payment-events'])
  })

  test.each([
    ['event', ['--sort events']],
    ['nothing-like-it', ['--sort topic', '--sort partitions', '--sort replicas']],
    ['events:down', ['--sort events:desc']],
    ['events:desc:asc', ['--sort events:desc']],
  ])('--sort %s is refused with columns or directions to type', async (given, suggestions) => {
    const { stdout, exitCode } = await run(TopicsList, '--sort', given, '--json')
    const { error } = JSON.parse(stdout)
    expect(error.suggestions.map(({ flag }: { flag: string }) => flag)).toEqual(suggestions)
    expect(exitCode).toBe(2)
  })

  test('--limit says how many items there are', async () => {
    const { stdout, stderr } = await run(GroupsList, '--limit', '2')
    expect(namesIn(stdout)).toHaveLength(2)
    expect(stderr).toBe('the first 2 of 4 groups; without --limit, all are shown\n')
    expect((await run(GroupsList, '--limit', '4')).stderr).toBe('')
    expect(await run(GroupsList, '--limit', '0')).toMatchObject({ exitCode: 2 })
  })

  test.each([80, 120, 200])('no line of a list is wider than a terminal of %d columns', async (columns) => {
    for (const command of [GroupsList, TopicsList]) {
      for (const line of await onTerminal(columns, command)) expect(cellWidth(line)).toBeLessThanOrEqual(columns)
    }
    expect((await onTerminal(columns, GroupsList)).join('\n')).toMatch(/very-long-.*….*-end /)
  })

  test('--wide and a pipe show whole names', async () => {
    expect((await onTerminal(80, GroupsList, '--wide')).join('\n')).toContain(LONG)
    expect((await run(GroupsList)).stdout).toContain(LONG)
  })

  test('an empty list is one sentence with a command to type', async () => {
    expect(await run(ProfileList)).toMatchObject({
      stdout: '',
      stderr: 'there are no profiles; "crbus profile create" adds one\n',
    })
    const members = await run(GroupsMembers, 'billing')
    expect(members).toMatchObject({ stdout: '', exitCode: 0 })
    expect(members.stderr).toBe(
      'group \'billing\' has no members; its state is Empty; "crbus groups describe billing" shows its offsets\n',
    )
    expect(await runCli(Lag, [], { broker: new MemoryBroker() })).toMatchObject({
      stdout: '',
      stderr: 'no groups yet; a subscriber or "crbus reset --new-group" creates one\n',
    })
  })
})

describe('lag on a terminal', () => {
  test('shows the number of groups with each verdict, and groups with their topics, worst first', async () => {
    const lines = await onTerminal(120, Lag)
    expect(lines[0]).toBe('4 groups · 3 stopped · 1 ok')
    expect(lines[2]?.trim().split(/\s+/)).toEqual('VERDICT GROUP LAG AGE STATE MEMBERS TOPICS'.split(' '))
    expect(
      lines.slice(3).map((line) =>
        line
          .replaceAll(/[█▉▊▋▌▍▎▏]+/g, '')
          .trim()
          .split(/\s+/),
      ),
    ).toEqual([
      ['stopped', CJK, '7', '1m1s', 'Empty', '0', 'order-events'],
      ['stopped', 'billing', '5', '1m1s', 'Empty', '0', '2', 'topics'],
      ['stopped', 'order-events', '4', '1m1s'],
      ['stopped', 'payment-events', '1', '1m1s'],
      ['stopped', expect.stringContaining('…'), '2', '1m1s', 'Empty', '0', 'order-events'],
      ['ok', 'audit', '0', '-', 'Empty', '0', 'order-events'],
    ])
  })

  test.each([80, 120, 200])('no line is wider than a terminal of %d columns', async (columns) => {
    for (const argv of [[], ['*'], ['--sample', '10ms', '*']]) {
      for (const line of await onTerminal(columns, Lag, ...argv)) expect(cellWidth(line)).toBeLessThanOrEqual(columns)
    }
  })

  test('lists the partitions of named groups with the member last', async () => {
    const member = new InMemoryEventBus({ broker })
    const stream = await member.subscribe(['order-events'], { group: 'audit' })
    const lines = await onTerminal(140, Lag, 'audit')
    expect(lines).toContain('audit')
    expect(lines).toContain('Stable · 1 member')
    const header = lines.findIndex((line) => line.includes('COMMITTED'))
    expect(lines[header]).toMatch(/^VERDICT .* END {2}HOST +MEMBER$/)
    expect(lines[header + 1]).toMatch(/^ok +order-events\[0\] .* memory {2}memory-\S+$/)
    expect((await onTerminal(140, Lag, 'audit', '--wide')).join('\n')).toContain(member.clientId)
    await stream.close()
    await member.close()
  })

  test('says how to judge groups that are read, because one measurement cannot', async () => {
    const member = new InMemoryEventBus({ broker })
    const stream = await member.subscribe(['order-events'], { group: 'billing' })
    const lines = await onTerminal(120, Lag, '--topic', 'order-events', 'billing')
    expect(lines[0]).toBe('1 group · 1 without a verdict (--sample 10s gives one)')
    await stream.close()
    await member.close()
  })

  test('sorts and limits groups, also in the document', async () => {
    const { stdout, stderr } = await run(Lag, '--sort', 'lag', '--limit', '2', '--json')
    expect(JSON.parse(stdout).groups.map(({ group }: { group: string }) => group)).toEqual(['audit', LONG])
    expect(stderr).toContain('the first 2 of 4 groups')
    const rates = await run(Lag, '--sort', 'in/s')
    expect(rates).toMatchObject({ exitCode: 2 })
    expect(rates.stderr).toContain('the columns are GROUP, STATE, MEMBERS, TOPICS, LAG, AGE, VERDICT')
    expect(await run(Lag, '--watch', '--sort', 'lag')).toMatchObject({ exitCode: 2 })
  })
})
