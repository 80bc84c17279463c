import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'

// Each line of crbus in OTHER-TOOLS.md does its task on a real broker, in the order of the table.

const brokers = inject('kafkaBrokers')
const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const guide = readFileSync(new URL('../../src/commands/OTHER-TOOLS.md', import.meta.url), 'utf8')

/** The task and the line of crbus of each row. */
const rows = guide
  .split('\n')
  .filter((line) => /^\| [a-z]/.test(line) && !line.startsWith('| task'))
  .map((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
    return { task: cells[1] ?? '', line: (cells[6] ?? '').replaceAll('`', '') }
  })

/** The lines name these; on the shared broker, every run has its own. */
const id = Math.random().toString(36).slice(2, 10)
const own = (line: string) =>
  line
    .replaceAll(/\borders\b(?!\.)/g, `orders-${id}`)
    .replaceAll(/\bcopy\b/g, `copy-${id}`)
    .replaceAll(/\bbilling\b/g, `billing-${id}`)

describe.skipIf(brokers === '')('what people do most with other tools', () => {
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-other-tools-'))
    writeFileSync(join(folder, 'orders.ndjson'), '{"n":1}\n{"n":2}\n')
    writeFileSync(join(folder, 'crbus'), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, { mode: 0o755 })
    await using bus = new RedpandaEventBus({ brokers })
    await bus.admin.createTopic(`copy-${id}`)
  })
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  /** Runs a line of a shell. Following has no end, so that line gets one. */
  async function run(line: string) {
    const env = {
      PATH: `${folder}:${process.env.PATH}`,
      CRBUS_BROKERS: brokers,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_STATE_HOME: join(folder, 'state'),
    }
    const isEndless = /^crbus tail \S+$/.test(line)
    const ended = isEndless ? `${line} -e` : line
    const options = { cwd: folder, env, stdin: 'ignore', reject: false, timeout: 30_000 } as const
    const { stdout, stderr, exitCode } = await execa('bash', ['-o', 'pipefail', '-c', ended], options)
    return { stdout, stderr, exitCode }
  }

  test('the guide names more than twenty tasks', () => {
    expect(rows.length).toBeGreaterThan(20)
    for (const { line } of rows) expect(line).toMatch(/\bcrbus [a-z]/)
  })

  test('each line of crbus does its task', async () => {
    const shown = new Map<string, string>()
    for (const { task, line } of rows) {
      const { stdout, stderr, exitCode } = await run(own(line))
      expect([task, exitCode, exitCode === 0 ? '' : stderr]).toEqual([task, 0, ''])
      shown.set(task, stdout)
    }
    const lines = (task: string) => (shown.get(task) ?? '').split('\n').filter((line) => line !== '')
    expect(shown.get('list the topics')).toContain(`orders-${id}`)
    expect(lines('read a topic to its end')).toHaveLength(5)
    expect(lines('read JSON lines').map((line) => JSON.parse(line).topic)).toEqual(Array(5).fill(`orders-${id}`))
    expect(lines('print fields of a record').some((line) => line.startsWith('o-1 '))).toBe(true)
    expect(lines('copy a topic')).toHaveLength(5)
    expect(lines('read as a member of a group')).toHaveLength(5)
    expect(shown.get('see the lag of a group')).toMatch(/\bok\b/)
    expect(shown.get("read a group's topic again")).toMatch(/replay +3\b|replay +2\b/)
  })
})
