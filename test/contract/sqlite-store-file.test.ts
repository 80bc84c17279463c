import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { EventStoreError } from '../../src/store/errors.ts'
import { openEventStore, openStoreSetup } from '../../src/store/open.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { startProcess } from './support/start-process.ts'
import { closing, failure, named, one, range } from './support/store-harness.ts'

// Tests of the store in a file only. The contract of every store is in store-contract.ts.

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-store-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const newPath = (): string => join(newFolder(), 'store.db')

function edit(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

/** Returns the names of all tables and indexes in a file. */
function contents(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all()
  database.close()
  return names.map(({ name }) => String(name))
}

const thrownBy = (open: () => unknown): EventStoreError => {
  try {
    open()
  } catch (error) {
    if (error instanceof EventStoreError) return error
    throw error
  }
  throw new Error('it opened')
}

describe('the file of a store', () => {
  test('is created with its folders, readable by its owner only', async () => {
    const folder = newFolder()
    const path = join(folder, 'a', 'b', 'store.db')
    closing(new SqliteEventStore({ path }))
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  })

  test('holds texts, ISO times and JSON metadata that sqlite3 can show', async () => {
    const path = newPath()
    await using store = new SqliteEventStore({ path })
    const metadata = { correlationId: 'c-1', extra: { saga_id: 's' } }
    await store.commit('billing', [
      {
        appends: [{ streamId: 'order-1', expectedVersion: 0, events: [named('a', metadata)] }],
        messages: [{ topic: 'order-events', event: named('a') }],
        timers: [{ id: 't', streamId: 'order-1', due: new Date('2026-11-24T10:00:00Z'), event: named('t') }],
      },
    ])
    const database = new DatabaseSync(path, { readOnly: true })
    onTestFinished(() => database.close())
    expect(database.prepare('SELECT * FROM events').get()).toMatchObject({
      stream_id: 'order-1',
      version: 1,
      event_type: 'Named.v1',
      event_version: 1,
      metadata: '{"correlation_id":"c-1","causation_id":null,"user_id":null,"timestamp":null,"saga_id":"s"}',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
    expect(database.prepare('SELECT owner, topic, metadata FROM crbus_outbox').get()).toEqual({
      __proto__: null,
      owner: 'billing',
      topic: 'order-events',
      metadata: null,
    })
    expect(database.prepare('SELECT due_at FROM crbus_timers').get()?.due_at).toBe('2026-11-24T10:00:00.000Z')
  })

  test('is read after rows were inserted by hand', async () => {
    const path = newPath()
    await using store = new SqliteEventStore({ path })
    edit(
      path,
      `INSERT INTO events (stream_id, version, event_type, event_version, event_data, metadata) VALUES
       ('order-1', 1, 'A.v1', 1, x'01', '{"user_id":"u","unknown":[1]}'), ('order-1', 2, 'A.v1', 1, x'02', 'no JSON'), ('order-1', 3, 'A.v1', 1, x'03', '[]')`,
    )
    const stream = await store.readStream('order-1')
    expect(stream.map(({ event }) => event.metadata)).toEqual([{ userId: 'u', extra: { unknown: [1] } }, null, null])
    expect(Math.abs((stream[0]?.createdAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
    expect(await store.append('order-1', 3, [named('b')])).toBe(4)
  })

  test('is created once by processes that start at the same time', async () => {
    const path = newPath()
    const task = { do: 'append', streamId: 'order-1', times: 3 } as const
    const processes = await Promise.all(
      range(4).map((by) => startProcess('store-process.ts', [path, { ...task, by }], 'appending')),
    )
    await Promise.all(processes.map(({ printed }) => printed))
    expect(await closing(new SqliteEventStore({ path })).readStream('order-1')).toHaveLength(12)
  })

  test('is refused as STORE_UNAVAILABLE when it is not a database or cannot be created', () => {
    const path = newPath()
    writeFileSync(path, 'this text is not a database, and is long enough for a header of SQLite')
    expect(thrownBy(() => new SqliteEventStore({ path }))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const below = join(path, 'store.db')
    const error = thrownBy(() => new SqliteEventStore({ path: below }))
    expect(error.code).toBe('STORE_UNAVAILABLE')
    expect(error.message).toContain(below)
    expect(error.hints).not.toEqual([])
  })

  test('is reported as STORE_UNAVAILABLE while another process holds a lock on it', { timeout: 60_000 }, async () => {
    const path = newPath()
    const store = closing(new SqliteEventStore({ path }))
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const error = await store.append('order-1', 0, [named('a')]).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('another process') })
    other.exec('ROLLBACK')
    other.close()
    expect(await store.append('order-1', 0, [named('a')])).toBe(1)
  })

  test('has the same leases under each of its paths', async () => {
    const path = newPath()
    const link = join(newFolder(), 'link.db')
    const store = closing(new SqliteEventStore({ path }))
    symlinkSync(path, link)
    const linked = closing(new SqliteEventStore({ path: link }))
    expect(await store.outbox.lease('billing')).toBeDefined()
    expect(await linked.outbox.lease('billing')).toBeUndefined()
    expect(readdirSync(dirname(path)).filter((name) => name.includes('-lease-'))).toEqual([
      expect.stringMatching(/^store\.db-lease-billing-[0-9a-f]{8}$/),
    ])
  })

  test('may also hold an embedded bus', async () => {
    const path = newPath()
    await using bus = new EmbeddedEventBus({ path, createTopics: true })
    await bus.publish('order-events', named('a'))
    await using store = new SqliteEventStore({ path })
    await store.commit('billing', [one('order-1', 0, 'a')])
    expect(await bus.admin.listTopics()).toHaveLength(1)
  })
})

describe('existing tables with another layout', () => {
  const other =
    'CREATE TABLE events (id INTEGER PRIMARY KEY, aggregate_id TEXT NOT NULL, event_type TEXT, version TEXT)'

  test.each([
    { what: 'other columns', sql: other, says: ['stream_id', 'aggregate_id', 'version is TEXT instead of INTEGER'] },
    { what: 'a view', sql: 'CREATE VIEW snapshots AS SELECT 1 AS stream_id', says: ['snapshots', 'it is a view'] },
    {
      what: 'no unique key',
      sql: 'CREATE TABLE snapshots (stream_id TEXT, version INTEGER, state_data BLOB, created_at TEXT)',
      says: ['stream_id is not unique'],
    },
    {
      what: 'an unknown column that is NOT NULL',
      sql: 'CREATE TABLE snapshots (stream_id TEXT PRIMARY KEY, version INTEGER, state_data BLOB, created_at TEXT, tenant TEXT NOT NULL)',
      says: ['tenant', 'NOT NULL without a default'],
    },
  ])('with $what are refused, and nothing is created', async ({ sql, says }) => {
    const path = newPath()
    edit(path, sql)
    const before = contents(path)
    const error = thrownBy(() => new SqliteEventStore({ path }))
    expect(error.code).toBe('STORE_MISMATCH')
    for (const words of says) expect(error.message).toContain(words)
    await using setup = await openStoreSetup(path)
    expect(await failure(setup.inspect())).toBe('STORE_MISMATCH')
    expect(await failure(setup.create())).toBe('STORE_MISMATCH')
    expect(contents(path)).toEqual(before)
  })

  test('with additional nullable columns or another unique key are accepted', async () => {
    const path = newPath()
    edit(
      path,
      "CREATE TABLE snapshots (id INTEGER PRIMARY KEY, stream_id TEXT UNIQUE, version INTEGER, state_data BLOB, created_at TEXT, note TEXT, tenant TEXT NOT NULL DEFAULT 'x')",
    )
    const store = closing(new SqliteEventStore({ path }))
    await store.saveSnapshot({ streamId: 'order-1', version: 1, state: Buffer.of(1) })
    expect(await store.loadSnapshot('order-1')).toMatchObject({ version: 1 })
  })
})

describe('a file of an earlier version of crbus', () => {
  const makeOld = async (path: string) => {
    await using store = new SqliteEventStore({ path })
    await store.commit('billing', [{ appends: [], messages: [{ topic: 'order-events', event: named('a') }] }])
    edit(path, 'ALTER TABLE crbus_outbox DROP COLUMN record_key')
  }
  const column = { kind: 'column', name: 'record_key', table: 'crbus_outbox', exists: false }

  test('gets the column for record keys when it is opened, and its messages have no key', async () => {
    const path = newPath()
    await makeOld(path)
    const store = closing(new SqliteEventStore({ path }))
    await store.commit('billing', [{ appends: [], messages: [{ topic: 'x', key: 'o-1', event: named('b') }] }])
    expect((await store.outbox.pending('billing', 9)).map(({ key }) => key)).toEqual([undefined, 'o-1'])
  })

  test('is inspected without a change, and gets the column by create', async () => {
    const path = newPath()
    await makeOld(path)
    await using setup = await openStoreSetup(path)
    expect((await setup.inspect()).filter(({ exists }) => !exists)).toEqual([column])
    expect((await setup.inspect()).filter(({ exists }) => !exists)).toEqual([column])
    expect(await setup.create()).toEqual([column])
    expect((await setup.inspect()).every(({ exists }) => exists)).toBe(true)
  })
})

describe('openStoreSetup on a file', () => {
  test('lists missing parts without creating the file, creates it, and then lists nothing missing', async () => {
    const path = newPath()
    await using setup = await openStoreSetup(path)
    expect(setup).toMatchObject({ kind: 'sqlite', location: path })
    const missing = await setup.inspect()
    expect(missing.every(({ exists }) => !exists)).toBe(true)
    expect(missing.filter(({ kind }) => kind === 'table').map(({ name }) => name)).toEqual([
      'events',
      'snapshots',
      'failed_events',
      'crbus_outbox',
      'crbus_timers',
    ])
    expect(readdirSync(dirname(path))).toEqual([])
    expect(await setup.create()).toEqual(missing)
    expect((await setup.inspect()).every(({ exists }) => exists)).toBe(true)
    expect(await setup.create()).toEqual([])
    expect(contents(path)).toEqual(missing.map(({ name }) => name).sort())
  })

  test('creates a single missing index', async () => {
    const path = newPath()
    await new SqliteEventStore({ path }).close()
    edit(path, 'DROP INDEX idx_crbus_timers_due')
    await using setup = await openStoreSetup(path)
    expect(await setup.create()).toMatchObject([{ kind: 'index', name: 'idx_crbus_timers_due', table: 'crbus_timers' }])
  })
})

describe('openEventStore', () => {
  test('opens a path as a file and `:memory:` in memory', async () => {
    const path = newPath()
    const store = closing(await openEventStore(path))
    expect(store).toBeInstanceOf(SqliteEventStore)
    await store.append('order-1', 0, [named('a')])
    expect(contents(path)).toContain('events')
    expect(closing(await openEventStore(':memory:'))).toBeInstanceOf(SqliteEventStore)
  })

  test.each(['mysql://root@localhost/x', 'sqlite://store.db', 'https://localhost'])(
    'refuses the location %s',
    async (location) => {
      expect(await failure(openEventStore(location))).toBe('STORE_UNAVAILABLE')
      expect(await failure(openStoreSetup(location))).toBe('STORE_UNAVAILABLE')
    },
  )
})
