import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { beforeEach, describe, expect, test } from 'vitest'

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

/** Runs a command line on a pseudo-terminal of its own (util-linux's `script`). */
const onTerminal = (words: string) =>
  execa('script', ['-qfec', `"${process.execPath}" "${bin}" ${words}`, '/dev/null'], { env, reject: false })

const shown = async (running: ReturnType<typeof onTerminal>, text: string): Promise<string> => {
  let seen = ''
  running.stdout?.on('data', (chunk) => {
    seen += chunk
  })
  for (let tries = 0; tries < 200 && !seen.includes(text); tries += 1) await sleep(50)
  return seen
}

describe('on a terminal', () => {
  test('events are coloured, and what strangers wrote moves no cursor', async () => {
    const data = JSON.stringify({ note: '\u001b[2J\u0007\u202egone' })
    await execa(process.execPath, [bin, 'publish', 'order-events', '-t', 'A\u001b]0;title\u0007', '-d', data], { env })
    const { stdout } = await onTerminal('tail order-events --no-follow')
    expect(stdout).toContain('\u001b[')
    expect(stdout).not.toContain('\u001b[2J')
    expect(stdout).not.toContain('\u001b]')
    expect(stripVTControlCharacters(stdout)).toContain('A\\x1b]0;title\\x07')
    expect(stdout).toContain('\\u202egone')
  })

  test('Ctrl-C ends a follower with 130 and its count', async () => {
    await execa(process.execPath, [bin, 'publish', 'order-events', '-t', 'A', '-d', '{"n":1}'], { env })
    const running = onTerminal('tail order-events')
    expect(await shown(running, '"n":1')).toContain('"n":1')
    running.stdin?.write('\u0003')
    const { exitCode, stdout } = await running
    expect(exitCode).toBe(130)
    expect(stdout).toContain('1 event')
  })

  test('a deletion asks, and no answer but yes deletes', async () => {
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

  test('a protected profile asks for the name', async () => {
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
      expect(await shown(running, 'to go on: ')).toContain('type old-events')
      expect(await topics()).toContain('old-events')
      running.stdin?.write(`${typed}\r`)
      expect((await running).exitCode).toBe(exitCode)
    }
    expect(await topics()).not.toContain('old-events')
  })

  test('the demo ends by itself', async () => {
    const { exitCode, stdout } = await onTerminal('demo --pause 1')
    expect(exitCode).toBe(0)
    expect(stripVTControlCharacters(stdout)).toMatch(/8 checkouts: \d completed, \d compensated/)
  })
})
