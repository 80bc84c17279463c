import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import pg from 'pg'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { openStoreSetup } from '../../src/store/open.ts'
import { Connections } from '../../src/store/postgres/connection/connections.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { collectPasswords } from '../support/password-collector.ts'
import { startPostgres } from '../support/postgres.ts'
import { eventually } from './support/harness.ts'
import { askPostgres, newSchema, withOptions } from './support/postgres-schema.ts'
import { closing, codeOf, failure, named, nameOf, namesOf, one, outcomes, range } from './support/store-harness.ts'

// Tests of the store in Postgres only: connections, concurrent writers, and settings of the server.

const postgres = inject('postgresUrl')

const open = (url: string, options = {}): PostgresEventStore => closing(new PostgresEventStore({ url, ...options }))

/** Creates a store. `application` is the application name of its connections, which no other store of the server has. */
async function newStore(options?: string): Promise<{ url: string; application: string; store: PostgresEventStore }> {
  const schema = await newSchema(postgres)
  const url = options === undefined ? schema : withOptions(schema, options)
  const application = `crbus-${randomUUID()}`
  const store = open(`${url}&application_name=${application}`)
  await store.init()
  return { url, application, store }
}

/** Opens the connection of another client and begins a transaction. */
async function otherTransaction(url: string) {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('BEGIN')
  return client
}

/** Terminates every connection of a store, as a failing server or network does. */
const terminate = (application: string) =>
  askPostgres(postgres, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
    application,
  ])

/** Resolves when a connection of the application waits for a lock of another transaction. */
const untilBlocked = (url: string, application: string) =>
  eventually(async () => {
    const waiting = await askPostgres(
      url,
      "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'",
      [application],
    )
    expect(waiting.length).toBeGreaterThan(0)
  })

const insert = "INSERT INTO events (stream_id, version, event_type, event_data) VALUES ('order-1', 1, 'Theirs', '')"

if (postgres === '')
  describe.skip('connections to Postgres: no Postgres to test on', () => test('connections', () => {}))
