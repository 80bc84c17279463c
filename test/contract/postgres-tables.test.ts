import { describe, expect, inject, test } from 'vitest'
import type { Hint } from '../../src/bus/hints.ts'
import { storeHints } from '../../src/store/hints.ts'
import { openStoreSetup } from '../../src/store/open.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { askPostgres, newSchema } from './support/postgres-schema.ts'
import { productionAgentEvents, rustTables } from './support/rust-tables.ts'
import { closing, failure, named, namesOf, range } from './support/store-harness.ts'

const postgres = inject('postgresUrl')

/** Returns all tables, keys, columns and indexes of a schema, without those whose names begin with a prefix. */
async function structure(url: string, but = '-'): Promise<unknown> {
  const ask = (sql: string) => askPostgres(url, sql, [but])
  return {
    tables: await ask(
      `SELECT table_name, table_type FROM information_schema.tables
       WHERE table_schema = current_schema() AND NOT starts_with(table_name, $1) ORDER BY 1`,
    ),
    columns: await ask(
      `SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default
       FROM information_schema.columns WHERE table_schema = current_schema() AND NOT starts_with(table_name, $1) ORDER BY 1, 2`,
    ),
    constraints: await ask(
      `SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
       WHERE connamespace = current_schema()::regnamespace AND NOT starts_with(conname, $1) ORDER BY 1`,
    ),
    indexes: await ask(
      `SELECT tablename, indexname, indexdef FROM pg_indexes
       WHERE schemaname = current_schema() AND NOT starts_with(tablename, $1) ORDER BY 1, 2`,
    ),
    comments: await ask(
      `SELECT c.relname, obj_description(c.oid) AS comment FROM pg_class c
       WHERE relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'S') AND NOT starts_with(c.relname, $1) ORDER BY 1`,
    ),
  }
}

async function schemaWith(sql: string): Promise<string> {
  const url = await newSchema(postgres)
  await askPostgres(url, sql)
  return url
}

const open = (url: string): PostgresEventStore => closing(new PostgresEventStore({ url }))

