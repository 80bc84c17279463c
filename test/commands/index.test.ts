import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import IndexDelete from '../../src/commands/index/delete.ts'
import Index from '../../src/commands/index/index.ts'
import IndexStatus from '../../src/commands/index/status.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

let broker: MemoryBroker
let bus: InMemoryEventBus
let stateFolder: string

beforeEach(async () => {
  stateFolder = mkdtempSync(join(tmpdir(), 'crbus-index-command-'))
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker })
  await bus.admin.createTopic('order-events', { partitions: 2 })
  await bus.admin.createTopic('payment-events', { partitions: 1 })
  await place('c-1', 'c-2', 'c-1')
  return async () => {
    await bus.close()
    rmSync(stateFolder, { recursive: true })
  }
})

async function place(...correlationIds: readonly string[]): Promise<void> {
  for (const correlationId of correlationIds) {
    const event = serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'), { correlationId })
    await bus.publish('order-events', event)
  }
}

const run = (command: Runnable, argv: readonly string[] = [], more: object = {}) =>
  runCli(command, [...argv], { broker, stateFolder, ...more })

const indexFiles = () => {
  const folder = join(stateFolder, 'index')
  return existsSync(folder) ? readdirSync(folder) : []
}

describe('crbus index', () => {
  test('says what it has read, and reads nothing twice', async () => {
    const first = await run(Index)
    expect(first.stdout).toMatch(
      /^TOPIC {11}PARTITIONS {2}OFFSETS-READ\norder-events {13}2 {13}3\npayment-events {11}1 {13}0\n/,
    )
    expect(first.stdout).toMatch(/\n\nindexed 3 more events in .*memory-[0-9a-f]{12}\.db\n$/)
    await place('c-3')
    const second = JSON.parse((await run(Index, ['--json'])).stdout)
    expect(second).toMatchObject({ recordsAdded: 1, fields: [], unreadable: [] })
    expect(indexFiles()).toEqual([expect.stringMatching(/^memory-[0-9a-f]{12}\.db$/)])
  })

  test('reads only the topics that are named or match', async () => {
    const { topics } = JSON.parse((await run(Index, ['pay*', '--json'])).stdout)
    expect(topics).toEqual([{ topic: 'payment-events', partitionCount: 1, offsetsRead: 0 }])
    const { stderr, exitCode } = await run(Index, ['oder-events'])
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining("topic 'oder-events' does not exist")])
  })

  test('refuses a field that is not in the payload', async () => {
    for (const [field, suggested] of [
      ['order_id', '--field data.order_id'],
      ['metadata.user_id', '--field data.order_id'],
      ['data.', '--field data.order_id'],
    ] as const) {
      const { stderr, exitCode } = await run(Index, ['--field', field])
      expect([exitCode, stderr]).toEqual([
        2,
        `error: --field ${field} is not a field of the payload, such as data.order_id (CRBUS_USAGE)\n  try: ${suggested}\n`,
      ])
    }
    expect(indexFiles()).toEqual([])
  })

  test('follows until Ctrl-C', async () => {
    const stop = new Stop()
    const { stderr, exitCode } = await run(Index, ['--follow'], {
      stop,
      onStderr: (text: string) => {
        if (text.includes('waiting for new ones')) stop.request('interrupted')
      },
    })
    expect(stderr).toContain('all events are indexed; waiting for new ones (Ctrl-C ends)\n')
    expect(exitCode).toBe(130)
  })
})

describe('crbus index status', () => {
  test('shows how far each topic is indexed', async () => {
    expect((await run(IndexStatus)).stdout).toBe('there is no index of this bus; "crbus index" creates it\n')
    await run(Index, ['order-events', '--field', 'data.order_id'])
    await place('c-1')
    const { stdout } = await run(IndexStatus)
    expect(stdout).toMatch(/^INDEX {3}.*\.db\nSIZE {4}[\d.]+ KiB, 3 events\nFIELDS {2}data\.order_id\n\n/)
    expect(stdout.split('\n').slice(-4)).toEqual([
      expect.stringMatching(/^TOPIC +INDEXED +PARTITIONS +BEHIND +STATE$/),
      expect.stringMatching(/^order-events +2 +2 +1 +behind$/),
      expect.stringMatching(/^payment-events +0 +1 +0 +not indexed$/),
      '',
    ])
  })
})

describe('crbus tail --correlation-id', () => {
  const argv = ['order-events', '--correlation-id', 'c-1', '--from', 'start', '--no-follow', '-o', '%t[%p]@%o %c']

  test('shows the same events with an index, and says how far it reaches', async () => {
    const without = await run(Tail, argv)
    await run(Index)
    const complete = await run(Tail, argv)
    expect(complete.stdout).toBe(without.stdout)
    expect(complete.stderr).toContain('the index covers 3 offsets; nothing more is read from the topics\n')

    await place('c-1')
    const behind = await run(Tail, argv)
    expect(behind.stdout.split('\n')).toHaveLength(4)
    expect(behind.stderr).toContain(
      'the index covers 3 offsets; 1 more offset is read from the topics ("crbus index" adds them)\n',
    )
  })

  test('reads the topics if the index cannot be used, and says why', async () => {
    const without = await run(Tail, argv)
    await run(Index)
    writeFileSync(join(stateFolder, 'index', indexFiles()[0] as string), 'no database\n'.repeat(500))
    const { stdout, stderr, exitCode } = await run(Tail, argv)
    expect([stdout, exitCode]).toEqual([without.stdout, 0])
    expect(stderr).toContain('is not a SQLite database; "crbus index delete" deletes it\n')
    const refused = await run(Index)
    expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringContaining('try: crbus index delete')])
  })
})

describe('crbus index delete', () => {
  test('asks, and deletes the file, also if it is damaged', async () => {
    expect((await run(IndexDelete, ['--yes'])).stdout).toBe('there is no index of this bus\n')
    await run(Index)
    const refused = await run(IndexDelete)
    expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringContaining('there is no terminal to ask on')])
    expect((await run(IndexDelete, ['--dry-run'])).stdout).toMatch(/^INDEX {2}.*\.db\nSIZE {3}[\d.]+ KiB\n$/)
    expect(indexFiles()).toHaveLength(1)

    writeFileSync(join(stateFolder, 'index', indexFiles()[0] as string), 'damaged')
    const { exitCode, stderr } = await run(IndexDelete, ['--yes'])
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^deleted .*\.db\n$/)])
    expect(indexFiles()).toEqual([])
  })
})
