import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { beforeEach, describe, expect, test } from 'vitest'
import { cellWidth } from '../../src/ui/text/cell-width.ts'

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

/** Runs a line of /bin/sh on a new pseudo-terminal (`script` of util-linux). */
const onPseudoTerminal = (line: string) =>
  execa('script', ['-qfec', line, '/dev/null'], { env: { ...env, SHELL: '/bin/sh' }, reject: false })

const onTerminal = (words: string) => onPseudoTerminal(`${crbus} ${words}`)

const shown = async (running: ReturnType<typeof onPseudoTerminal>, text: string): Promise<string> => {
  let seen = ''
  running.stdout?.on('data', (chunk) => {
    seen += chunk
  })
  for (let tries = 0; tries < 600 && !seen.includes(text); tries += 1) await sleep(50)
  if (!seen.includes(text)) throw new Error(`the terminal does not show '${text}':\n${seen}`)
  return seen
}

describe('on a terminal', () => {
  test('tail prints colors, but no control sequences from events', async () => {
    const data = JSON.stringify({ note: '\u001b[2J\u0007\u202egone' })
    await execa(process.execPath, [bin, 'publish', 'order-events', '--type', 'A\u001b]0;title\u0007', '-d', data], {
      env,
    })
    const { stdout } = await onTerminal('tail order-events --no-follow')
    expect(stdout).toContain('\u001b[')
    expect(stdout).not.toContain('\u001b[2J')
    expect(stdout).not.toContain('\u001b]')
    expect(stripVTControlCharacters(stdout)).toContain('A\\x1b]0;title\\x07')
    expect(stdout).toContain('\\u202egone')
  })

  test('tail cuts lines to the width of the terminal, and shows all of them with --no-truncate', async () => {
    const data = JSON.stringify({ note: `日本語 👩‍👩‍👧 ${'x'.repeat(200)}` })
    await execa(process.execPath, [bin, 'publish', 'order-events', '--type', 'OrderPlaced.v1', '--data', data], { env })
    const lastLine = async (words: string) => {
      const { stdout } = await onPseudoTerminal(
        `stty cols 58 rows 20; ${crbus} tail order-events --no-follow ${words} -q`,
      )
      return stripVTControlCharacters(stdout).trimEnd().split('\r\n').at(-1) ?? ''
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
    const running = onTerminal('tail order-events')
    expect(await shown(running, '"n":1')).toContain('"n":1')
    running.stdin?.write('\u0003')
    const { exitCode, stdout } = await running
    expect(exitCode).toBe(130)
    expect(stdout).toContain('1 event')
  })

  test('topics delete asks, and deletes only on yes', async () => {
    await execa(process.execPath, [bin, 'topics', 'create', 'old-events'], { env })
    const topics = async () => (await execa(process.execPath, [bin, 'topics', 'list'], { env })).stdout
    const refused = onTerminal('topics delete old-events')
    await shown(refused, '[y/N]')
    refused.stdin?.write('n\r')
    expect((await refused).exitCode).toBe(6)
    expect(await topics()).toContain('old-events')
    const agreed = onTerminal('topics delete old-events')
    await shown(agreed, '[y/N]')
    agreed.stdin?.write('y\r')
    expect((await agreed).exitCode).toBe(0)
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
      const running = onTerminal('topics delete old-events --yes')
      expect(await shown(running, 'to confirm: ')).toContain('type old-events')
      expect(await topics()).toContain('old-events')
      running.stdin?.write(`${typed}\r`)
      expect((await running).exitCode).toBe(exitCode)
    }
    expect(await topics()).not.toContain('old-events')
  })

  test('new service asks for missing values, and Ctrl-C leaves no files', async () => {
    const folder = env.CRBUS_DATA_DIR as string
    const inFolder = (words: string) => onPseudoTerminal(`stty cols 100 rows 30; cd "${folder}" && ${crbus} ${words}`)
    const asked = inFolder('new service --no-install')
    await shown(asked, 'What is the service called?')
    asked.stdin?.write('shop\r')
    await shown(asked, 'Which language?')
    asked.stdin?.write('\r')
    const { exitCode, stdout } = await asked
    expect(exitCode, stdout).toBe(0)
    expect(existsSync(join(folder, 'shop/src/main.ts'))).toBe(true)
    const left = inFolder('new service --no-install')
    await shown(left, 'What is the service called?')
    left.stdin?.write('\u0003')
    expect((await left).exitCode).toBe(130)
    expect(readdirSync(folder)).toEqual(['shop'])
  })

  test('demo ends by itself', async () => {
    const { exitCode, stdout } = await onTerminal('demo --pause 1')
    expect(exitCode).toBe(0)
    expect(stripVTControlCharacters(stdout)).toMatch(/8 checkouts: \d completed, \d compensated/)
  })

  test('demo fills in a row for each checkout, and shows what three commands find', async () => {
    const { stdout } = await onPseudoTerminal(`stty rows 30 cols 100; ${crbus} demo --pause 1`)
    const text = stripVTControlCharacters(stdout)
    expect(text).toMatch(/^3 +placed ↩ canceled +reserved ↩ released +FAILED +compensated\r$/m)
    expect(text).toMatch(/^8 +placed +reserved +paid +completed\r$/m)
    expect(text).toMatch(/crbus lag --group crbus-demo-audit --data-dir \S+\/demo\r\n +10 events waiting/)
    expect(text).toContain('OrderPlaced.v1 → StockReserved.v1 → PaymentFailed.v1')
    expect(text).toMatch(/--to end --dry-run --data-dir \S+\r\n +would skip 10 events/)
  })

  test('demo ends on Ctrl-C with exit code 130', async () => {
    const running = onPseudoTerminal(`stty rows 30 cols 100; ${crbus} demo`)
    await shown(running, 'completed')
    running.stdin?.write('\u0003')
    expect((await running).exitCode).toBe(130)
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

  const expectRestored = (stdout: string, code: number) => {
    const screen = stdout.slice(stdout.indexOf(ALTERNATE), stdout.lastIndexOf(PRIMARY))
    expect(screen).toContain('billing')
    const rest = stdout.slice(stdout.lastIndexOf(PRIMARY))
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
    expect(await shown(running, 'billing')).toContain(ALTERNATE)
    running.stdin?.write('\r')
    expect(await shown(running, 'COMMITTED')).toContain('order-events')
    running.stdin?.write('\u001b')
    await shown(running, 'enter open')
    running.stdin?.write('q')
    expectRestored((await running).stdout, 0)
  })

  test('restores the terminal after Ctrl-C', async () => {
    const running = watching()
    await shown(running, 'billing')
    running.stdin?.write('\u0003')
    expectRestored((await running).stdout, 130)
  })

  test('restores the terminal after SIGTERM', async () => {
    const running = watching()
    const pid = /pid=(\d+)/.exec(await shown(running, 'billing'))?.[1]
    process.kill(Number(pid), 'SIGTERM')
    expectRestored((await running).stdout, 130)
  })

  test('prints plain lines on a terminal without cursor control', async () => {
    const running = watching('TERM=dumb')
    expect(await shown(running, 'group=billing')).not.toContain('\u001b')
    running.stdin?.write('\u0003')
    const { stdout } = await running
    expect(stdout).toContain('ended=130')
    expect(stdout).not.toContain(ALTERNATE)
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
