import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { beforeEach, expect, test } from 'vitest'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
/** How long a test waits for a text before it fails with what the terminal has shown. */
const MAX_WAIT_MS = 15_000
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

/** Starts a command on a new pseudo-terminal of 100×24 cells (`script` of util-linux). */
function onTerminal(words: string) {
  const line = `stty rows 24 cols 100; "${process.execPath}" "${bin}" ${words}; echo "ended=$?"`
  const running = execa('script', ['-qfec', line, '/dev/null'], { env: { ...env, SHELL: '/bin/sh' }, reject: false })
  let seen = ''
  const arrived = new Set<() => void>()
  running.stdout?.on('data', (chunk) => {
    seen += chunk
    for (const check of arrived) check()
  })
  /** Waits until the terminal has shown a text since the last call. */
  const shows = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const failure = () => reject(new Error(`the terminal does not show '${text}':\n${seen}`))
      const timeout = setTimeout(failure, MAX_WAIT_MS)
      const check = () => {
        const plain = stripVTControlCharacters(seen)
        if (!plain.includes(text)) return
        arrived.delete(check)
        clearTimeout(timeout)
        seen = ''
        resolve(plain)
      }
      arrived.add(check)
      check()
    })
  const type = (keys: string) => running.stdin?.write(keys)
  return { running, shows, type }
}

const committed = async () => {
  const { stdout } = await crbus('groups', 'describe', 'billing', '--json')
  return JSON.parse(stdout).offsets[0].committed
}

test('walks from a group to an event and through a reset to its undo', { timeout: 60_000 }, async () => {
  const { running, shows, type } = onTerminal('ui --interval 200ms')
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
  expect(await shows('"order_id": "o-1"')).toContain('event type      OrderPlaced.v1')
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
  await running
  await crbus('reset', 'undo', '--last', '--yes')
  expect(await committed()).toBe(0)
})

test('resets on a protected profile only after the name of the group is typed', { timeout: 60_000 }, async () => {
  mkdirSync(join(folder, 'crbus'), { recursive: true })
  const profiles = { prod: { dataDir: folder, protected: true } }
  writeFileSync(join(folder, 'crbus/config.json'), JSON.stringify({ profiles }))
  const { running, shows, type } = onTerminal('ui --interval 200ms --group billing')
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
  type('q')
  await shows('ended=0')
  await running
  expect(await committed()).toBe(2)
})

test('says what to run instead when there is no terminal', async () => {
  const { exitCode, stderr } = await execa(process.execPath, [bin, 'ui'], { env, reject: false })
  expect([exitCode, stderr]).toEqual([
    2,
    'error: the live screen needs a terminal (CRBUS_USAGE)\n  try: crbus lag --watch (prints lines without one)',
  ])
})
