import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import GroupsClone from '../../src/commands/groups/clone.ts'
import GroupsDelete from '../../src/commands/groups/delete.ts'
import GroupsDeleteOffsets from '../../src/commands/groups/delete-offsets.ts'
import ResetApply from '../../src/commands/reset/apply.ts'
import ResetUndo from '../../src/commands/reset/undo.ts'
import Reset from '../../src/commands/reset.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import StoreInit from '../../src/commands/store/init.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { onSmallDisk, smallDisk } from '../support/small-disk.ts'
import { type Runnable, runCli } from './run-cli.ts'

let broker: MemoryBroker
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-obstacles-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  broker = new MemoryBroker()
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  await bus.admin.createTopic('order-events', { partitions: 1 })
  for (let count = 0; count < 10; count += 1) {
    await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Uint8Array.of(count)))
  }
  broker.groups.commit('billing', [{ topic: 'order-events', partition: 0, offset: 6n }])
})

const committed = (group: string) => broker.groups.committed(group).map(({ offset }) => offset)
const run = (command: Runnable, ...argv: string[]) =>
  runCli(command, argv, { broker, cwd: folder, undoFolder: join(folder, 'state', 'crbus', 'undo') })
const reset = ['--group', 'billing', '--topic', 'order-events', '--to']

/** Obstacles to creating a file or folder below a path, and a pattern of the cause that messages give. */
const obstacles: readonly { readonly what: string; readonly cause: string; make(path: string): string }[] = [
  {
    what: 'a file',
    cause: 'is not a folder',
    make(path) {
      writeFileSync(path, 'mine')
      return join(path, 'x')
    },
  },
  {
    what: 'a dangling link',
    cause: 'which does not exist',
    make(path) {
      symlinkSync('nowhere', path)
      return join(path, 'x')
    },
  },
  {
    what: 'a link to itself',
    cause: 'leads back to itself',
    make(path) {
      symlinkSync(path, path)
      return join(path, 'x')
    },
  },
  { what: '/proc', cause: 'cannot create a (file|folder) in /proc', make: () => '/proc/crbus' },
  { what: 'a name that is too long', cause: 'too long', make: (path) => join(path, '..', 'x'.repeat(300)) },
]
const disks: typeof obstacles = [
  {
    what: 'a full disk',
    cause: 'no space left on the disk',
    make() {
      const disk = smallDisk()
      mkdirSync(join(disk.path, 'x'))
      disk.fill()
      return join(disk.path, 'x')
    },
  },
  {
    what: 'a read-only file system',
    cause: 'is on a read-only file system',
    make() {
      const disk = smallDisk()
      disk.makeReadOnly()
      return disk.path
    },
  },
]

describe.each([...obstacles, ...(onSmallDisk ? disks : [])])('when $what is in the path', ({ cause, make }) => {
  const changes: readonly (readonly [string, Runnable, readonly string[]])[] = [
    ['reset', Reset, [...reset, 'start']],
    ['reset apply', ResetApply, ['plan.json']],
    ['reset undo', ResetUndo, ['undo.json']],
    ['groups delete', GroupsDelete, ['billing']],
    ['groups delete-offsets', GroupsDeleteOffsets, ['billing', '--topic', 'order-events']],
    ['groups clone', GroupsClone, ['billing', 'copy']],
  ]

  test.each(changes)('%s changes nothing when it cannot write its undo file', async (_, command, argv) => {
    await run(Reset, ...reset, 'start', '--plan-out', 'plan.json')
    if (command === ResetUndo) {
      await run(Reset, ...reset, 'start', '--yes', '--undo-dir', 'before')
      writeFileSync(
        join(folder, 'undo.json'),
        readFileSync(join(folder, 'before', String(readdirSync(join(folder, 'before'))[0]))),
      )
    }
    const before = committed('billing')
    const undoFolder = make(join(folder, 'undo'))
    const { stderr, exitCode } = await run(command, ...argv, '--yes', '--undo-dir', undoFolder)
    expect(stderr).toContain('was not changed: the undo file')
    expect(stderr).toMatch(new RegExp(cause))
    expect(stderr).toContain('CRBUS_REFUSED')
    expect(stderr).toContain('try: --undo-dir FOLDER')
    expect(exitCode).toBe(6)
    expect(committed('billing')).toEqual(before)
    expect(committed('copy')).toEqual([])
  })

  test('reset --plan-out is refused and leaves no files', async () => {
    const path = join(make(join(folder, 'plans')), 'plan.json')
    const before = readdirSync(folder)
    const { stderr, exitCode } = await run(Reset, ...reset, 'start', '--plan-out', path)
    // --plan-out does not create folders.
    expect(stderr).toMatch(
      new RegExp(`error: the plan .* cannot be written: .*(${cause}|there is no folder|cannot create a file)`),
    )
    expect(stderr).toContain('try: --plan-out FILE')
    expect(exitCode).toBe(6)
    expect(readdirSync(folder)).toEqual(before)
  })

  test('store init is refused and leaves no files', async () => {
    const path = join(make(join(folder, 'stores')), 'store.db')
    const before = readdirSync(folder)
    const { stdout, stderr, exitCode } = await run(StoreInit, '--store', path, '--yes', '--json')
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'CRBUS_REFUSED',
      message: expect.stringMatching(
        `^the event store at .* cannot be (opened|written): .*(${cause}|cannot create a file)`,
      ),
      exitCode: 6,
    })
    expect(JSON.parse(stdout).error.suggestions).not.toEqual([])
    expect({ stderr, exitCode }).toEqual({ stderr: `event store: ${path}\n`, exitCode: 6 })
    expect(readdirSync(folder)).toEqual(before)
  })

  test('schema import --out is refused and leaves no files', async () => {
    mkdirSync(join(folder, 'src'))
    writeFileSync(
      join(folder, 'src', 'order.rs'),
      'use serde::{Serialize};\n#[derive(Serialize)]\npub enum OrderEvent { OrderPlaced { order_id: String } }\nimpl OrderEvent { pub fn event_type(&self) -> &\'static str { match self { Self::OrderPlaced { .. } => "OrderPlaced.v1" } } }\n',
    )
    const path = join(make(join(folder, 'schemas')), 'order-events.json')
    const before = readdirSync(folder)
    const { stderr, exitCode } = await run(SchemaImport, 'src', '--topic', 'order-events', '--out', path)
    expect(stderr).toContain('the schema')
    expect(stderr).toMatch(new RegExp(cause))
    expect(stderr).toContain('try: --out FILE')
    expect(exitCode).toBe(6)
    expect(readdirSync(folder)).toEqual(before)
  })
})

