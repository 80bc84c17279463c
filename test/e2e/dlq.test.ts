import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, describe, expect, test } from 'vitest'
import { onTerminal } from '../support/pseudo-terminal.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const crbus = `"${process.execPath}" "${bin}"`
let env: Record<string, string>
let folder: string

/** Creates payment-events, and a dead-letter topic with one letter of it. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-dlq-'))
  env = {
    CRBUS_DATA_DIR: folder,
    XDG_CONFIG_HOME: folder,
    CRBUS_BROKERS: '',
    REDPANDA_BROKERS: '',
    DATABASE_URL: '',
    TERM: 'xterm-256color',
    TZ: 'UTC',
  }
  await run('topics', 'create', 'payment-events', '--partitions', '1')
  await run('topics', 'create', 'payment-dlq', '--partitions', '1')
  const event = [
    '--type',
    'Paid.v1',
    '--data',
    '{"total":10}',
    '--header',
    '__connect.errors.exception.message=no stock',
  ]
  await run('publish', 'payment-dlq', ...event, '--header', '__connect.errors.topic=payment-events')
})

const run = (...argv: readonly string[]) => execa(process.execPath, [bin, ...argv], { env })
const sent = async () => (await run('tail', 'payment-events', '-e', '-o', '%{total}\\n')).stdout

describe('on a terminal', () => {
  test('dlq retry asks with the topics, sends nothing after a no, and sends the letter after a yes', async () => {
    const refused = onTerminal(`${crbus} dlq retry --all`, env)
    expect(await refused.shows('[y/N]')).toContain('Send 1 dead letter to payment-events?')
    refused.type('n\r')
    expect((await refused.ended).exitCode).toBe(6)
    expect(await sent()).toBe('')

    const agreed = onTerminal(`${crbus} dlq retry --all`, env)
    await agreed.shows('[y/N]')
    agreed.type('y\r')
    expect(await agreed.ended).toMatchObject({ exitCode: 0, shown: expect.stringContaining('sent 1 dead letter\n') })
    expect(await sent()).toBe('10')
  })

  test('dlq edit opens the editor again after a payload that cannot be encoded, and asks before it sends', async () => {
    const editor = join(folder, 'editor')
    // The first time, it removes the closing brace; the second time, it writes a valid payload.
    const script = `if grep -q '}' "$1"; then echo '{"total":11' > "$1"; else echo '{"total":12}' > "$1"; fi`
    writeFileSync(editor, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    const edit = onTerminal(`stty cols 100 rows 30; ${crbus} dlq edit 'payment-dlq[0]@0'`, { ...env, EDITOR: editor })
    expect(await edit.shows('Edit it again?')).toContain('the payload cannot be encoded')
    edit.type('\r')
    const question = await edit.shows('[y/N]')
    expect(question).toMatch(/-\s+"total": 10\n/)
    expect(question).toContain('Send the edited event to payment-events?')
    edit.type('y\r')
    expect((await edit.ended).exitCode).toBe(0)
    expect(await sent()).toBe('12')
    expect((await run('dlq', 'list', '--status', 'resolved')).stdout).toContain('payment-dlq[0]@0')
  })

  test('dlq list fits the width of the terminal', async () => {
    const { shown } = await onTerminal(`stty cols 100 rows 30; ${crbus} dlq list`, env).ended
    for (const line of shown.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect(shown).toContain('payment-dlq[0]@0')
  })
})
