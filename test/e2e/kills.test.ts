import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { readPlanFile } from '../../src/operations/reset/plan-file.ts'
import { readUndoFile } from '../../src/operations/reset/undo-files.ts'
import { readSchemaFile } from '../../src/schema/schema-file.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const KILLS = 200
const PARTITIONS = 3
const EVENTS = 90

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-kills-'))
  mkdirSync(join(folder, 'src'))
  const variants = Array.from({ length: 40 }, (_, index) => `Order${index} { order_id: String, count: u64 }`)
  writeFileSync(
    join(folder, 'src', 'order.rs'),
    `#[derive(Serialize)]\npub enum OrderEvent { ${variants.join(', ')} }\n`,
  )
  await using bus = openBus()
  await bus.admin.createTopic('order-events', { partitions: PARTITIONS })
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = Array.from({ length: EVENTS }, () => ({ key: null, value: null, partition }))
    await bus.log.append('order-events', records)
  }
  await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Uint8Array.of(1)))
  const offsets = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic: 'order-events',
    partition,
    offset: 1n,
  }))
  await bus.admin.commitOffsets('billing', offsets)
})
afterAll(() => rmSync(folder, { recursive: true }))

const openBus = () => new EmbeddedEventBus({ path: join(folder, 'bus.db'), createTopics: true })
const undoFolder = () => join(folder, 'undo')
const undoFiles = () =>
  existsSync(undoFolder()) ? readdirSync(undoFolder()).filter((name) => !name.startsWith('.')) : []

async function committed(group: string): Promise<(bigint | null)[]> {
  await using bus = openBus()
  const found = await bus.admin.committedOffsets(group)
  return Array.from(
    { length: PARTITIONS },
    (_, partition) => found.find((position) => position.partition === partition)?.offset ?? null,
  )
}

/** Runs a command and kills it after a delay. Resolves with whether it was killed before it ended. */
async function killed(argv: readonly string[], after: number): Promise<boolean> {
  const env = {
    ...process.env,
    CRBUS_DATA_DIR: folder,
    XDG_CONFIG_HOME: folder,
    CRBUS_BROKERS: '',
    REDPANDA_BROKERS: '',
  }
  const child = spawn(process.execPath, [bin, ...argv], { cwd: folder, env, stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), after)
  const [code, signal] = await once(child, 'exit')
  clearTimeout(timer)
  if (signal === null) expect(code, argv.join(' ')).toBe(0)
  return signal === 'SIGKILL'
}

async function timed(argv: readonly string[]): Promise<number> {
  const begun = performance.now()
  expect(await killed(argv, 60_000)).toBe(false)
  return performance.now() - begun
}

test(`${KILLS} killed commands either changed everything and left an undo file or changed nothing, and left no partial file`, {
  timeout: 900_000,
}, async () => {
  const change = ['--yes', '--undo-dir', 'undo']
  const all = ['--group', 'billing', '--all-topics']
  const commands: readonly ((turn: number) => readonly string[])[] = [
    (turn) => ['reset', ...all, '--to', String((turn % (EVENTS - 2)) + 1), ...change],
    () => ['reset', 'undo', '--last', ...change],
    (turn) => ['groups', 'clone', 'billing', `copy-${turn}`, ...change],
    (turn) => ['reset', ...all, '--to', `+${(turn % 3) + 1}`, '--plan-out', 'plan.json'],
    (turn) => [
      'schema',
      'import',
      'src',
      '--topic',
      'order-events',
      '--assume',
      `turn=${turn}`,
      '--out',
      'schemas/order-events.json',
    ],
    () => ['topics', 'apply', '--yes'],
  ]
  // Loading takes half of a command's time, so the kills are spread over the second half.
  const whole = await timed(['reset', ...all, '--to', '5', ...change])
  let kills = 0
  let kept = 0
  let moved = 0
  for (let turn = 0; kills < KILLS; turn += 1) {
    const argv = (commands[turn % commands.length] as (turn: number) => readonly string[])(turn)
    const topic = `made-${turn}-events`
    writeFileSync(
      join(folder, 'crbus.json'),
      JSON.stringify({ topics: { [topic]: { partitions: 5, retention: '1d' } } }),
    )
    const group = argv[1] === 'clone' ? `copy-${turn}` : 'billing'
    const before = await committed(group)
    const files = undoFiles()
    const isKilled = await killed(argv, whole * (0.4 + 0.7 * Math.random()))
    if (isKilled) kills += 1
    const after = await committed(group)
    const made = undoFiles().filter((name) => !files.includes(name))
    for (const name of made) {
      const { offsets } = await readUndoFile(join(undoFolder(), name))
      expect(offsets.length).toBeGreaterThan(0)
      if (isKilled) kept += 1
    }
    if (String(after) !== String(before)) {
      // All offsets were changed, and the undo file holds the previous ones.
      if (isKilled) moved += 1
      expect(made).toHaveLength(1)
      const { offsets } = await readUndoFile(join(undoFolder(), String(made[0])))
      const wanted = new Map(offsets.map((one) => [one.partition, one]))
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const one = wanted.get(partition)
        expect(after[partition]).toBe(one === undefined ? before[partition] : one.after)
        if (one !== undefined) expect(one.before).toBe(before[partition])
      }
    }
    if (existsSync(join(folder, 'plan.json')))
      expect((await readPlanFile(join(folder, 'plan.json'))).group).toBe('billing')
    const schema = join(folder, 'schemas', 'order-events.json')
    if (existsSync(schema)) expect(readSchemaFile(readFileSync(schema, 'utf8')).ok).toBe(true)
    await using bus = openBus()
    const topics = await bus.admin.listTopics()
    for (const { topic: name, partitions } of topics) if (name.startsWith('made-')) expect(partitions).toBe(5)
  }
  // Otherwise no command was killed at a critical moment.
  expect(kept).toBeGreaterThan(0)
  expect(moved).toBeGreaterThan(0)
  expect(existsSync(join(folder, 'plan.json'))).toBe(true)
})