test('--undo-dir sets the folder in which undo files are saved and reset undo --last finds them', async () => {
  const { stderr } = await run(Reset, ...reset, 'start', '--yes', '--undo-dir', 'own')
  const [file] = readdirSync(join(folder, 'own'))
  expect(stderr).toContain(`to undo: crbus reset undo ${join(folder, 'own', String(file))}`)
  expect(existsSync(join(folder, 'state'))).toBe(false)
  expect(await run(ResetUndo, '--last', '--yes')).toMatchObject({ exitCode: 6 })
  expect(await run(ResetUndo, '--last', '--yes', '--undo-dir', 'own')).toMatchObject({ exitCode: 0 })
  expect(committed('billing')).toEqual([6n])
})

test.each([
  ['a pipe', (path: string) => execFileSync('mkfifo', [path]), 'it is a pipe, not a file'],
  ['a device', (path: string) => symlinkSync('/dev/null', path), 'it is a device, not a file'],
  ['a folder', (path: string) => mkdirSync(path), 'it is a folder'],
  ['a folder as its log', (path: string) => mkdirSync(`${path}-wal`), 'store.db-wal is a folder, not a file'],
  ['a dangling link', (path: string) => symlinkSync('no/x', path), 'store.db is a link to no/x, which does not exist'],
])('store init refuses %s instead of a file', async (_, make, cause) => {
  make(join(folder, 'store.db'))
  const { stderr, exitCode } = await run(StoreInit, '--store', 'store.db', '--yes')
  expect(stderr).toContain(`error: the event store at ${join(folder, 'store.db')} cannot be opened: `)
  expect(stderr).toContain(cause)
  expect(stderr).toContain('(CRBUS_REFUSED)\n  try: ')
  expect(exitCode).toBe(6)
})

describe('reset undo --last', () => {
  const undoFolder = () => join(folder, 'own')
  const undo = (...more: string[]) => run(ResetUndo, '--last', '--yes', '--undo-dir', 'own', ...more)
  const newest = () => join(undoFolder(), String(readdirSync(undoFolder()).sort().at(-1)))

  beforeEach(async () => {
    await run(Reset, ...reset, '4', '--yes', '--undo-dir', 'own')
    await run(Reset, ...reset, 'start', '--yes', '--undo-dir', 'own')
    expect(committed('billing')).toEqual([0n])
  })

  test.each([
    ['is empty', (path: string) => writeFileSync(path, '')],
    ['is truncated', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').slice(0, 40))],
    [
      'was changed',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('"before": 4', '"before": -4')),
    ],
    ['is a dangling link', (path: string) => [rmSync(path), symlinkSync('nowhere', path)]],
    ['is of a newer crbus', (path: string) => writeFileSync(path, '{"crbus":"undo","version":2}')],
  ])('does not use an older undo file when the newest one %s', async (_, damage) => {
    const path = newest()
    damage(path)
    for (const group of [[], ['--group', 'billing']]) {
      const { stderr, exitCode } = await undo(...group)
      expect(stderr).toContain(`error: nothing was undone: the newest undo file cannot be used: ${path} `)
      expect(stderr).toContain(`try: crbus reset undo FILE (restores an older file from ${undoFolder()})`)
      expect(exitCode).toBe(6)
    }
    expect(committed('billing')).toEqual([0n])
  })

  test('ignores files of other programs and damaged undo files of other groups', async () => {
    writeFileSync(join(undoFolder(), 'package.json'), '{')
    writeFileSync(join(undoFolder(), '2999-01-01T00-00-00.000Z-shipping.json'), '')
    expect(await undo('--group', 'billing')).toMatchObject({ exitCode: 0 })
    expect(committed('billing')).toEqual([4n])
    expect((await undo()).stderr).toContain('shipping.json is empty')
  })
})

test('reset undo --last reports an unreadable undo folder instead of treating it as empty', async () => {
  writeFileSync(join(folder, 'own'), '')
  const { stderr, exitCode } = await run(ResetUndo, '--last', '--yes', '--undo-dir', 'own')
  expect(stderr).toContain(`${join(folder, 'own')} cannot be read: it is not a folder`)
  expect(exitCode).toBe(6)
})

test('reset --plan-out follows a link and replaces its target, not the link', async () => {
  mkdirSync(join(folder, 'plans'))
  writeFileSync(join(folder, 'plans', 'one.json'), 'before')
  symlinkSync(join('plans', 'one.json'), join(folder, 'plan.json'))
  await run(Reset, ...reset, 'start', '--plan-out', 'plan.json')
  expect(lstatSync(join(folder, 'plan.json')).isSymbolicLink()).toBe(true)
  expect(JSON.parse(readFileSync(join(folder, 'plans', 'one.json'), 'utf8'))).toMatchObject({ crbus: 'reset-plan' })
  expect(readdirSync(join(folder, 'plans'))).toEqual(['one.json'])
})
