import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { groupActive } from '../../src/bus/errors.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import GroupsDescribe from '../../src/commands/groups/describe.ts'
import ResetApply from '../../src/commands/reset/apply.ts'
import ResetUndo from '../../src/commands/reset/undo.ts'
import Reset from '../../src/commands/reset.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { runCli } from './run-cli.ts'

/** Records are a minute apart, up to the clock of command tests. */
const MINUTE_MS = 60_000
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
    broker = new MemoryBroker({ now: () => NOW - 10 * MINUTE_MS + MINUTE_MS * written++ })
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

  test('shows record timestamps that cannot be written as a date', async () => {
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

  test('shows the plan with --dry-run and changes nothing', async () => {
    const { stdout, exitCode } = await reset(...base, '10m ago', '--dry-run', '--utc')

    expect(stdout).toBe(
      [
        'GROUP  billing (Empty)',
        'TO     10m ago',
        '',
        'TOPIC         PARTITION  FROM  TO  EFFECT  EVENTS  FIRST-EVENT               LAST-EVENT',
        'order-events          0     6   0  replay       6  2026-11-23T09:50:00.000Z  2026-11-23T09:55:00.000Z',
        '',
        '6 events delivered again; by type: OrderPlaced.v1 6; of 1 conversation',
        '',
      ].join('\n'),
    )
    expect(exitCode).toBe(0)
    expect(committed()).toEqual([6n])
  })

  test('shows local times with their offset in the plan, and UTC in the document', async () => {
    vi.stubEnv('TZ', 'Asia/Kolkata')
    try {
      const { stdout } = await reset(...base, '10m ago', '--dry-run')
      expect(stdout).toContain(' 2026-11-23 15:20:00.000 +05:30  2026-11-23 15:25:00.000 +05:30\n')
      const document = JSON.parse((await reset(...base, '10m ago', '--dry-run', '--json')).stdout)
      expect(document.steps[0].firstEventAt).toBe('2026-11-23T09:50:00.000Z')
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('moves offsets with --yes, prints how to undo it, and undoes it', async () => {
    const { stderr, exitCode } = await reset(...base, 'start', '--yes')

    const [file] = readdirSync(undoFolder())
    expect(stderr).toBe(
      `moved 1 offset of billing, verified by reading back; to undo: crbus reset undo ${join(undoFolder(), String(file))}\n`,
    )
    expect(file).toBe('2026-11-23T10-00-00.000Z-billing.json')
    expect(exitCode).toBe(0)
    expect(committed()).toEqual([0n])

    const undone = await runCli(ResetUndo, ['--last', '--yes'], options())
    expect(undone.stdout).toContain('TO     offsets before: reset to start')
    expect(committed()).toEqual([6n])
    await runCli(ResetUndo, [join(undoFolder(), String(file)), '--yes'], options())
    expect(committed()).toEqual([6n])
    const back = await runCli(ResetUndo, ['--last', '--group', 'billing', '--yes'], options())
    expect(back.stdout).toContain('TO     offsets before: an undo\n')
    expect(committed()).toEqual([0n])
  })

  test.each([
    ['y\n', 0, [0n]],
    ['n\n', 6, [6n]],
    ['', 6, [6n]],
  ])('asks on a terminal, with the answer %j', async (stdin, exitCode, expected) => {
    const result = await runCli(Reset, [...base, 'start'], { ...options(), stdin, isTerminal: true })

    expect(result.stderr).toContain('Move 1 offset of group billing on memory: 6 events delivered again? [y/N]')
    expect(result.exitCode).toBe(exitCode)
    expect(committed()).toEqual(expected)
  })

  test('refuses without a terminal and names --yes', async () => {
    const { stdout, stderr, exitCode } = await reset(...base, 'start')

    expect(stdout).toContain('replay')
    expect(stderr).toContain('try: --yes')
    expect(exitCode).toBe(6)
    expect(committed()).toEqual([6n])
  })

  test('prints one JSON document, whether applied or refused', async () => {
    const { stdout } = await reset(...base, '+2', '--yes', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      group: 'billing',
      to: '+2',
      applied: true,
      moved: 1,
      skipped: 2,
      undoFile: expect.stringContaining('billing.json'),
      steps: [{ topic: 'order-events', partition: 0, from: 6, to: 8, effect: 'skip', eventCount: 2, clamped: null }],
    })

    const refused = await reset(...base, 'start', '--json')
    expect(JSON.parse(refused.stdout)).toMatchObject({ applied: false, replayed: 8, error: { code: 'CRBUS_REFUSED' } })
  })

  test('reports the offsets that did not move, and the undo file', async () => {
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
      notTaken: [{ topic: 'order-events', partition: 0, to: 0, committed: 6 }],
      error: { code: 'CRBUS_GROUP_ACTIVE', exitCode: 6 },
    })
    expect(exitCode).toBe(6)
    expect(JSON.parse(readFileSync(undoFile, 'utf8')).offsets).toMatchObject([{ before: 6, after: 0 }])
    expect((await refused()).stderr).toContain(
      "error: group 'billing' has running members: late-1; reading back shows that no offset has moved: order-events[0] is at 6 instead of 0",
    )
  })

  test('notes offsets moved into the log, and says when there is nothing to change', async () => {
    const { stdout } = await reset(...base, '99', '--dry-run')
    expect(stdout).toContain("note: order-events[0]: 99 is beyond the log's end 10, so it goes to 10\n")
    const late = await reset(...base, 'now', '--dry-run')
    expect(late.stdout).toContain('note: order-events[0]: no event has such a late timestamp, so it goes to 10\n')

    const nothing = await reset(...base, 'current')
    expect(nothing.stdout).toContain('nothing to change\n')
    expect(nothing.exitCode).toBe(0)
  })

  test('writes a plan file that reset apply carries out once', async () => {
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
    [
      'has a step to another offset',
      ({ steps: [step] }) => Object.assign(step, { to: 4 }),
      'from 6 to 4 are 2 offsets, not 6',
    ],
    ['has a step to a text', ({ steps: [step] }) => Object.assign(step, { to: 'x' }), 'steps[0] is not a valid step'],
    [
      'has a step to a fraction',
      ({ steps: [step] }) => Object.assign(step, { to: 0.5 }),
      'steps[0] is not a valid step',
    ],
    [
      'has a step to a negative offset',
      ({ steps: [step] }) => Object.assign(step, { to: -1 }),
      'steps[0] is not a valid step',
    ],
    [
      'has a step to an offset beyond the log',
      ({ steps: [step] }) => Object.assign(step, { to: 11, effect: 'skip' }),
      '11 is not in the log',
    ],
    [
      'forgets an offset that it says it replays',
      ({ steps: [step] }) => Object.assign(step, { to: null }),
      "from 6 to none has the effect 'forget', not 'replay'",
    ],
    [
      'says it skips events that it replays',
      ({ steps: [step] }) => Object.assign(step, { effect: 'skip' }),
      "from 6 to 0 has the effect 'replay', not 'skip'",
    ],
    ['moves a partition twice', ({ steps }) => steps.push({ ...steps[0] }), 'steps[1] repeats order-events[0]'],
    ['lacks a step that its sum counts', ({ steps }) => steps.pop(), 'replayed does not match the sum of its steps'],
    [
      'has a sum of skipped events without such a step',
      (plan) => Object.assign(plan, { skipped: 3 }),
      'skipped does not match the sum of its steps',
    ],
    ['deletes the group', (plan) => Object.assign(plan, { removesGroup: true }), 'removesGroup has an invalid value'],
    [
      'has a note with an unknown code',
      (plan) => Object.assign(plan, { notes: [{ code: 'nothing' }] }),
      'notes[0] is not a valid note',
    ],
    [
      'has a note without its fields',
      (plan) => Object.assign(plan, { notes: [{ code: 'topic-missing' }] }),
      'notes[0] is not a valid note',
    ],
    [
      'has a clamp without its fields',
      ({ steps: [step] }) => Object.assign(step, { clamped: { code: 'before-log-start' } }),
      'steps[0] is not a valid step',
    ],
    ['has no steps', (plan) => Object.assign(plan, { steps: undefined }), 'steps is missing'],
  ])('refuses a plan file that was changed by hand: the plan %s', async (_, change, reason) => {
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

  test('applies a plan file of an earlier release, whose notes and clamps are sentences', async () => {
    broker.groups.commit('billing', [{ topic: 'order-events', partition: 0, offset: 12n }])
    await reset(...base, '-20', '--plan-out', 'plan.json')
    const path = join(folder, 'plan.json')
    const plan = JSON.parse(readFileSync(path, 'utf8'))
    const clamped = "-8 is before the log's start 0"
    const note = 'order-events[0]: committed 12 lies outside the log, which holds 0 to 10'
    const [step] = plan.steps
    expect(plan).toMatchObject({ version: 3, notes: [{ code: 'committed-outside-log', committed: 12, gone: 0 }] })
    expect(step.clamped).toEqual({ code: 'before-log-start', wanted: -8 })
    writeFileSync(
      path,
      JSON.stringify({ ...plan, version: 1, steps: [{ ...step, clamped }], notes: [note] }, olderNames),
    )

    const { stdout, exitCode } = await runCli(ResetApply, ['plan.json', '--yes'], options())

    expect(stdout).toContain(`note: order-events[0]: ${clamped}, so it goes to 0\n`)
    expect(stdout).toContain(`note: ${note}\n`)
    expect(exitCode).toBe(0)
    expect(committed()).toEqual([0n])
  })

  test('applies a plan file of version 2, with its names and its times in milliseconds', async () => {
    broker.groups.commit('billing', [{ topic: 'order-events', partition: 0, offset: 12n }])
    const planned = await reset(...base, '-10', '--plan-out', 'plan.json')
    const path = join(folder, 'plan.json')
    const plan = JSON.parse(readFileSync(path, 'utf8'))
    const older = JSON.stringify({ ...plan, version: 2 }, olderNames)
    for (const text of ['"plannedAt":1', '"members":[]', '"events":8', '"first":1', '"deleted":0', '"sagas":0']) {
      expect(older).toContain(text)
    }
    writeFileSync(path, older)

    const { stdout, exitCode } = await runCli(ResetApply, ['plan.json', '--dry-run'], options())
    const json = await runCli(ResetApply, ['plan.json', '--dry-run', '--json'], options())

    expect([stdout, exitCode]).toEqual([planned.stdout, 0])
    const { crbus: _, version: __, ...fields } = plan
    expect(JSON.parse(json.stdout)).toMatchObject(fields)
  })

  test('shows the notes and clamps of a plan file as when the plan was made', async () => {
    broker.groups.commit('billing', [{ topic: 'order-events', partition: 0, offset: 12n }])
    const planned = await reset(...base, '-20', '--plan-out', 'plan.json')

    const { stdout } = await runCli(ResetApply, ['plan.json', '--dry-run'], options())

    expect(stdout).toBe(planned.stdout)
    expect(stdout).toContain("note: order-events[0]: -8 is before the log's start 0, so it goes to 0\n")
    const outside = 'order-events[0]: the committed offset 12 is outside the log, which holds 0 to 10'
    expect(stdout).toContain(`note: ${outside}\n`)
    const json = await runCli(ResetApply, ['plan.json', '--dry-run', '--json'], options())
    expect(JSON.parse(json.stdout)).toMatchObject({
      notes: [{ code: 'committed-outside-log', committed: 12, start: 0, end: 10, gone: 0, message: outside }],
      steps: [{ clamped: { code: 'before-log-start', wanted: -8, message: "-8 is before the log's start 0" } }],
    })
  })

  test('refuses a plan file of a newer release', async () => {
    await reset(...base, 'start', '--plan-out', 'plan.json')
    const path = join(folder, 'plan.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"version": 3', '"version": 4'))
    expect(await runCli(ResetApply, ['plan.json', '--yes'], options())).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('was written by a newer crbus'),
    })
  })

  test('ends a wait for members with Ctrl-C, without an error', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    onTestFinished(() => bus.close())
    await bus.subscribe(['order-events'], { group: 'billing' })
    const stop = new Stop()
    const onStderr = () => stop.request('interrupted')

    const result = await runCli(Reset, [...base, 'start', '--yes', '--wait', '30s'], { ...options(), stop, onStderr })

    expect(result).toEqual({ exitCode: 130, stdout: '', stderr: expect.stringMatching(/^waiting for .* to leave\n$/) })
    expect(committed()).toEqual([6n])
  })

  test.each(['"before": "6x"', '"before": -1'])(
    'refuses an undo file with the invalid offset %s instead of forgetting the offset',
    async (changed) => {
      await reset(...base, 'start', '--yes')
      const path = join(undoFolder(), String(readdirSync(undoFolder())[0]))
      writeFileSync(path, readFileSync(path, 'utf8').replace('"before": 6', changed))

      const { stderr, exitCode } = await runCli(ResetUndo, [path, '--yes'], options())

      expect(stderr).toContain('is not a complete undo file')
      expect(exitCode).toBe(6)
      expect(committed()).toEqual([0n])
    },
  )

  test('refuses a file with an invalid offset instead of leaving the entry out', async () => {
    const offsets = [
      { topic: 'order-events', partition: 0, offset: 2 },
      { topic: 'order-events', partition: 1, offset: 'two' },
    ]
    writeFileSync(join(folder, 'offsets.json'), JSON.stringify(offsets))
    const { stderr, exitCode } = await reset('-g', 'billing', '--all-topics', '--to', 'offsets.json', '--yes')
    expect(stderr).toContain('entry 1 has no valid topic, partition and offset')
    expect(exitCode).toBe(6)
  })

  test('explains the valid forms of --to, and only those, when the value is invalid', async () => {
    const { stderr, exitCode } = await reset(...base, 'strat')
    expect(stderr).toContain('current, +100 and -100 (from the committed offset)')
    expect(stderr).toContain('try: --to "10m ago"')
    expect(stderr).not.toContain('after the start')
    expect(exitCode).toBe(2)
    expect(await reset('-g', '', '--all-topics', '--to', 'start')).toMatchObject({ exitCode: 2 })
  })

  test('takes offsets from a list of offsets and from an undo file', async () => {
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
    expect(JSON.parse(stdout).offsets).toMatchObject([{ committed: 6, metadata: 'six', leaderEpoch: 2 }])

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

  test('refuses a file whose commit metadata is not a string', async () => {
    const offsets = [{ topic: 'order-events', partition: 0, offset: 2, metadata: 7 }]
    writeFileSync(join(folder, 'offsets.json'), JSON.stringify(offsets))
    const { exitCode } = await reset('-g', 'billing', '--all-topics', '--to', 'offsets.json', '--yes')
    expect(exitCode).toBe(6)
    expect(committed()).toEqual([6n])
  })

  test('creates a group only with --new-group', async () => {
    const argv = ['-g', 'fresh', '-t', 'order-events', '--to', 'end', '--yes']
    const missing = await reset(...argv)
    expect(missing).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('--new-group') })

    await reset(...argv, '--new-group')
    expect(committed('fresh')).toEqual([10n])
    await runCli(ResetUndo, ['--last', '--yes'], options())
    expect(broker.groups.has('fresh')).toBe(false)
  })

  test('plans for a running group, refuses to apply while it runs, and waits with --wait', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    onTestFinished(() => bus.close())
    const stream = await bus.subscribe(['order-events'], { group: 'billing' })

    const dry = await reset(...base, 'start', '--dry-run')
    expect(dry.stdout).toContain(`note: the group has running members (${bus.clientId}-`)
    expect(await reset(...base, 'start', '--yes')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining(`group 'billing' has running members: ${bus.clientId}-`),
    })
    const plan = join(folder, 'plan.json')
    await reset(...base, 'start', '--plan-out', plan)
    const late = new RegExp(
      `waiting for ${bus.clientId}-[^]*\\(waited 0\\.02 s for them to leave\\)[^]*try: --wait DURATION \\(waits longer\\)`,
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
  ])('reports a usage error for %j', async (argv) => {
    const { stderr, exitCode } = await reset(...argv)
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^error: /)
  })

  test('lists undo files when neither a file nor --last is given', async () => {
    expect(await runCli(ResetUndo, [], options())).toMatchObject({ exitCode: 2 })
    expect(await runCli(ResetUndo, ['--last'], options())).toMatchObject({ exitCode: 6 })
    await reset(...base, 'start', '--yes')
    expect((await runCli(ResetUndo, [], options())).stderr).toContain('billing.json')
  })
})

/** The names of fields in plan files of versions 1 and 2. */
const older: Readonly<Record<string, string>> = {
  memberIds: 'members',
  conversationCount: 'conversations',
  sagaCount: 'sagas',
  eventCount: 'events',
  offsetCount: 'offsets',
  firstEventAt: 'first',
  lastEventAt: 'last',
  batchCount: 'batches',
  gone: 'deleted',
}

/** A replacer for `JSON.stringify` that writes a plan with the names and the times of versions 1 and 2. */
function olderNames(name: string, value: unknown): unknown {
  if (['plannedAt', 'first', 'last'].includes(name)) return Date.parse(String(value))
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [older[key] ?? key, field]))
}
