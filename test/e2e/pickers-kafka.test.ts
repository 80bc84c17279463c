import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { newTopic, uniqueGroup } from '../contract/support/harness.ts'
import { startBlackHole } from '../support/black-hole.ts'
import { onTerminal } from '../support/pseudo-terminal.ts'

// What a command line lacks, on a real broker: picked on a terminal, and named in the error elsewhere.

const brokers = inject('kafkaBrokers')
const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const ENTER = '\r'

let folder: string
let env: Record<string, string | undefined>

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-pick-kafka-'))
  env = {
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_STATE_HOME: join(folder, 'state'),
    CRBUS_BROKERS: brokers,
    CRBUS_DATA_DIR: undefined,
    CRBUS_PROFILE: undefined,
    CI: undefined,
    TERM: 'xterm-256color',
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const crbus = (words: string) => onTerminal(`stty rows 40 cols 120; exec "${process.execPath}" "${bin}" ${words}`, env)

/** Runs a command line without a terminal. */
const script = (words: readonly string[]) =>
  execa(process.execPath, [bin, ...words], { env, cwd: folder, reject: false, stdin: 'ignore' })

describe.skipIf(brokers === '')('on Kafka', () => {
  const bus = new RedpandaEventBus({ brokers })
  const group = uniqueGroup()
  let topic: string

  beforeAll(async () => {
    topic = await newTopic(bus, 1)
    const other = await newTopic(bus, 1)
    await bus.publish(
      topic,
      ['o-1', 'o-2'].map((id) => serializedEvent('OrderPlaced.v1', Buffer.from(JSON.stringify({ order_id: id })))),
    )
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 2n }])
    await bus.admin.commitOffsets(uniqueGroup(), [{ topic: other, partition: 0, offset: 0n }])
  })
  afterAll(() => bus.close())

  test('tail lets the user pick a topic by a part of its name, and shows its events', async () => {
    const tail = crbus('tail --no-follow')
    await tail.showsNext('Which topic?')
    tail.type(topic.slice(2, 10))
    await tail.showsNext('(1 match)')
    tail.type(ENTER)
    const { shown, exitCode } = await tail.ended
    expect(shown).toMatch(new RegExp(`${topic} +1 partition +2 events`))
    expect(shown).toContain(`$ crbus tail --no-follow ${topic}\n`)
    expect(shown).toContain('o-2')
    expect(exitCode).toBe(0)
  })

  test('reset lets the user pick group, topic and position, and shows the plan before it asks', async () => {
    const reset = crbus('reset')
    await reset.showsNext('Which group?')
    reset.type(group.slice(2, 10))
    await reset.showsNext('(1 match)')
    reset.type(ENTER)
    await reset.showsNext('Which topic?')
    reset.type(ENTER)
    await reset.showsNext('an hour ago: ')
    reset.type(ENTER)
    await reset.shows(/\[y\/N\]/)
    reset.type('y\r')
    const { shown, exitCode } = await reset.ended
    expect(shown).toContain(`$ crbus reset --group ${group} --topic ${topic} --to start\n`)
    expect(shown).toMatch(new RegExp(`${topic.slice(0, 5)}\\S+ +0 +2 +0 +replay +2`))
    expect(exitCode).toBe(0)
    expect((await bus.admin.committedOffsets(group, [topic]))[0]?.offset).toBe(0n)
  })

  test('tail --type lets the user pick a type of the newest events', async () => {
    const tail = crbus(`tail ${topic} --no-follow --type`)
    await tail.showsNext('Which event type?')
    tail.type(ENTER)
    const { shown } = await tail.ended
    expect(shown).toContain(`$ crbus tail ${topic} --no-follow --type OrderPlaced.v1\n`)
    expect(shown).toContain('o-1')
  })

  test('reset and lag without a terminal name the groups, and the topics of the group', async () => {
    const lag = await script(['lag', '--group'])
    expect([lag.exitCode, lag.stderr]).toEqual([2, expect.stringMatching(/^error: --group needs a value\. Groups: /)])
    const reset = await script(['reset', '--group', group, '--json'])
    expect([reset.exitCode, JSON.parse(reset.stdout).error]).toEqual([
      2,
      expect.objectContaining({
        message: expect.stringContaining(`needs --topic and --to. Topics: ${topic}. Positions: start, end, `),
        suggestions: [
          { run: `crbus reset --group ${group} --json --topic ${topic} --to start --dry-run` },
          { run: 'crbus reset --help' },
        ],
      }),
    ])
  })

  test('tail without a terminal names topics', async () => {
    const { exitCode, stderr } = await script(['tail'])
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^error: crbus tail needs a topic\. Topics: \S/)])
    expect(stderr).not.toContain('__consumer_offsets')
  })
})

test.skipIf(process.platform !== 'linux')(
  'tail without a terminal names no topics if the brokers do not answer',
  async () => {
    const hole = await startBlackHole()
    const { exitCode, stderr } = await script(['tail', '-b', hole.address])
    await hole.dispose()
    expect([exitCode, stderr.split('\n')[0]]).toEqual([2, 'error: crbus tail needs a topic (CRBUS_USAGE)'])
  },
)
