import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { type Finding, isFault } from '../../src/operations/doctor/finding.ts'
import { judgeStore } from '../../src/operations/doctor/store.ts'
import { openSqlite } from '../../src/sqlite/load-sqlite.ts'
import type { EventStore } from '../../src/store/event-store.ts'
import { openEventStore, openStoreSetup } from '../../src/store/open.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { findingText } from '../../src/ui/notes/doctor-notes.ts'
import { eventually } from './support/harness.ts'
import { askPostgres, newSchema } from './support/postgres-schema.ts'
import { startProcess } from './support/start-process.ts'
import { named, one } from './support/store-harness.ts'

// Each fault that is seeded in a store leads to exactly its findings, and a healthy store to none.

const postgres = inject('postgresUrl')
const folder = mkdtempSync(join(tmpdir(), 'crbus-store-doctor-'))
afterAll(() => rmSync(folder, { recursive: true }))

const OWNER = 'orders'
const OLD = new Date('2026-01-02T03:04:05.678Z')

interface Kind {
  /** Creates an empty store and returns its location. */
  newStore(): Promise<string>
  /** Changes rows of the store in a way that its interface does not offer. */
  run(location: string, sql: string): Promise<unknown>
}

const sqlite: Kind = {
  async newStore() {
    const path = join(folder, randomUUID(), 'store.db')
    await (await openEventStore(path)).close()
    return path
  },
  async run(path, sql) {
    const database = openSqlite(path)
    database.exec(sql)
    database.close()
  },
}

const server: Kind = {
  async newStore() {
    const url = await newSchema(postgres)
    await using store = new PostgresEventStore({ url })
    await store.init()
    return url
  },
  run: askPostgres,
}

async function diagnose(location: string): Promise<readonly Finding[]> {
  await using setup = await openStoreSetup(location)
  return await judgeStore(setup)
}

const faultsOf = async (location: string) => (await diagnose(location)).filter(isFault)