if (postgres === '') describe.skip('tables in Postgres: no Postgres to test on', () => test('tables', () => {}))
else {
  test('init keeps the tables of a Rust service and adds two tables', async () => {
    const url = await schemaWith(rustTables)
    const before = await structure(url)
    const created = await open(url).init()
    expect(created.map(({ name }) => name)).toEqual([
      'crbus_outbox',
      'idx_crbus_outbox_owner',
      'crbus_timers',
      'idx_crbus_timers_due',
    ])
    expect(await structure(url, 'crbus_')).toEqual(before)
    expect(await open(url).init()).toEqual([])
  })

  test('init creates the same tables as the migrations of the Rust service', async () => {
    const made = await newSchema(postgres)
    await open(made).init()
    const theirs = await schemaWith(rustTables)
    await askPostgres(theirs, 'COMMENT ON TABLE events IS NULL')
    const inSchema = async (url: string) => {
      const [row] = await askPostgres(url, 'SELECT current_schema() AS name')
      return JSON.parse(JSON.stringify(await structure(url, 'crbus_')).replaceAll(`${row.name}.`, ''))
    }
    expect(await inSchema(made)).toEqual(await inSchema(theirs))
    // The migrations of the service run on these tables without an error.
    await askPostgres(made, rustTables)
  })

  test('reads the rows of a Rust service, also those written meanwhile', async () => {
    const url = await schemaWith(rustTables)
    const store = open(url)
    await store.init()
    const insert = (version: number, metadata: unknown) =>
      askPostgres(
        url,
        `INSERT INTO events (stream_id, version, event_type, event_version, event_data, metadata, created_at)
         VALUES ('order-1', $1, 'OrderPlaced.v1', 1, '\\x0a0b', $2, now())`,
        [version, JSON.stringify(metadata)],
      )
    await insert(1, { correlation_id: 'c', causation_id: null, user_id: null, timestamp: null })
    await insert(2, { correlation_id: 5 })
    await insert(3, ['no', 'object'])
    await askPostgres(url, `INSERT INTO events VALUES ('order-1', 4, 'Old', '\\x', NULL)`)
    const events = (await store.readStream('order-1')).map(({ event }) => event)
    expect(events.map(({ metadata }) => metadata)).toEqual([
      { correlationId: 'c' },
      { extra: { correlation_id: 5 } },
      null,
      null,
    ])
    expect(events.map(({ data }) => [...data])).toEqual([[10, 11], [10, 11], [10, 11], []])
    expect(await store.append('order-1', 4, [named('a')])).toBe(5)
    const [row] = await askPostgres(url, 'SELECT metadata, event_version FROM events WHERE version = 5')
    expect(row).toEqual({ metadata: null, event_version: 1 })
    await store.append('order-1', 5, [named('b', { userId: 'u', extra: { saga_id: 's' } })])
    const [last] = await askPostgres(url, 'SELECT metadata FROM events WHERE version = 6')
    expect(last.metadata).toEqual({
      correlation_id: null,
      causation_id: null,
      user_id: 'u',
      timestamp: null,
      saga_id: 's',
    })
  })

  test.each([
    {
      what: 'the example production-agent',
      sql: productionAgentEvents,
      says: ['stream_id', 'metadata', 'event_version', 'version is integer instead of bigint', 'aggregate_id'],
      suggests: 'another database',
    },
    {
      what: 'a service with older migrations',
      sql: rustTables.replace(/ALTER TABLE events ADD.*\nCREATE INDEX IF NOT EXISTS idx_events_type_version.*/, ''),
      says: ['column event_version is missing'],
      suggests: '004',
    },
    {
      what: 'other column types',
      sql: 'CREATE TABLE snapshots (stream_id VARCHAR(40) PRIMARY KEY, version BIGINT, state_data JSONB, created_at TIMESTAMP)',
      says: [
        'stream_id is character varying(40)',
        'state_data is jsonb instead of bytea',
        'created_at is timestamp without time zone',
      ],
      suggests: 'another schema',
    },
    {
      what: 'no unique key',
      sql: 'CREATE TABLE snapshots (stream_id TEXT, version BIGINT, state_data BYTEA, created_at TIMESTAMPTZ)',
      says: ['stream_id is not unique'],
      suggests: 'another schema',
    },
    {
      what: 'a partial unique index',
      sql: 'CREATE TABLE snapshots (stream_id TEXT, version BIGINT, state_data BYTEA, created_at TIMESTAMPTZ); CREATE UNIQUE INDEX ON snapshots (stream_id) WHERE version > 1',
      says: ['stream_id is not unique'],
      suggests: 'another schema',
    },
    {
      what: 'a view',
      sql: 'CREATE VIEW crbus_timers AS SELECT 1 AS id',
      says: ['crbus_timers', 'it is a view'],
      suggests: '',
    },
    {
      what: 'columns that are NOT NULL',
      sql: `${rustTables} ALTER TABLE events ALTER COLUMN metadata SET NOT NULL; ALTER TABLE failed_events ADD COLUMN tenant TEXT NOT NULL`,
      says: [
        "table 'events'",
        'metadata is NOT NULL',
        "table 'failed_events'",
        'tenant is an unknown column that is NOT NULL without a default',
      ],
      suggests: '',
    },
  ])('init refuses tables of $what and creates nothing', async ({ sql, says, suggests }) => {
    const url = await schemaWith(sql)
    const before = await structure(url)
    const error = await open(url)
      .init()
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_MISMATCH' })
    for (const words of says) expect(error.message).toContain(words)
    expect(error.hints.map(({ text }: Hint) => text).join('\n')).toContain(suggests)
    await using setup = await openStoreSetup(url)
    expect(await failure(setup.inspect())).toBe('STORE_MISMATCH')
    expect(await structure(url)).toEqual(before)
  })

  test('init accepts additional nullable columns and partitioned tables', async () => {
    const url = await schemaWith(`
      CREATE TABLE events (
        stream_id TEXT, version BIGINT, event_type VARCHAR NOT NULL, event_version INTEGER, event_data BYTEA, metadata JSONB,
        created_at TIMESTAMPTZ NOT NULL DEFAULT now(), note TEXT, tenant TEXT NOT NULL DEFAULT 'x',
        number BIGINT GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (stream_id, version)) PARTITION BY HASH (stream_id);
      CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 1);`)
    const store = open(url)
    await store.init()
    for (const number of range(10)) await store.append(`order-${number}`, 0, [named('a')])
    expect(await failure(store.append('order-1', 0, [named('a')]))).toBe('VERSION_CONFLICT')
  })

  test('init creates the tables once when services call it at the same time', async () => {
    const url = await newSchema(postgres)
    const created = await Promise.all(range(6).map(() => open(url).init()))
    expect(created.filter((parts) => parts.length > 0)).toHaveLength(1)
    expect(await open(url).append('order-1', 0, [named('a')])).toBe(1)
  })

  test('every call names missing tables and the command that creates them', async () => {
    const url = await newSchema(postgres)
    const store = open(url)
    const error = await store.append('order-1', 0, [named('a')]).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_NOT_READY', hints: [storeHints.setUp()] })
    expect(error.message).toContain('events')
    expect(await failure(store.outbox.pending('billing', 1))).toBe('STORE_NOT_READY')
    await askPostgres(url, rustTables)
    expect(await store.append('order-1', 0, [named('a')])).toBe(1)
    expect(
      await failure(store.commit('billing', [{ appends: [], messages: [{ topic: 'x', event: named('a') }] }])),
    ).toBe('STORE_NOT_READY')
  })

  test('names store init for tables of an earlier version, and init adds the column for record keys', async () => {
    const url = await newSchema(postgres)
    const store = open(url)
    await store.init()
    await store.commit('billing', [{ appends: [], messages: [{ topic: 'x', event: named('a') }] }])
    await askPostgres(url, 'ALTER TABLE crbus_outbox DROP COLUMN record_key')

    const error = await store.outbox.pending('billing', 1).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'STORE_NOT_READY',
      message: expect.stringContaining('was set up by an earlier version of crbus'),
      hints: [storeHints.addColumn()],
    })
    const message = { topic: 'x', key: 'o-1', event: named('b') }
    expect(await failure(store.commit('billing', [{ appends: [], messages: [message] }]))).toBe('STORE_NOT_READY')

    await using setup = await openStoreSetup(url)
    const column = { kind: 'column', name: 'record_key', table: 'crbus_outbox', exists: false }
    expect((await setup.inspect()).filter(({ exists }) => !exists)).toEqual([column])
    const created = await Promise.all([setup.create(), store.init()])
    expect(created.flat()).toEqual([column])
    await store.commit('billing', [{ appends: [], messages: [message] }])
    expect((await store.outbox.pending('billing', 9)).map(({ key }) => key)).toEqual([undefined, 'o-1'])
  })

  test('inspect lists the tables without creating them', async () => {
    const url = await newSchema(postgres)
    const before = await structure(url)
    await using setup = await openStoreSetup(url)
    expect(setup.kind).toBe('postgres')
    expect(setup.location).not.toContain('correct')
    const parts = await setup.inspect()
    expect(parts.every(({ exists }) => !exists)).toBe(true)
    expect(await structure(url)).toEqual(before)
    expect(await setup.create()).toEqual(parts)
    expect((await setup.inspect()).every(({ exists }) => exists)).toBe(true)
  })

  test('uses the tables that the search path finds', async () => {
    const [first, second] = [await newSchema(postgres), await newSchema(postgres)]
    await open(first).init()
    await open(second).init()
    await open(first).append('order-1', 0, [named('in the first')])
    await open(second).append('order-1', 0, [named('in the second')])
    expect(namesOf(await open(first).readStream('order-1'))).toEqual(['in the first'])
    // Leases follow the search path too.
    expect(await open(first).outbox.lease('billing')).toBeDefined()
    expect(await open(second).outbox.lease('billing')).toBeDefined()
  })
}
