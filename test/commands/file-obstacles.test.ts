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
  const bus = new InMemoryEventBus({ broker })
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

/** A path of the folder in whose place something stands that no folder and no file can be made in, and what is said. */
const obstacles: readonly { readonly what: string; readonly says: string; make(path: string): string }[] = [
  {
    what: 'a file',
    says: 'is not a folder',
    make(path) {
      writeFileSync(path, 'mine')
      return join(path, 'x')
    },
  },
  {
    what: 'a link that leads nowhere',
    says: 'which does not exist',
    make(path) {
      symlinkSync('nowhere', path)
      return join(path, 'x')
    },
  },
  {
    what: 'a link to itself',
    says: 'leads back to itself',
    make(path) {
      symlinkSync(path, path)
      return join(path, 'x')
    },
  },
  { what: '/proc', says: 'can be made in /proc', make: () => '/proc/crbus' },
  { what: 'a name that is too long', says: 'too long', make: (path) => join(path, '..', 'x'.repeat(300)) },
]
const disks: typeof obstacles = [
  {
    what: 'a full disk',
    says: 'no space left on the disk',
    make() {
      const disk = smallDisk()
      mkdirSync(join(disk.path, 'x'))
      disk.fill()
      return join(disk.path, 'x')
    },
  },
  {
    what: 'a read-only file system',
    says: 'is on a read-only file system',
    make() {
      const disk = smallDisk()
      disk.makeReadOnly()
      return disk.path
    },
  },
]

describe.each([...obstacles, ...(onSmallDisk ? disks : [])])('where $what is in the way', ({ says, make }) => {
  const changes: readonly (readonly [string, Runnable, readonly string[]])[] = [
    ['reset', Reset, [...reset, 'start']],
    ['reset apply', ResetApply, ['plan.json']],
    ['reset undo', ResetUndo, ['undo.json']],
    ['groups delete', GroupsDelete, ['billing']],
    ['groups delete-offsets', GroupsDeleteOffsets, ['billing', '--topic', 'order-events']],
    ['groups clone', GroupsClone, ['billing', 'copy']],
  ]

  test.each(changes)('%s changes nothing without its undo file', async (_, command, argv) => {
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
    expect(stderr).toContain(says)
    expect(stderr).toContain('CRBUS_REFUSED')
    expect(stderr).toContain('try: --undo-dir FOLDER')
    expect(exitCode).toBe(6)
    expect(committed('billing')).toEqual(before)
    expect(committed('copy')).toEqual([])
  })

  test('reset --plan-out is refused and leaves nothing', async () => {
    const path = join(make(join(folder, 'plans')), 'plan.json')
    const before = readdirSync(folder)
    const { stderr, exitCode } = await run(Reset, ...reset, 'start', '--plan-out', path)
    // A folder is not made for a plan.
    expect(stderr).toMatch(
      new RegExp(`error: the plan .* cannot be written: .*(${says}|there is no folder|no file can be made)`),
    )
    expect(stderr).toContain('try: --plan-out FILE')
    expect(exitCode).toBe(6)
    expect(readdirSync(folder)).toEqual(before)
  })

  test('schema import --out is refused and leaves nothing', async () => {
    mkdirSync(join(folder, 'src'))
    writeFileSync(
      join(folder, 'src', 'order.rs'),
      'use serde::{Serialize};\n#[derive(Serialize)]\npub enum OrderEvent { OrderPlaced { order_id: String } }\nimpl OrderEvent { pub fn event_type(&self) -> &\'static str { match self { Self::OrderPlaced { .. } => "OrderPlaced.v1" } } }\n',
    )
    const path = join(make(join(folder, 'schemas')), 'order-events.json')
    const before = readdirSync(folder)
    const { stderr, exitCode } = await run(SchemaImport, 'src', '--topic', 'order-events', '--out', path)
    expect(stderr).toContain('the schema')
    expect(stderr).toContain(says)
    expect(stderr).toContain('try: --out FILE')
    expect(exitCode).toBe(6)
    expect(readdirSync(folder)).toEqual(before)
  })
})

test('--undo-dir keeps undo files where it says, and reset undo --last finds them there', async () => {
  const { stderr } = await run(Reset, ...reset, 'start', '--yes', '--undo-dir', 'own')
  const [file] = readdirSync(join(folder, 'own'))
  expect(stderr).toContain(`to undo: crbus reset undo ${join(folder, 'own', String(file))}`)
  expect(existsSync(join(folder, 'state'))).toBe(false)
  expect(await run(ResetUndo, '--last', '--yes')).toMatchObject({ exitCode: 6 })
  expect(await run(ResetUndo, '--last', '--yes', '--undo-dir', 'own')).toMatchObject({ exitCode: 0 })
  expect(committed('billing')).toEqual([6n])
})

test('a folder of undo files that cannot be read is not taken for an empty one', async () => {
  writeFileSync(join(folder, 'own'), '')
  const { stderr, exitCode } = await run(ResetUndo, '--last', '--yes', '--undo-dir', 'own')
  expect(stderr).toContain(`${join(folder, 'own')} cannot be read`)
  expect(exitCode).toBe(6)
})

test('a plan goes through a link to the file that it leads to, and the link stays', async () => {
  mkdirSync(join(folder, 'plans'))
  writeFileSync(join(folder, 'plans', 'one.json'), 'before')
  symlinkSync(join('plans', 'one.json'), join(folder, 'plan.json'))
  await run(Reset, ...reset, 'start', '--plan-out', 'plan.json')
  expect(lstatSync(join(folder, 'plan.json')).isSymbolicLink()).toBe(true)
  expect(JSON.parse(readFileSync(join(folder, 'plans', 'one.json'), 'utf8'))).toMatchObject({ crbus: 'reset-plan' })
  expect(readdirSync(join(folder, 'plans'))).toEqual(['one.json'])
})