describe.each([['SQLite', sqlite], ...(postgres === '' ? [] : [['Postgres', server] as const])] as const)(
  'the doctor of an event store on %s',
  (name, kind) => {
    async function newStore(): Promise<{ readonly location: string; readonly store: EventStore }> {
      const location = await kind.newStore()
      const store = await openEventStore(location)
      onTestFinished(() => store.close())
      return { location, store }
    }
    const makeOld = (location: string) =>
      kind.run(
        location,
        `UPDATE crbus_outbox SET created_at = '${OLD.toISOString()}' WHERE id = (SELECT min(id) FROM crbus_outbox)`,
      )
    const message = { topic: 'order-events', event: named('message') }

    test('finds nothing wrong with a store whose messages and timers are recent', async () => {
      const { location, store } = await newStore()
      const timers = [
        { id: 'due', streamId: 'order-1', due: new Date(), event: named('timer') },
        { id: 'later', streamId: 'order-1', due: new Date(Date.now() + 86_400_000), event: named('timer') },
      ]
      await store.commit(OWNER, [one('order-1', 0, 'a', { messages: [message], timers })])
      expect((await diagnose(location)).map(({ code, severity }) => [code, severity])).toEqual([
        ['store-complete', 'ok'],
        ['store-keeps-up', 'ok'],
      ])
    })

    test('finds an outbox that nothing publishes, the process that holds its lease and does not, and neither once it is empty', async () => {
      const { location, store } = await newStore()
      await store.commit(OWNER, [one('order-1', 0, 'a', { messages: [message, message] })])
      await store.commit('billing', [one('order-2', 0, 'b', { messages: [message] })])
      await makeOld(location)
      const waiting = { owner: OWNER, count: 2, age: expect.any(Number) }
      expect(await faultsOf(location)).toMatchObject([{ code: 'outbox-abandoned', ...waiting }])

      const holder = await startProcess('store-process.ts', [location, { do: 'lease', owner: OWNER }], 'holding')
      onTestFinished(() => holder.die())
      const [stuck, ...others] = await faultsOf(location)
      expect(stuck).toMatchObject({ code: 'outbox-stuck', ...waiting, processId: expect.any(Number) })
      expect(others).toEqual([])
      expect(findingText(stuck as Finding)).toMatch(
        name === 'SQLite'
          ? /^2 messages of 'orders' wait to be published, the oldest for \d+d\d*h?, although process \d+ holds the lease/
          : /, although crbus from 127\.0\.0\.1 \(Postgres process \d+\) holds the lease to publish them$/,
      )

      await holder.die()
      await eventually(async () => expect(await faultsOf(location)).toMatchObject([{ code: 'outbox-abandoned' }]))
      const ids = (await store.outbox.pending(OWNER, 10)).map(({ id }) => id)
      await store.outbox.published(OWNER, ids)
      expect(await faultsOf(location)).toEqual([])
    })

    test('finds timers that are overdue', async () => {
      const { location, store } = await newStore()
      const timers = [
        { id: 'a', streamId: 'order-1', due: OLD, event: named('timer') },
        { id: 'b', streamId: 'order-1', due: new Date(), event: named('timer') },
      ]
      await store.commit(OWNER, [one('order-1', 0, 'a', { timers })])
      expect(await faultsOf(location)).toMatchObject([{ code: 'timers-overdue', owner: OWNER, count: 2 }])
      await store.commit(OWNER, [one('order-1', 1, 'b', { fired: timers })])
      expect(await faultsOf(location)).toEqual([])
    })

    test('finds open dead letters, and reports rejected commands without calling them a fault', async () => {
      const { location, store } = await newStore()
      const letter = { streamId: 'order-1', event: named('a'), originalTimestamp: OLD, error: 'no stock' }
      await store.commit(OWNER, [{ appends: [], rejected: [{ ...letter, messageId: 'm-1' }] }])
      const rejected = await diagnose(location)
      expect(rejected.filter(isFault)).toEqual([])
      expect(rejected.at(-1)).toMatchObject({ code: 'commands-rejected', severity: 'info', count: 1 })

      const id = await store.deadLetters.add(letter)
      expect(await faultsOf(location)).toMatchObject([
        {
          code: 'dead-letters-open',
          severity: 'warning',
          count: 1,
          oldest: (await store.deadLetters.get(id))?.firstFailedAt.toISOString(),
        },
      ])
      await store.deadLetters.discard(id, 'a person')
      expect(await faultsOf(location)).toEqual([])
    })
  },
)

test('the doctor leaves the files of a SQLite store as they are', async () => {
  const path = await sqlite.newStore()
  await using store = await openEventStore(path)
  await store.commit(OWNER, [one('order-1', 0, 'a', { messages: [{ topic: 'order-events', event: named('a') }] })])
  await store.close()
  const place = join(path, '..')
  const state = () => [readdirSync(place), readFileSync(path).toString('hex')]
  const before = state()
  await diagnose(path)
  expect(state()).toEqual(before)
})

describe.skipIf(postgres === '')('the doctor of a store on Postgres', () => {
  test('needs no more than the right to read the tables', async () => {
    const url = await server.newStore()
    await using store = await openEventStore(url)
    await store.commit(OWNER, [one('order-1', 0, 'a', { messages: [{ topic: 'order-events', event: named('a') }] })])
    await using lease = { ...(await store.outbox.lease(OWNER)), [Symbol.asyncDispose]: async () => {} }
    expect(lease.lost?.aborted).toBe(false)
    const role = `reader_${randomUUID().replaceAll('-', '')}`
    const [{ schema }] = (await askPostgres(url, 'SELECT current_schema() AS schema')) as [{ schema: string }]
    await askPostgres(
      url,
      `UPDATE crbus_outbox SET created_at = '${OLD.toISOString()}'; CREATE ROLE ${role} LOGIN PASSWORD 'reader';
       GRANT USAGE ON SCHEMA ${schema} TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
    )
    const address = new URL(url)
    address.username = role
    address.password = 'reader'

    const faults = await faultsOf(address.href)

    expect(faults).toMatchObject([{ code: 'outbox-stuck', owner: OWNER, count: 1, processId: expect.any(Number) }])
    // Postgres hides the address of another user's session.
    expect(faults[0]).not.toHaveProperty('host', expect.any(String))
  })
})
