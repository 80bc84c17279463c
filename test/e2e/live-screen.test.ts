import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, expect, test } from 'vitest'
import { onTerminal } from '../support/pseudo-terminal.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
let folder: string
let env: Record<string, string>

const crbus = (...argv: string[]) => execa(process.execPath, [bin, ...argv], { env })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-screen-'))
  env = {
    CRBUS_DATA_DIR: folder,
    XDG_CONFIG_HOME: folder,
    XDG_STATE_HOME: folder,
    CRBUS_BROKERS: '',
    REDPANDA_BROKERS: '',
    TERM: 'xterm-256color',
  }
  await crbus('topics', 'create', 'order-events', '--partitions', '1')
  for (const id of ['o-1', 'o-2']) {
    await crbus('publish', 'order-events', '--type', 'OrderPlaced.v1', '--data', JSON.stringify({ order_id: id }))
  }
  for (const group of ['billing', 'shipping']) {
    await crbus('reset', '--group', group, '--topic', 'order-events', '--to', 'start', '--new-group', '--yes')
  }
})

/** Starts a command on a new pseudo-terminal of 100×24 cells, in a folder. */
function onScreen(words: string, cwd?: string) {
  const line = `stty rows 24 cols 100; "${process.execPath}" "${bin}" ${words}; echo "ended=$?"`
  const { showsNext: shows, type, ended } = onTerminal(line, env, cwd === undefined ? {} : { cwd })
  return { shows, type, ended }
}

const committed = async () => {
  const { stdout } = await crbus('groups', 'describe', 'billing', '--json')
  return JSON.parse(stdout).offsets[0].committed
}

test('walks from a group to an event and through a reset to its undo', { timeout: 60_000 }, async () => {
  const { shows, type, ended } = onScreen('ui --interval 200ms')
  await shows('2 groups')
  type('/bill')
  await shows('1 of 2 groups')
  type('\r')
  await shows('esc clears it')
  type('\r')
  await shows('COMMITTED')
  type('t')
  await shows('2 events from there on')
  type('\r')
  expect(await shows('"order_id": "o-1"')).toContain('OrderPlaced.v1 order-events[0]@0')
  type('\u001b')
  await shows('2 events from there on')
  type('\u001b')
  await shows('COMMITTED')

  type('r')
  await shows('Type the position to reset to')
  type('end\r')
  expect(await shows('[y/N]')).toContain('2 events skipped')
  type('n')
  await shows('not confirmed; nothing was done')
  expect(await committed()).toBe(0)
  type('\u001b')
  await shows('COMMITTED')
  type('r')
  await shows('Type the position to reset to')
  type('end\r')
  await shows('[y/N]')
  type('y')
  await shows('to undo:')
  const [undoFile = ''] = readdirSync(join(folder, 'crbus/undo'))
    .filter((name) => name.includes('billing'))
    .slice(-1)
  expect(await committed()).toBe(2)
  type('c')
  await shows('copied: crbus reset undo ')
  type('q')
  // The command is also there after the screen is gone.
  expect(await shows('ended=0')).toContain(undoFile)
  await ended
  await crbus('reset', 'undo', '--last', '--yes')
  expect(await committed()).toBe(0)
})

test('resets on a protected profile only after the name of the group is typed, and measures at once', {
  timeout: 60_000,
}, async () => {
  mkdirSync(join(folder, 'crbus'), { recursive: true })
  const profiles = { prod: { dataDir: folder, protected: true } }
  writeFileSync(join(folder, 'crbus/config.json'), JSON.stringify({ profiles }))
  // Without a reset, the screen would not measure a second time.
  const { shows, type, ended } = onScreen('ui --interval 1h --group billing')
  expect(await shows('1 group')).toContain('protected')
  type('r')
  await shows('Type the position to reset to')
  type('end\r')
  await shows('type billing to confirm')
  type('yes\r')
  await shows("'yes' is not 'billing'; nothing was done")
  type('\u001b')
  await shows('enter open')
  type('r')
  await shows('Type the position to reset to')
  type('end\r')
  await shows('type billing to confirm')
  type('billing\r')
  await shows('to undo:')
  type('\u001b')
  await shows('1 ok')
  type('q')
  await shows('ended=0')
  await ended
  expect(await committed()).toBe(2)
})

test('lists the conversations of a saga that is described meanwhile, and shows one of them', {
  timeout: 60_000,
}, async () => {
  const { shows, type, ended } = onScreen('ui --view sagas --interval 200ms', folder)
  await shows('no saga is described')
  mkdirSync(join(folder, 'sagas'))
  const ends = {
    completedBy: ['CheckoutCompleted'],
    expects: [{ after: 'OrderPlaced', oneOf: ['Paid'], within: '1ms' }],
  }
  const description = { crbus_saga: 1, saga: 'checkout', topics: ['order-events'], startedBy: ['OrderPlaced'], ...ends }
  for (const id of ['c-1', 'c-2']) {
    const event = ['--type', 'OrderPlaced.v1', '--data', JSON.stringify({ order_id: id })]
    await crbus('publish', 'order-events', ...event, '--correlation-id', id)
  }
  writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify(description))
  await shows('2 conversations')
  type('/c-2\r')
  await shows('1 of 2 conversations')
  type('\r')
  expect(await shows('1 message')).toContain('OrderPlaced.v1')
  type('\u001b')
  await shows('esc clears it')
  type('c')
  await shows('copied: crbus sagas show c-2 --saga checkout')
  type('q')
  await shows('ended=0')
  await ended
})

test('says what to run instead when there is no terminal', async () => {
  const { exitCode, stderr } = await execa(process.execPath, [bin, 'ui'], { env, reject: false })
  expect([exitCode, stderr]).toEqual([
    2,
    'error: the live screen needs a terminal (CRBUS_USAGE)\n  try: crbus lag --watch (prints lines without one)',
  ])
})
