import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { groupActive } from '../../src/bus/errors.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import GroupsClone from '../../src/commands/groups/clone.ts'
import GroupsDelete from '../../src/commands/groups/delete.ts'
import GroupsDeleteOffsets from '../../src/commands/groups/delete-offsets.ts'
import GroupsDescribe from '../../src/commands/groups/describe.ts'
import GroupsList from '../../src/commands/groups/list.ts'
import GroupsMembers from '../../src/commands/groups/members.ts'
import ResetUndo from '../../src/commands/reset/undo.ts'
import Reset from '../../src/commands/reset.ts'
import TopicsDelete from '../../src/commands/topics/delete.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { type Runnable, runCli } from './run-cli.ts'

const AUTO = 'composable-rust-order-events-payment-events'

describe('groups', () => {
  let broker: MemoryBroker
  let folder: string

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-groups-'))
    broker = new MemoryBroker()
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    await bus.admin.createTopic('order-events', { partitions: 2 })
    await bus.admin.createTopic('payment-events', { partitions: 1 })
    await bus.publish(
      'payment-events',
      [1, 2, 3].map((n) => serializedEvent('Paid.v1', Uint8Array.of(n))),
    )
    broker.groups.commit('billing', [
      { topic: 'order-events', partition: 1, offset: 0n },
      { topic: 'payment-events', partition: 0, offset: 1n },
    ])
    return () => rmSync(folder, { recursive: true })
  })

  const run = (command: Runnable, ...argv: string[]) =>
    runCli(command, argv, { broker, cwd: folder, undoFolder: join(folder, 'undo') })

  async function joined(group: string) {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    onTestFinished(() => bus.close())
    await bus.subscribe(['order-events', 'payment-events'], { group })
    return bus
  }

  test('groups are listed with state and topics, and automatic names are recognized', async () => {
    broker.groups.commit(AUTO, [])
    await joined('shipping')

    const { stdout } = await run(GroupsList)
    expect(stdout).toBe(
      [
        'GROUP                                        STATE   TYPE     PROTOCOL  MEMBERS  AUTO-NAMED  TOPICS',
        'billing                                      Empty   classic  -               0  -           order-events,payment-events',
        `${AUTO}  Empty   classic  -               0  yes         order-events,payment-events`,
        'shipping                                     Stable  classic  range           1  -           order-events,payment-events',
        '',
      ].join('\n'),
    )
    const json = JSON.parse((await run(GroupsList, '--json')).stdout)
    expect(json).toMatchObject({
      groups: [{ group: 'billing', isAutoNamed: false }, { group: AUTO, isAutoNamed: true }, {}],
    })
  })

  test('groups are described with offsets and lag on every partition', async () => {
    const { stdout } = await run(GroupsDescribe, 'billing')

    expect(stdout).toBe(
      [
        'GROUP        billing',
        'STATE        Empty',
        'TYPE         classic',
        'PROTOCOL     -',
        'MEMBERS      0',
        'TOPICS       order-events,payment-events',
        'TOTAL-LAG    2',
        '',
        'TOPIC           PARTITION  CURRENT-OFFSET  LOG-START-OFFSET  LOG-END-OFFSET  LAG  MEMBER-ID  CLIENT-ID  HOST',
        'order-events            1               0                 0               0    0  -          -          -',
        'payment-events          0               1                 0               3    2  -          -          -',
        '',
      ].join('\n'),
    )
    const json = await run(GroupsDescribe, 'billing', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ group: 'billing', lag: 2, offsets: [{ lag: 0 }, { lag: 2 }] })
    expect(await run(GroupsDescribe, 'nobody')).toMatchObject({ exitCode: 4 })
  })

  test('groups list their members and the partitions of each', async () => {
    const bus = await joined('shipping')

    const { stdout } = await run(GroupsMembers, 'shipping')
    expect(stdout).toMatch(
      new RegExp(
        `^MEMBER-ID +CLIENT-ID +HOST +PARTITIONS +READS +SUBSCRIBED\n${bus.clientId}-\\d+ +${bus.clientId} +memory +3 +order-events:0,1;payment-events:0 +order-events,payment-events\n$`,
      ),
    )
    const described = await run(GroupsDescribe, 'shipping')
    expect(described.stdout).toMatch(/order-events +0 +- +0 +0 +- +memory-/)
    expect((await run(GroupsMembers, 'billing')).stderr).toContain("group 'billing' has no members; its state is Empty")
  })

  test('groups are cloned, and the clone is undone', async () => {
    expect((await run(GroupsClone, 'billing', 'billing-v2', '--dry-run')).stdout).toContain('billing-v2 (new)')
    expect(broker.groups.has('billing-v2')).toBe(false)

    expect(await run(GroupsClone, 'billing', 'billing-v2', '--yes')).toMatchObject({ exitCode: 0 })
    expect(broker.groups.committed('billing-v2')).toEqual(broker.groups.committed('billing'))

    await run(ResetUndo, '--last', '--yes')
    expect(broker.groups.has('billing-v2')).toBe(false)
    expect(await run(GroupsClone, 'nobody', 'x', '--yes')).toMatchObject({ exitCode: 4 })
  })

  test('groups forget offsets with delete-offsets, and an undo restores them', async () => {
    const argv = ['billing', '--topic', 'payment-events:0', '--topic', 'order-events:0']
    expect(await run(GroupsDeleteOffsets, ...argv)).toMatchObject({ exitCode: 6 })
    const { stdout, stderr } = await run(GroupsDeleteOffsets, ...argv, '--yes')

    expect(stdout).toContain('1 offset forgotten\n')
    expect(stderr).toContain('forgot 1 offset of billing, verified by reading back; to undo: ')
    expect(broker.groups.committed('billing')).toEqual([{ topic: 'order-events', partition: 1, offset: 0n }])
    await run(ResetUndo, '--last', '--yes')
    expect(broker.groups.committed('billing')).toHaveLength(2)
  })

  test('groups report when there is no offset to forget, and do not suggest creating a missing group', async () => {
    const { stdout, exitCode } = await run(GroupsDeleteOffsets, 'billing', '--topic', 'order-events:0', '--yes')
    expect(stdout).toBe('GROUP  billing (Empty)\nTO     nothing committed\n\nnothing to change\n')
    expect(exitCode).toBe(0)

    const missing = await run(GroupsDelete, 'nobody', '--yes')
    expect(missing.stderr).toBe(
      "error: group 'nobody' does not exist (CRBUS_GROUP_NOT_FOUND)\n  try: crbus groups list\n",
    )
  })

  test('groups are deleted together or not at all, and an undo restores them', async () => {
    broker.groups.commit('empty', [])
    expect(await run(GroupsDelete, 'billing', '--dry-run')).toMatchObject({ exitCode: 0 })
    expect(await run(GroupsDelete, 'billing')).toMatchObject({ exitCode: 6 })
    const bus = await joined('shipping')
    expect(await run(GroupsDelete, 'billing', 'shipping', '--yes')).toMatchObject({ exitCode: 6 })
    expect(broker.groups.has('billing')).toBe(true)
    await bus.close()

    const { stdout } = await run(GroupsDelete, 'billing', 'empty', '--yes', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ applied: true, deleted: [{ moved: 2 }, { moved: 0 }] })
    expect(broker.groups.list()).toEqual(['shipping'])

    await run(ResetUndo, '--last', '--group', 'billing', '--yes')
    expect(broker.groups.committed('billing')).toHaveLength(2)
  })

  test.each([
    [['billing'], 'Delete group billing with 2 committed offsets on memory?'],
    [['billing', 'empty'], 'Delete 2 groups (billing, empty) with 2 committed offsets on memory?'],
  ])('groups are named and their offsets counted before they are deleted: %j', async (groups, question) => {
    broker.groups.commit('empty', [])
    const asked = { broker, isTerminal: true, stdin: 'n\n' }
    const { exitCode, stderr } = await runCli(GroupsDelete, groups, asked)
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining(`${question} [y/N] `)])
  })

  test('topics are named and their events counted before they are deleted', async () => {
    const asked = { broker, isTerminal: true, stdin: 'n\n' }
    const one = await runCli(TopicsDelete, ['payment-events'], asked)
    expect(one.stderr).toContain('Delete topic payment-events with 3 events on memory? [y/N] ')
    const both = await runCli(TopicsDelete, ['payment-events', 'order-events'], asked)
    expect(both.stderr).toContain('Delete 2 topics (payment-events, order-events) with 3 events on memory? [y/N] ')
  })

  test('groups name the groups that were deleted before one could not be', async () => {
    broker.groups.commit('empty', [])
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    const deleteGroup = (group: string) =>
      group === 'empty' ? Promise.reject(groupActive(group, ['late-1'])) : bus.admin.deleteGroup(group)
    const options = { broker, openBus: () => withAdmin(bus, { deleteGroup }), undoFolder: join(folder, 'undo') }

    const { stdout, exitCode } = await runCli(GroupsDelete, ['billing', 'empty', '--yes', '--json'], options)

    const { deleted, applied, error } = JSON.parse(stdout)
    expect([exitCode, applied]).toEqual([6, false])
    expect(deleted).toMatchObject([{ moved: 2, undoFile: expect.stringContaining('billing.json') }])
    expect(error.message).toContain('late-1')
    expect(error.message).toContain('; before that, billing had been deleted')
    expect(error.suggestions).toContainEqual({ run: `crbus reset undo ${deleted[0].undoFile}` })
    expect(broker.groups.list()).toEqual(['empty'])
  })

  test('groups return to the offsets of a saved description', async () => {
    writeFileSync(join(folder, 'before.json'), (await run(GroupsDescribe, 'billing', '--json')).stdout)
    await run(Reset, '-g', 'billing', '--all-topics', '--to', 'end', '--yes')

    await run(Reset, '-g', 'billing', '--all-topics', '--to', 'before.json', '--yes')

    expect(broker.groups.committed('billing').map(({ offset }) => offset)).toEqual([0n, 1n])
  })
})
