import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, describe, expect, test } from 'vitest'
import { cellWidth } from '../../src/ui/text/cell-width.ts'
import { onTerminal } from '../support/pseudo-terminal.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
let env: Record<string, string>

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-terminal-'))
  env = {
    CRBUS_DATA_DIR: folder,
    XDG_CONFIG_HOME: folder,
    CRBUS_BROKERS: '',
    REDPANDA_BROKERS: '',
    TERM: 'xterm-256color',
  }
})

const crbus = `"${process.execPath}" "${bin}"`

const onPseudoTerminal = (line: string) => onTerminal(line, env)

const run = (words: string) => onPseudoTerminal(`${crbus} ${words}`)

describe('on a terminal', () => {
  test('tail prints colors, but no control sequences from events', async () => {
    const data = JSON.stringify({ note: '\u001b[2J\u0007\u202egone' })
    await execa(process.execPath, [bin, 'publish', 'order-events', '--type', 'A\u001b]0;title\u0007', '-d', data], {
      env,
    })
    const { raw, shown } = await run('tail order-events --no-follow').ended
    expect(raw).toContain('\u001b[')
    expect(raw).not.toContain('\u001b[2J')
    expect(raw).not.toContain('\u001b]')
    expect(shown).toContain('A\\x1b]0;title\\x07')
    expect(raw).toContain('\\u202egone')
  })

  test('tail cuts lines to the width of the terminal, and shows all of them with --no-truncate', async () => {
    const data = JSON.stringify({ note: `日本語 👩‍👩‍👧 ${'x'.repeat(200)}` })
    await execa(process.execPath, [bin, 'publish', 'order-events', '--type', 'OrderPlaced.v1', '--data', data], { env })
    const lastLine = async (words: string) => {
      const line = `stty cols 58 rows 20; ${crbus} tail order-events --no-follow ${words} -q`
      const { shown } = await onPseudoTerminal(line).ended
      return shown.trimEnd().split('\n').at(-1) ?? ''
    }
    const cut = await lastLine('')
    expect(cut).toMatch(/^\d\d:\d\d:\d\d\.\d{3} order-events\[\d\]@0 OrderPlaced.v1 \{"note":"日…$/)
    expect(cellWidth(cut)).toBe(58)
    expect(await lastLine('--no-truncate')).toContain(`"note":"日本語 👩‍👩‍👧 ${'x'.repeat(200)}"}`)
    const { stdout: piped } = await execa(process.execPath, [bin, 'tail', 'order-events', '-e'], { env })
    expect(piped).toContain('x'.repeat(200))
  })

  test('tail ends on Ctrl-C with exit code 130 and a count of events', async () => {
    await execa(process.execPath, [bin, 'publish', 'order-events', '--type', 'A', '-d', '{"n":1}'], { env })
    const running = run('tail order-events')
    expect(await running.shows('"n":1')).toContain('"n":1')
    running.type('\u0003')
    const { exitCode, shown } = await running.ended
    expect(exitCode).toBe(130)
    expect(shown).toContain('1 event')
  })

  test('topics delete asks, and deletes only on yes', async () => {
    await execa(process.execPath, [bin, 'topics', 'create', 'old-events'], { env })
    const topics = async () => (await execa(process.execPath, [bin, 'topics', 'list'], { env })).stdout
    const refused = run('topics delete old-events')
    await refused.shows('[y/N]')
    refused.type('n\r')
    expect((await refused.ended).exitCode).toBe(6)
    expect(await topics()).toContain('old-events')
    const agreed = run('topics delete old-events')
    await agreed.shows('[y/N]')
    agreed.type('y\r')
    expect((await agreed.ended).exitCode).toBe(0)
    expect(await topics()).not.toContain('old-events')
  })

  test('topics delete asks for the name on a protected profile', async () => {
    await execa(process.execPath, [bin, 'topics', 'create', 'old-events'], { env })
    const profiles = { here: { dataDir: env.CRBUS_DATA_DIR, protected: true } }
    const settings = join(env.XDG_CONFIG_HOME ?? '', 'crbus')
    mkdirSync(settings)
    writeFileSync(join(settings, 'config.json'), JSON.stringify({ profiles }))
    const topics = async () => (await execa(process.execPath, [bin, 'topics', 'list'], { env })).stdout

    for (const [typed, exitCode] of [
      ['y', 6],
      ['\u0004', 6],
      ['\u0003', 130],
      ['old-events', 0],
    ] as const) {
      const running = run('topics delete old-events --yes')
      expect(await running.shows('to confirm: ')).toContain('type old-events')
      expect(await topics()).toContain('old-events')
      running.type(`${typed}\r`)
      expect((await running.ended).exitCode).toBe(exitCode)
    }
    expect(await topics()).not.toContain('old-events')
  })

  test('new service asks for missing values, and Ctrl-C leaves no files', async () => {
    const folder = env.CRBUS_DATA_DIR as string
    const inFolder = (words: string) => onPseudoTerminal(`stty cols 100 rows 30; cd "${folder}" && ${crbus} ${words}`)
    const asked = inFolder('new service --no-install')
    await asked.shows('What is the service called?')
    asked.type('shop\r')
    await asked.shows('Which language?')
    asked.type('\r')
    expect((await asked.ended).exitCode).toBe(0)
    expect(existsSync(join(folder, 'shop/src/main.ts'))).toBe(true)
    const left = inFolder('new service --no-install')
    await left.shows('What is the service called?')
    left.type('\u0003')
    expect((await left.ended).exitCode).toBe(130)
    expect(readdirSync(folder)).toEqual(['shop'])
  })

  test('demo ends by itself', async () => {
    const { exitCode, shown } = await run('demo --pause 1').ended
    expect(exitCode).toBe(0)
    expect(shown).toMatch(/8 checkouts: \d completed, \d compensated/)
  })

  test('demo fills in a row for each checkout, and shows what three commands find', async () => {
    const { shown: text } = await onPseudoTerminal(`stty rows 30 cols 100; ${crbus} demo --pause 1`).ended
    expect(text).toMatch(/^3 +placed ↩ canceled +reserved ↩ released +FAILED +compensated$/m)
    expect(text).toMatch(/^8 +placed +reserved +paid +completed$/m)
    expect(text).toMatch(/crbus lag --group crbus-demo-audit --data-dir \S+\/demo\n +11 events waiting/)
    expect(text).toContain('OrderPlaced.v1 → StockReserved.v1 → PaymentFailed.v1')
    expect(text).toMatch(/--to end --dry-run --data-dir \S+\n +would skip 11 events/)
    expect(text).toMatch(/^9 +placed +reserved$/m)
  })

  test('demo ends on Ctrl-C with exit code 130', async () => {
    const running = onPseudoTerminal(`stty rows 30 cols 100; ${crbus} demo`)
    await running.shows('completed')
    running.type('\u0003')
    expect((await running.ended).exitCode).toBe(130)
  })
})

describe('lag --watch on a terminal', () => {
  const ALTERNATE = '\u001b[?1049h'
  const PRIMARY = '\u001b[?1049l'
  const SHOW_CURSOR = '\u001b[?25h'

  /** Prints its process id, watches, and prints the exit code and the state of the terminal. The shell ignores Ctrl-C. */
  const watching = (before = '') => {
    const watch = `${before} sh -c 'echo pid=$$; exec ${crbus} lag --watch --interval 200ms'`
    return onPseudoTerminal(`trap : INT; stty rows 24 cols 80; ${watch}; echo "ended=$?"; stty -a`)
  }

  const expectRestored = ({ raw }: { readonly raw: string }, code: number) => {
    const screen = raw.slice(raw.indexOf(ALTERNATE), raw.lastIndexOf(PRIMARY))
    expect(screen).toContain('billing')
    const rest = raw.slice(raw.lastIndexOf(PRIMARY))
    expect(rest).toContain(SHOW_CURSOR)
    expect(rest).not.toContain(ALTERNATE)
    expect(rest).toContain(`ended=${code}\r\n`)
    // Raw mode turns these settings off.
    for (const setting of ['icanon', 'echo', 'isig']) expect(rest).toMatch(new RegExp(`[ \\n]${setting}[ ;]`))
  }

  beforeEach(async () => {
    await execa(process.execPath, [bin, 'publish', 'order-events', '--type', 'A', '-d', '{"n":1}'], { env })
    const group = ['--group', 'billing', '--topic', 'order-events', '--to', 'start', '--new-group', '--yes']
    await execa(process.execPath, [bin, 'reset', ...group], { env })
  })

  test('shows a group, opens it with keys and quits', async () => {
    const running = watching()
    await running.showsNext('billing')
    running.type('\r')
    expect(await running.showsNext('COMMITTED')).toContain('order-events')
    running.type('\u001b')
    await running.showsNext('enter open')
    running.type('q')
    expectRestored(await running.ended, 0)
  })

  test('restores the terminal after Ctrl-C', async () => {
    const running = watching()
    await running.shows('billing')
    running.type('\u0003')
    expectRestored(await running.ended, 130)
  })

  test('restores the terminal after SIGTERM', async () => {
    const running = watching()
    const pid = /pid=(\d+)/.exec(await running.shows('billing'))?.[1]
    process.kill(Number(pid), 'SIGTERM')
    expectRestored(await running.ended, 130)
  })

  test('prints plain lines on a terminal without cursor control', async () => {
    const running = watching('TERM=dumb')
    await running.shows('group=billing')
    running.type('\u0003')
    const { raw } = await running.ended
    expect(raw).toContain('ended=130')
    expect(raw).not.toContain('\u001b')
  })

  test('prints plain lines into a pipe, and ends when its reader closes it', async () => {
    const watch = `(${crbus} lag --watch --interval 50ms; echo "ended=$?" >&2) | head -3`
    const { stdout, stderr } = await execa('sh', ['-c', watch], { env })
    const lines = stdout.split('\n')
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toMatch(/^time=\S+Z group=billing state=Empty .* lag=1 .* verdict=stopped$/)
    expect(stderr).toBe('ended=0')
  })
})
