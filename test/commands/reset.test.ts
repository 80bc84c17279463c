import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { groupActive } from '../../src/bus/errors.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import GroupsDescribe from '../../src/commands/groups/describe.ts'
import ResetApply from '../../src/commands/reset/apply.ts'
import ResetUndo from '../../src/commands/reset/undo.ts'
import Reset from '../../src/commands/reset.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { runCli } from './run-cli.ts'

/** The clock of the records: a minute each, up to the clock of command tests. */
const MINUTE = 60_000
const NOW = Date.UTC(2026, 10, 23, 10)

/** A plan as JSON. */
interface Plan {
  readonly steps: [object, ...object[]]
}

describe('reset', () => {
  let broker: MemoryBroker
  let folder: string

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-reset-'))
    let written = 0
    broker = new MemoryBroker({ now: () => NOW - 10 * MINUTE + MINUTE * written++ })
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    await bus.admin.createTopic('order-events', { partitions: 1 })
    const metadata = { correlationId: 'c-1' }
    for (let count = 0; count < 10; count += 1) {
      await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Uint8Array.of(count), metadata))
    }
    broker.groups.commit('billing', [{ topic: 'order-events', partition: 0, offset: 6n }])
    return () => rmSync(folder, { recursive: true })
  })

  const committed = (group = 'billing') => broker.groups.committed(group).map(({ offset }) => offset)
  const undoFolder = () => join(folder, 'undo')
  const options = () => ({ broker, cwd: folder, undoFolder: undoFolder() })
  const base = ['--group', 'billing', '--topic', 'order-events', '--to']
  const reset = (...argv: string[]) => runCli(Reset, argv, options())

  test('shows the timestamps of records that no date stands for', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    await bus.admin.createTopic('odd-events', { partitions: 1 })
    const times = [1_764_412_345_678_901n, 5n, 2n ** 63n - 1n]
    await bus.log.append(
      'odd-events',
      times.map((timestamp) => ({ key: null, value: Buffer.from('x'), timestamp })),
    )
    broker.groups.commit('billing', [{ topic: 'odd-events', partition: 0, offset: 3n }])

    const { stdout, exitCode } = await reset(
      '--group',
      'billing',
      '--topic',
      'odd-events',
      '--to',
      'start',
      '--dry-run',
    )

    expect(stdout).toMatch(/replay +3 +1764412345678901ms +9223372036854775807ms\n/)
    expect(exitCode).toBe(0)
  })

  test('shows what it would do', async () => {
    const { stdout, exitCode } = await reset(...base, '10m ago', '--dry-run')

    expect(stdout).toBe(
      [
        'GROUP  billing (Empty)',
        'TO     10m ago',
        '',
        'TOPIC         PARTITION  FROM  TO  EFFECT  EVENTS  FIRST-EVENT               LAST-EVENT',
        'order-events          0     6   0  replay       6  2026-11-23T09:50:00.000Z  2026-11-23T09:55:00.000Z',
        '',
        '6 events delivered again; they are: OrderPlaced.v1 6; of 1 conversation',
        '',
      ].join('\n'),
    )
    expect(exitCode).toBe(0)
    expect(committed()).toEqual([6n])
  })

  test('does it with --yes, and says how to undo it', async () => {
    const { stderr, exitCode } = await reset(...base, 'start', '--yes')

    const [file] = readdirSync(undoFolder())
    expect(stderr).toBe(
      `moved 1 offset of billing, read back; to undo: crbus reset undo ${join(undoFolder(), String(file))}\n`,
    )
    expect(file).toBe('2026-11-23T10-00-00.000Z-billing.json')
    expect(exitCode).toBe(0)
    expect(committed()).toEqual([0n])

    const undone = await runCli(ResetUndo, ['--last', '--yes'], options())
    expect(undone.stdout).toContain('TO     what was before: reset to start')
    expect(committed()).toEqual([6n])
    await runCli(ResetUndo, [join(undoFolder(), String(file)), '--yes'], options())
    expect(committed()).toEqual([6n])
    const back = await runCli(ResetUndo, ['--last', '--group', 'billing', '--yes'], options())
    expect(back.stdout).toContain('TO     what was before: an undo\n')
    expect(committed()).toEqual([0n])
  })

  test.each([
    ['y\n', 0, [0n]],
    ['n\n', 6, [6n]],
    ['', 6, [6n]],
  ])('asks on a terminal: %j', async (stdin, exitCode, expected) => {
    const result = await runCli(Reset, [...base, 'start'], { ...options(), stdin, isTerminal: true })

    expect(result.stderr).toContain('Move 1 offset of group billing on memory: 6 events delivered again? [y/N]')
    expect(result.exitCode).toBe(exitCode)
    expect(committed()).toEqual(expected)
  })

  test('refuses without a terminal, naming the flag', async () => {
    const { stdout, stderr, exitCode } = await reset(...base, 'start')

    expect(stdout).toContain('replay')
    expect(stderr).toContain('try: --yes')
    expect(exitCode).toBe(6)
    expect(committed()).toEqual([6n])
  })

  test('prints one JSON document, whatever comes of it', async () => {
    const { stdout } = await reset(...base, '+2', '--yes', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      group: 'billing',
      to: '+2',
      applied: true,
      moved: 1,
      skipped: 2,
      undoFile: expect.stringContaining('billing.json'),
      steps: [{ topic: 'order-events', partition: 0, from: 6, to: 8, effect: 'skip', events: 2, clamped: null }],
    })

    const refused = await reset(...base, 'start', '--json')
    expect(JSON.parse(refused.stdout)).toMatchObject({ applied: false, replayed: 8, error: { code: 'CRBUS_REFUSED' } })
  })

  test('tells what was not taken, and where the undo file is', async () => {
    const commitOffsets = () => Promise.reject(groupActive('billing', ['late-1']))
    const refused = (...argv: string[]) => {
      const bus = withAdmin(new InMemoryEventBus({ broker, createTopics: true }), { commitOffsets })
      return runCli(Reset, [...base, 'start', '--yes', ...argv], { ...options(), openBus: () => bus })
    }

    const { stdout, exitCode } = await refused('--json')

    const undoFile = join(undoFolder(), String(readdirSync(undoFolder())[0]))
    expect(JSON.parse(stdout)).toMatchObject({
      group: 'billing',
      applied: false,
      undoFile,
      moved: 0,
      notTaken: [{ topic: 'order-events', partition: 0, to: 0, is: 6 }],
      error: { code: 'CRBUS_GROUP_ACTIVE', exitCode: 6 },
    })
    expect(exitCode).toBe(6)
    expect(JSON.parse(readFileSync(undoFile, 'utf8')).offsets).toMatchObject([{ before: 6, after: 0 }])
    expect((await refused()).stderr).toContain(
      "error: group 'billing' has running members: late-1; read back, no offset has moved: order-events[0] is at 6 instead of 0",
    )
  })

  test('says what was clamped, and that there is nothing to do', async () => {
    const { stdout } = await reset(...base, '99', '--dry-run')
    expect(stdout).toContain("note: order-events[0]: 99 is beyond the log's end 10, so it goes to 10\n")
    const late = await reset(...base, 'now', '--dry-run')
    expect(late.stdout).toContain('note: order-events[0]: no event is as late as that, so it goes to 10\n')

    const nothing = await reset(...base, 'current')
    expect(nothing.stdout).toContain('nothing to change\n')
    expect(nothing.exitCode).toBe(0)
  })

  test('writes a plan for somebody else to apply', async () => {
    const { stderr, exitCode } = await reset(...base, 'start', '--plan-out', 'plan.json')
    expect(exitCode).toBe(0)
    expect(stderr).toContain('crbus reset apply plan.json')
    expect(committed()).toEqual([6n])
    const dry = await runCli(ResetApply, ['plan.json', '--dry-run'], options())
    expect(dry.stdout).toContain('6 events delivered again')

    const applied = await runCli(ResetApply, ['plan.json', '--yes'], options())
    expect(applied.exitCode).toBe(0)
    expect(committed()).toEqual([0n])

    const again = await runCli(ResetApply, ['plan.json', '--yes'], options())
    expect(again.stderr).toContain(
      'the plan is stale: order-events[0] was at 6 and is at 0; nothing was done (CRBUS_PLAN_STALE)',
    )
    expect(again.exitCode).toBe(6)
  })

  test('refuses files that are not plans', async () => {
    writeFileSync(join(folder, 'other.json'), '{"crbus":"undo","version":1}')
    expect(await runCli(ResetApply, ['other.json'], options())).toMatchObject({ exitCode: 6 })
    expect(await runCli(ResetApply, ['none.json'], options())).toMatchObject({ exitCode: 6 })
    await reset(...base, 'start', '--plan-out', 'plan.json')
    const plan = readFileSync(join(folder, 'plan.json'), 'utf8').replace('"partition": 0', '"partition": "all"')
    writeFileSync(join(folder, 'plan.json'), plan)
    expect(await runCli(ResetApply, ['plan.json'], options())).toMatchObject({ exitCode: 6 })
  })

  test.each<readonly [string, (plan: Plan) => unknown, string]>([
    ['goes elsewhere', ({ steps: [step] }) => Object.assign(step, { to: 4 }), 'from 6 to 4 are 2 offsets, not 6'],
    ['goes nowhere', ({ steps: [step] }) => Object.assign(step, { to: 'x' }), 'steps[0] is no step'],
    ['goes to half an offset', ({ steps: [step] }) => Object.assign(step, { to: 0.5 }), 'steps[0] is no step'],
    ['goes before the beginning', ({ steps: [step] }) => Object.assign(step, { to: -1 }), 'steps[0] is no step'],
    [
      'goes out of the log',
      ({ steps: [step] }) => Object.assign(step, { to: 11, effect: 'skip' }),
      '11 is not in the log',
    ],
    ['forgets', ({ steps: [step] }) => Object.assign(step, { to: null }), 'from 6 to none is no replay'],
    ['says it skips', ({ steps: [step] }) => Object.assign(step, { effect: 'skip' }), 'from 6 to 0 is no skip'],
    ['moves a partition twice', ({ steps }) => steps.push({ ...steps[0] }), 'is about order-events[0] again'],
    ['is not counted', ({ steps }) => steps.pop(), 'replayed is not what its steps replay'],
    ['says it skips some', (plan) => Object.assign(plan, { skipped: 3 }), 'skipped is not what its steps skip'],
    ['deletes the group', (plan) => Object.assign(plan, { removesGroup: true }), 'removesGroup is not what it was'],
    ['has no steps', (plan) => Object.assign(plan, { steps: undefined }), 'steps is missing'],
  ])('refuses a plan that was changed by hand: one that %s', async (_, change, reason) => {
    await reset(...base, 'start', '--plan-out', 'plan.json')
    const path = join(folder, 'plan.json')
    const plan = JSON.parse(readFileSync(path, 'utf8')) as Plan
    change(plan)
    writeFileSync(path, JSON.stringify(plan))

    const { stderr, exitCode } = await runCli(ResetApply, ['plan.json', '--yes'], options())

    expect(stderr).toContain(reason)
    expect(stderr).toContain('--to ')
    expect(exitCode).toBe(6)
    expect(committed()).toEqual([6n])
  })

  test.each(['"before": "6x"', '"before": -1'])(
    'does not take an undo file for one that forgets: %s',
    async (changed) => {
      await reset(...base, 'start', '--yes')
      const path = join(undoFolder(), String(readdirSync(undoFolder())[0]))
      writeFileSync(path, readFileSync(path, 'utf8').replace('"before": 6', changed))

      const { stderr, exitCode } = await runCli(ResetUndo, [path, '--yes'], options())

      expect(stderr).toContain('is not whole')
      expect(exitCode).toBe(6)
      expect(committed()).toEqual([0n])
    },
  )

  test('refuses offsets in a file that are none, instead of leaving them out', async () => {
    const offsets = [
      { topic: 'order-events', partition: 0, offset: 2 },
      { topic: 'order-events', partition: 1, offset: 'two' },
    ]
    writeFileSync(join(folder, 'offsets.json'), JSON.stringify(offsets))
    const { stderr, exitCode } = await reset('-g', 'billing', '--all-topics', '--to', 'offsets.json', '--yes')
    expect(stderr).toContain('entry 1 is no topic, partition and offset')
    expect(exitCode).toBe(6)
  })

  test('tells who mistyped a place what it takes, and nothing it does not', async () => {
    const { stderr, exitCode } = await reset(...base, 'strat')
    expect(stderr).toContain('current, +100 and -100 (from what is committed)')
    expect(stderr).toContain('try: --to "10m ago"')
    expect(stderr).not.toContain('after the start')
    expect(exitCode).toBe(2)
    expect(await reset('-g', '', '--all-topics', '--to', 'start')).toMatchObject({ exitCode: 2 })
  })

  test('takes offsets from a file, an undo file among them', async () => {
    const offsets = [{ topic: 'order-events', partition: 0, offset: 2 }]
    writeFileSync(join(folder, 'offsets.json'), JSON.stringify(offsets))
    await reset('-g', 'billing', '--all-topics', '--to', 'offsets.json', '--yes')
    expect(committed()).toEqual([2n])

    const [file] = readdirSync(undoFolder())
    await reset('-g', 'billing', '--all-topics', '--to', join(undoFolder(), String(file)), '--yes')
    expect(committed()).toEqual([6n])
  })

  const details = () => broker.groups.committed('billing')

  test('keeps commit metadata in undo files and plans, and takes it from files of offsets', async () => {
    const place = { topic: 'order-events', partition: 0 }
    const before = { ...place, offset: 6n, metadata: 'six', leaderEpoch: 2 }
    broker.groups.commit('billing', [before])
    const { stdout } = await runCli(GroupsDescribe, ['billing', '--json'], options())
    writeFileSync(join(folder, 'described.json'), stdout)
    expect(JSON.parse(stdout).offsets).toMatchObject([{ offset: 6, metadata: 'six', leaderEpoch: 2 }])

    await reset(...base, 'start', '--plan-out', 'plan.json')
    await runCli(ResetApply, ['plan.json', '--yes'], options())
    expect(details()).toEqual([{ ...place, offset: 0n, metadata: 'six' }])
    await runCli(ResetUndo, ['--last', '--yes'], options())
    expect(details()).toEqual([before])

    await reset(...base, '3', '--yes')
    await reset('-g', 'billing', '--all-topics', '--to', 'described.json', '--yes')
    expect(details()).toEqual([before])
    broker.groups.commit('billing', [{ ...before, metadata: 'other' }])
    const only = await reset('-g', 'billing', '--all-topics', '--to', 'described.json', '--yes')
    expect(only.stdout).toContain('offsets stay, commit metadata or leader epochs change\n')
    expect(details()).toEqual([before])
  })

  test('does not take metadata that is not a text from a file', async () => {
    const offsets = [{ topic: 'order-events', partition: 0, offset: 2, metadata: 7 }]
    writeFileSync(join(folder, 'offsets.json'), JSON.stringify(offsets))
    const { exitCode } = await reset('-g', 'billing', '--all-topics', '--to', 'offsets.json', '--yes')
    expect(exitCode).toBe(6)
    expect(committed()).toEqual([6n])
  })

  test('makes a group only when asked to', async () => {
    const argv = ['-g', 'fresh', '-t', 'order-events', '--to', 'end', '--yes']
    const missing = await reset(...argv)
    expect(missing).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('--new-group') })

    await reset(...argv, '--new-group')
    expect(committed('fresh')).toEqual([10n])
    await runCli(ResetUndo, ['--last', '--yes'], options())
    expect(broker.groups.has('fresh')).toBe(false)
  })

  test('plans for a running group, refuses to apply, and waits when told to', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    onTestFinished(() => bus.close())
    const stream = await bus.subscribe(['order-events'], { group: 'billing' })

    const dry = await reset(...base, 'start', '--dry-run')
    expect(dry.stdout).toContain(`note: the group runs (${bus.clientId}-`)
    expect(await reset(...base, 'start', '--yes')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining(`group 'billing' has running members: ${bus.clientId}-`),
    })
    const plan = join(folder, 'plan.json')
    await reset(...base, 'start', '--plan-out', plan)
    const late = new RegExp(
      `waiting for ${bus.clientId}-[^]*\\(waited 0\\.02 s for them to leave\\)[^]*try: to wait longer: a larger --wait`,
    )
    const forMembers = { exitCode: 6, stderr: expect.stringMatching(late) }
    expect(await reset(...base, 'start', '--yes', '--wait', '20ms')).toMatchObject(forMembers)
    expect(await runCli(ResetApply, [plan, '--yes', '--wait', '20ms'], options())).toMatchObject(forMembers)
    const waiting = reset(...base, 'start', '--yes', '--wait', '30s')
    await stream.close()
    expect(await waiting).toMatchObject({ exitCode: 0 })
    expect(committed()).toEqual([0n])
  })

  test.each([
    [['--group', 'billing', '--to', 'start']],
    [['--group', 'billing', '--topic', 'order-events', '--to', 'soon']],
    [['--group', 'billing', '--topic', 'order-events:x', '--to', 'start']],
    [['--group', 'billing', '--topic', 'order-events', '--all-topics', '--to', 'start']],
    [['--group', 'billing', '--topic', 'order-events', '--to', 'group:']],
    [['--group', 'billing', '--topic', 'order-events', '--to', 'start', '--wait', 'long']],
  ])('explains bad use: %j', async (argv) => {
    const { stderr, exitCode } = await reset(...argv)
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^error: /)
  })

  test('names what can be undone', async () => {
    expect(await runCli(ResetUndo, [], options())).toMatchObject({ exitCode: 2 })
    expect(await runCli(ResetUndo, ['--last'], options())).toMatchObject({ exitCode: 6 })
    await reset(...base, 'start', '--yes')
    expect((await runCli(ResetUndo, [], options())).stderr).toContain('billing.json')
  })
})
