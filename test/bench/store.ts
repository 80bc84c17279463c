/**
 * Commits a second, each of one event and one message of 200 bytes, one batch after another: `node test/bench/store.ts`.
 * The file is on the disk of the temporary folder; the Postgres is on this machine and writes through to its disk, too.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { serializedEvent } from '../../src/bus/event.ts'
import type { Commit, EventStore } from '../../src/store/event-store.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { startPostgres } from '../support/postgres.ts'

const metadata = { correlationId: 'c-42', causationId: 'b-41', timestamp: '2026-11-24T10:00:00Z' }
const event = serializedEvent('OrderPlaced.v1', Buffer.alloc(200, 'x'), metadata)
const BATCHES = [1, 100, 500]
const MILLISECONDS = 3000

async function measure(name: string, store: EventStore, settle = async () => {}): Promise<void> {
  const figures: string[] = []
  for (const size of BATCHES) {
    let made = 0
    const commit = (): Commit => {
      made += 1
      return {
        appends: [{ streamId: `order-${size}-${made}`, expectedVersion: 0, events: [event] }],
        messages: [{ topic: 'order-events', event }],
      }
    }
    const start = performance.now()
    while (performance.now() - start < MILLISECONDS) {
      const results = await store.commit('bench', Array.from({ length: size }, commit))
      if (!results.every(({ ok }) => ok)) throw new Error('a commit failed')
    }
    figures.push(`${size}: ${Math.round((made / (performance.now() - start)) * 1000)}/s`)
  }
  await settle()
  const start = performance.now()
  let read = 0
  for await (const batch of store.readAll()) read += batch.length
  figures.push(`read all: ${Math.round((read / (performance.now() - start)) * 1000)} events/s`)
  console.log(`${name}  ${figures.join('  ')}`)
}

const folder = mkdtempSync(join(tmpdir(), 'crbus-bench-store-'))
const postgres = await startPostgres()
try {
  for (const [name, path] of [
    ['memory  ', ':memory:'],
    ['file    ', join(folder, 'store.db')],
  ] as const) {
    await using store = new SqliteEventStore({ path })
    await measure(name, store)
  }
  await using store = new PostgresEventStore({ url: postgres.url })
  await store.init()
  await measure('postgres', store, async () => {
    // As autovacuum does within the minute: without it the plan is one for an empty table.
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await client.query('ANALYZE')
    await client.end()
  })
} finally {
  await postgres.dispose()
  rmSync(folder, { recursive: true })
}