else {
  describe('concurrent writers', () => {
    test('append waits for a concurrent transaction, and fails with VERSION_CONFLICT when that commits', async () => {
      const { url, application, store } = await newStore()
      const other = await otherTransaction(url)
      await other.query(insert)
      const appending = store.append('order-1', 0, [named('a')]).catch((error) => error)
      await untilBlocked(url, application)
      await other.query('COMMIT')
      expect(await appending).toMatchObject({ code: 'VERSION_CONFLICT', expected: 0, actual: 1 })
    })

    test('commit waits for a concurrent transaction, and only the append to its stream at an older version fails', async () => {
      const { url, application, store } = await newStore()
      const other = await otherTransaction(url)
      await other.query(insert)
      const committing = store.commit('billing', [
        one('order-1', 0, 'b'),
        one('order-2', 0, 'c'),
        one('order-1', 'any', 'd'),
      ])
      await untilBlocked(url, application)
      await other.query('COMMIT')
      expect(outcomes(await committing)).toEqual(['VERSION_CONFLICT', [1], [2]])
    })

    test('append waits for a concurrent transaction, and succeeds when that rolls back', async () => {
      const { url, application, store } = await newStore()
      const other = await otherTransaction(url)
      await other.query(insert)
      const appending = store.append('order-1', 0, [named('a')])
      await untilBlocked(url, application)
      await other.query('ROLLBACK')
      expect(await appending).toBe(1)
    })

    test('retries a commit that Postgres aborted as a deadlock victim', async () => {
      const { url, application, store } = await newStore()
      // The other transaction holds b and waits for a; the store has written a and waits for b.
      const other = await otherTransaction(url)
      const their = (stream: string) => other.query(insert.replace('order-1', stream))
      await other.query("SET LOCAL deadlock_timeout = '10s'")
      await their('b')
      const committing = store.commit('billing', [one('a', 0, 'ours'), one('b', 0, 'ours')])
      await untilBlocked(url, application)
      await their('a')
      await other.query('COMMIT')
      expect(outcomes(await committing)).toEqual(['VERSION_CONFLICT', 'VERSION_CONFLICT'])
    })

    test('a commit that fires a timer fails with TIMER_GONE when a concurrent transaction removes the timer', async () => {
      const { url, application, store } = await newStore()
      const timer = { id: 't', streamId: 'order-1', due: new Date(), event: named('t') }
      await store.commit('billing', [{ appends: [], timers: [timer] }])
      const other = await otherTransaction(url)
      await other.query('DELETE FROM crbus_timers')
      const firing = store.commit('billing', [one('order-1', 0, 'a', { fired: [timer] }), one('order-2', 0, 'b')])
      await untilBlocked(url, application)
      await other.query('COMMIT')
      expect(outcomes(await firing)).toEqual(['TIMER_GONE', [1]])
      expect(await store.readStream('order-1')).toEqual([])
    })
  })

  test.each(['serializable', 'repeatable read'])(
    'commits correctly on a server whose default isolation level is %s',
    async (isolation) => {
      const { url, store } = await newStore(`-cdefault_transaction_isolation=${isolation.replace(' ', '\\ ')}`)
      const writers = range(6).map(() => open(url))
      const batch = range(5).map((number) =>
        one(`order-${number}`, 'any', 'a', { messages: [{ topic: 'x', event: named('m') }] }),
      )
      await Promise.all(writers.map((writer) => writer.commit('billing', batch)))
      for (const number of range(5)) expect(await store.readStream(`order-${number}`)).toHaveLength(6)
      expect(await store.outbox.pending('billing', 100)).toHaveLength(30)
    },
  )

  test('reads bytes and times correctly with other server settings and type parsers of the application', async () => {
    const parsers = {
      bytea: pg.types.getTypeParser(17),
      int8: pg.types.getTypeParser(20),
      jsonb: pg.types.getTypeParser(3802),
    }
    onTestFinished(() => {
      pg.types.setTypeParser(17, parsers.bytea)
      pg.types.setTypeParser(20, parsers.int8)
      pg.types.setTypeParser(3802, parsers.jsonb)
    })
    pg.types.setTypeParser(17, () => 'mine')
    pg.types.setTypeParser(20, () => 'mine')
    pg.types.setTypeParser(3802, () => 'mine')
    const { store } = await newStore(
      '-cbytea_output=escape -cDateStyle=German,DMY -cTimeZone=Asia/Kathmandu -cIntervalStyle=sql_standard',
    )
    const due = new Date('2026-11-24T10:00:00.123Z')
    await store.commit('billing', [
      one('order-1', 0, 'a\0b', {
        timers: [{ id: 't', streamId: 'order-1', due, event: named('t', { userId: 'u' }) }],
      }),
    ])
    const [stored] = await store.readStream('order-1')
    expect(nameOf(stored?.event ?? named('?'))).toBe('a\0b')
    expect(Math.abs((stored?.createdAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
    expect(await store.timers.due('billing', due, 1)).toMatchObject([{ due, event: { metadata: { userId: 'u' } } }])
    expect(await store.timers.due('billing', new Date(due.getTime() - 1), 1)).toEqual([])
  })

  test('readAll orders events whose times differ by microseconds', async () => {
    const { url, store } = await newStore()
    const at = (micros: number) => `2026-11-24T10:00:00.123${String(micros).padStart(3, '0')}Z`
    for (const micros of [5, 4, 3, 2, 1, 0]) {
      await askPostgres(
        url,
        "INSERT INTO events (stream_id, version, event_type, event_data, created_at) VALUES ($1, 1, 'A', '', $2)",
        [`order-${9 - micros}`, at(micros)],
      )
    }
    const seen: string[] = []
    for await (const batch of store.readAll({ batchSize: 1 })) seen.push(...batch.map(({ streamId }) => streamId))
    expect(seen).toEqual(['order-9', 'order-8', 'order-7', 'order-6', 'order-5', 'order-4'])
  })

  test('readAll uses the index on created_at', async () => {
    const { url } = await newStore()
    const lines = await askPostgres(
      withOptions(url, '-cenable_seqscan=off'),
      `EXPLAIN SELECT * FROM events e WHERE (e.created_at, stream_id COLLATE "C", version) > (now(), 'a', 5::bigint)
       ORDER BY e.created_at, stream_id COLLATE "C", version LIMIT 10`,
    )
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Scan using idx_events_created[\s\S]*Index Cond/)
  })

  test('a commit that a constraint refuses does not fail the commits beside it', async () => {
    const { url, store } = await newStore()
    await askPostgres(url, "ALTER TABLE events ADD CONSTRAINT no_evil CHECK (event_type <> 'Evil')")
    const evil = {
      appends: [{ streamId: 'order-2', expectedVersion: 0, events: [{ ...named('x'), eventType: 'Evil' }] }],
    }
    const results = await store.commit('billing', [one('order-1', 0, 'a'), evil, one('order-3', 0, 'b')])
    expect(outcomes(results)).toEqual([[1], 'INVALID_APPEND', [1]])
    expect(results[1]).toMatchObject({ error: { message: expect.stringContaining('no_evil') } })
    expect(await failure(store.append('order-2', 0, [{ ...named('x'), eventType: 'Evil' }]))).toBe('INVALID_APPEND')
  })

  describe('connecting', () => {
    const elsewhere = (changes: Partial<URL>): string => Object.assign(new URL(postgres), changes).href

    test.each<[what: string, url: string, says: string]>([
      ['a wrong password', elsewhere({ password: 'hunter2-%C3%A4nd%2Fmore' }), 'password'],
      ['no password', elsewhere({ password: '' }), 'password'],
      ['an unknown user', elsewhere({ username: 'nobody', password: 'hunter2' }), 'user'],
      ['an unknown database', elsewhere({ pathname: '/nowhere' }), 'the database does not exist'],
      ['a closed port', 'postgres://crbus:hunter2@127.0.0.1:1/x', '127.0.0.1:1'],
      ['an unknown host', 'postgres://crbus:hunter2@no-such-host.invalid/x', 'no-such-host.invalid'],
      ['a server without TLS', elsewhere({ search: '?sslmode=require' }), 'SSL'],
    ])('fails as STORE_UNAVAILABLE with %s, without revealing the password', async (_, url, says) => {
      const store = open(url)
      const thrown: unknown[] = []
      for (const ask of [
        () => store.append('order-1', 0, [named('a')]),
        () => store.init(),
        () => store.outbox.lease('x'),
      ]) {
        thrown.push(await ask().catch((error) => error))
      }
      expect(thrown.map(codeOf)).toEqual(thrown.map(() => 'STORE_UNAVAILABLE'))
      expect((thrown[0] as Error).message).toContain(says)
      expect((thrown[0] as { hints: unknown[] }).hints).not.toEqual([])
      const said = inspect([thrown, store], { depth: 12, showHidden: true })
      for (const part of ['hunter2', new URL(postgres).password, decodeURIComponent(new URL(postgres).password)]) {
        if (part !== '') expect(said).not.toContain(part)
      }
    })

    test.each([
      'postgres://crbus:hun#ter2@host/x',
      'postgres://crbus:hunter2@host:port/x',
      'mysql://crbus:hunter2@host/x',
    ])('refuses the invalid address %s without revealing the password', (url) => {
      const thrown = (() => {
        try {
          new PostgresEventStore({ url })
        } catch (error) {
          return error
        }
      })()
      expect(codeOf(thrown)).toBe('STORE_UNAVAILABLE')
      expect(inspect(thrown, { depth: 12, showHidden: true })).not.toMatch(/hun#|ter2/)
    })

    test.each(['prefer', 'allow', 'disable'])(
      'sslmode %s connects without encryption to a server without TLS',
      async (mode) => {
        const schema = await newSchema(postgres)
        const store = open(`${schema}&sslmode=${mode}`)
        await store.init()
        expect(await store.append('order-1', 0, [named('a')])).toBe(1)
      },
    )

    async function startSilent(): Promise<string> {
      const sockets = new Set<{ destroy(): void }>()
      const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy()
        silent.close()
      })
      await once(silent, 'listening')
      const { port } = silent.address() as AddressInfo
      return `postgres://crbus:x@127.0.0.1:${port}/x`
    }

    test('fails after the time-out when the server does not answer', async () => {
      const store = open(await startSilent(), { timeout: 200 })
      expect(await failure(store.readStream('order-1'))).toBe('STORE_UNAVAILABLE')
    })

    test('the setup gives up after ten seconds when the server does not answer, although creating an index may take an hour', async () => {
      const setup = await openStoreSetup(await startSilent())
      onTestFinished(() => setup[Symbol.asyncDispose]())
      expect(await failure(setup.inspect())).toBe('STORE_UNAVAILABLE')
    }, 20_000)

    test('uses only the settings of the address with addressOnly, and no password of the environment', async () => {
      const addressOnly = { whyNoPassword: 'this test has none', hints: [] }
      const url = await newSchema(postgres)
      const whole = new Connections({ url, addressOnly })
      const bare = new Connections({ url: Object.assign(new URL(url), { password: '' }).href, addressOnly })
      onTestFinished(async () => void (await Promise.all([whole.close(), bare.close()])))
      vi.stubEnv('PGPASSWORD', decodeURIComponent(new URL(postgres).password))
      vi.stubEnv('PGOPTIONS', '-csearch_path=elsewhere')
      onTestFinished(() => void vi.unstubAllEnvs())

      const { rows } = await whole.query<{ path: string }>("SELECT current_setting('search_path') AS path")
      expect(rows[0]?.path).toBe(new URL(url).searchParams.get('options')?.replace('-csearch_path=', ''))
      await expect(bare.query('SELECT 1')).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/^the event store at postgres:.* asks for a password, and this test has none$/),
      })
      await expect(bare.connect()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    })

    test.each(['cleartext', 'md5', 'scram'] as const)(
      'a failed login by %s leaves no connection open',
      async (method) => {
        const server = await collectPasswords(method)
        onTestFinished(server.close)
        for (const login of ['crbus', 'crbus:wrong']) {
          for (const addressOnly of [undefined, { whyNoPassword: 'this test has none', hints: [] }]) {
            const url = `postgres://${login}@127.0.0.1:${server.port}/x`
            const connections = new Connections({ url, timeout: 2000, addressOnly })
            onTestFinished(() => connections.close())
            expect(await failure(connections.query('SELECT 1'))).toBe('STORE_UNAVAILABLE')
            expect(await failure(connections.connect())).toBe('STORE_UNAVAILABLE')
          }
        }
        await eventually(() => expect(server.open()).toBe(0))
      },
    )

    test('names a pooler that assigns connections by transaction', async () => {
      const pooled = new Connections({ url: postgres, maxConnections: 1 })
      onTestFinished(() => pooled.close())
      await pooled.query('SELECT 1', [], 'crbus-streams')
      // Simulates a pooler that runs the next transaction on another connection.
      await pooled.query('DEALLOCATE ALL')
      await expect(pooled.query('SELECT 1', [], 'crbus-streams')).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('a connection pooler assigns connections by transaction'),
      })
    })

    test('a statement that exceeds the time-out fails, and the next statement gets another connection', async () => {
      const { url, store } = await newStore()
      const hasty = open(url, { timeout: 300, maxConnections: 1 })
      await hasty.append('order-0', 0, [named('a')])
      const other = await otherTransaction(url)
      await other.query('LOCK TABLE events')
      expect(await failure(hasty.append('order-1', 0, [named('a')]))).toBe('STORE_UNAVAILABLE')
      // Until Postgres notices that the client has disconnected, the statement still waits for the lock and would succeed.
      const waiting = `SELECT FROM pg_locks JOIN pg_database ON database = pg_database.oid
        WHERE NOT granted AND datname = current_database()`
      await eventually(async () => expect((await other.query(waiting)).rowCount).toBe(0))
      await other.query('ROLLBACK')
      await eventually(async () => expect(await hasty.append('order-2', 'any', [named('b')])).toBeGreaterThan(0))
      expect(await store.readStream('order-1')).toEqual([])
    })
  })

  describe('a broken connection', () => {
    test('is replaced without an error when it was idle', async () => {
      const { application, store } = await newStore()
      await store.append('order-1', 0, [named('a')])
      await terminate(application)
      await eventually(async () => expect(await store.append('order-1', 1, [named('b')])).toBe(2))
    })

    test('during a commit leaves all of it or nothing, and the store works afterwards', async () => {
      const { url, application, store } = await newStore()
      const other = await otherTransaction(url)
      await other.query(insert)
      const failing = failure(
        store.commit('billing', [
          one('order-0', 0, 'a', { messages: [{ topic: 'x', event: named('m') }] }),
          one('order-1', 0, 'b'),
        ]),
      )
      await untilBlocked(url, application)
      await terminate(application)
      expect(await failing).toBe('STORE_UNAVAILABLE')
      await other.query('ROLLBACK')
      expect(await store.readStream('order-0')).toEqual([])
      expect(await store.outbox.pending('billing', 1)).toEqual([])
      expect(await store.append('order-0', 0, [named('again')])).toBe(1)
    })

    test('ends the lease and aborts its signal', async () => {
      const { url, application, store } = await newStore()
      const lease = await store.outbox.lease('billing')
      await terminate(application)
      await eventually(() => expect(lease?.lost.aborted).toBe(true))
      await eventually(async () => expect(await open(url).outbox.lease('billing')).toBeDefined())
      await lease?.release()
    })
  })

  test('a silently cut connection loses the lease, and no call waits forever', {
    timeout: 120_000,
  }, async () => {
    const { url } = await newStore()
    const sockets = new Set<Socket>()
    const { hostname, port } = new URL(url)
    const proxy = createServer((socket) => {
      const there = connect(Number(port), hostname)
      for (const one of [socket, there]) sockets.add(one.on('error', () => undefined))
      socket.pipe(there).pipe(socket)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    })
    await once(proxy, 'listening')
    const address = Object.assign(new URL(url), { port: String((proxy.address() as AddressInfo).port) })
    const store = open(address.href.replaceAll('+', '%20'), { timeout: 1000 })
    const lease = await store.outbox.lease('billing')
    const unaware = await store.outbox.lease('shipping')
    expect(lease).toBeDefined()

    for (const socket of sockets) socket.unpipe().pause()

    await eventually(() => expect(lease?.lost.aborted).toBe(true), 60_000)
    await unaware?.release()
    await store.close()
  })

  test('the store works again after the server was stopped and started', { timeout: 120_000 }, async ({ skip }) => {
    const own = await startPostgres()
    onTestFinished(() => own.dispose())
    skip(!own.isOwn, 'an external server cannot be stopped')
    const store = open(own.url)
    await store.init()
    await store.append('order-1', 0, [named('a')])
    const lease = await store.outbox.lease('billing')
    await own.stop()
    await eventually(() => expect(lease?.lost.aborted).toBe(true))
    expect(await failure(store.append('order-1', 1, [named('b')]))).toBe('STORE_UNAVAILABLE')
    expect(await failure(store.outbox.lease('billing'))).toBe('STORE_UNAVAILABLE')
    await own.start()
    expect(await store.append('order-1', 1, [named('b')])).toBe(2)
    expect(namesOf(await store.readStream('order-1'))).toEqual(['a', 'b'])
    expect(await store.outbox.lease('billing')).toBeDefined()
  })
}
