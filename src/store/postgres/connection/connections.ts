import type { Client, ClientConfig, Pool, PoolClient } from 'pg'
import type { AddressOnly } from '../../address-only.ts'
import { storeClosed } from '../../errors.ts'
import type { PostgresEventStoreOptions } from '../postgres-options.ts'
import { addressOnlyClient } from './address-only.ts'
import { closingClient } from './closing-client.ts'
import { parseLocation } from './location.ts'
import { isLostRace, toStoreError } from './postgres-errors.ts'

/** A row as Postgres writes it: every value a text or null. Applications may have set parsers of `pg` as they like. */
export type Row<Column extends string = string> = Readonly<Record<Column, string>>

interface Answer<R> {
  readonly rows: readonly R[]
  /** Rows returned or changed. */
  readonly count: number
}

/**
 * Asks on one connection, in the transaction it is in. What is asked all the time has a name: a connection has it parsed and
 * planned once.
 */
export type Ask = <R = Row>(sql: string, values?: readonly unknown[], name?: string) => Promise<Answer<R>>

/** The types of `pg` lack these two. */
export type OwnClient = Client & { ref(): void; unref(): void }

interface ConnectionsOptions extends PostgresEventStoreOptions {
  /** Absent: `PGUSER`, `PGPASSWORD`, `~/.pgpass` and the like fill in what the URL leaves out. */
  readonly addressOnly?: AddressOnly | undefined
}

/** Connections to one Postgres, made when they are needed. Whatever is thrown out of here is an `EventStoreError`. */
export class Connections {
  /** Where it is, without a password. */
  readonly location: string
  readonly #config: ClientConfig
  readonly #max: number
  readonly #timeout: number
  readonly #addressOnly: AddressOnly | undefined
  #pool: Promise<Pool> | undefined
  readonly #underWay = new Set<Promise<unknown>>()
  #isClosed = false

  constructor({ url, maxConnections = 4, timeout = 30_000, addressOnly }: ConnectionsOptions) {
    const { connectionString, shown } = parseLocation(url)
    this.location = shown
    this.#addressOnly = addressOnly
    this.#max = maxConnections
    this.#timeout = timeout
    this.#config = {
      connectionString,
      connectionTimeoutMillis: timeout,
      query_timeout: timeout,
      keepAlive: true,
      fallback_application_name: 'crbus',
      types: { getTypeParser: () => (text: string) => text },
    }
  }

  /** One statement by itself. */
  ask: Ask = (sql, values, name) => this.guarded(() => this.#use((ask) => ask(sql, values, name)))

  /** Several statements on one connection. */
  use = <T>(work: (ask: Ask) => Promise<T>): Promise<T> => this.guarded(() => this.#use(work))

  /** A connection for as long as the caller wants, outside the pool. */
  async connect(): Promise<OwnClient> {
    return this.guarded(async () => {
      const client = new (await this.#client())(this.#config)
      // What breaks while nobody asks would end the process otherwise; who asks next is told.
      client.on('error', () => undefined)
      await client.connect()
      return client as OwnClient
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    // A pool that is ending forgets whoever waits for a connection.
    await Promise.allSettled(this.#underWay)
    const pool = await this.#pool?.catch(() => undefined)
    await pool?.end()
  }

  async #use<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    this.#pool ??= this.#makePool()
    const client = await (await this.#pool).connect()
    let failure: Error | undefined
    const onError = (error: Error) => {
      failure = error
    }
    client.on('error', onError)
    try {
      return await work(askOn(client))
    } catch (error) {
      failure ??= error as Error
      throw error
    } finally {
      client.off('error', onError)
      // After a failure the connection may be inside a transaction or a statement: it is not given to the next.
      client.release(failure)
    }
  }

  async #makePool(): Promise<Pool> {
    const { Pool } = await import('pg')
    const own = { max: this.#max, allowExitOnIdle: true, Client: await this.#client() }
    const pool = new Pool({ ...this.#config, ...own })
    // What is not waited for any more is not done later either. A pooler would not take it with the greeting.
    pool.on('connect', (client) => {
      client.query(`SET statement_timeout = ${Math.ceil(this.#timeout)}`).catch(() => undefined)
    })
    // An idle connection broke: the pool makes another when one is needed.
    pool.on('error', () => undefined)
    return pool
  }

  async #client(): Promise<typeof Client> {
    return this.#addressOnly === undefined ? closingClient() : addressOnlyClient(this.#addressOnly)
  }

  /** Does something with a connection; what it throws comes out as an `EventStoreError`. */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw storeClosed()
    const working = work()
    this.#underWay.add(working)
    try {
      return await working
    } catch (error) {
      // A mistake in the code is none of the server's.
      if (error instanceof TypeError) throw error
      throw toStoreError(error, this.location)
    } finally {
      this.#underWay.delete(working)
    }
  }
}

export const askOn =
  (client: Client | PoolClient): Ask =>
  async <R>(text: string, values: readonly unknown[] = [], name?: string) => {
    const { rows, rowCount } = await client.query({ text, values: [...values], ...(name && { name }) })
    return { rows: rows as R[], count: rowCount ?? 0 }
  }

/**
 * As one transaction, in which a statement sees what others committed before it began, whatever the server's default is.
 * `undefined` rolls back; so it is answered, too, when Postgres ended it in favour of somebody else's.
 */
export async function transact<T>(ask: Ask, work: () => Promise<T | undefined>): Promise<T | undefined> {
  await ask('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
  try {
    const result = await work()
    await ask(result === undefined ? 'ROLLBACK' : 'COMMIT')
    return result
  } catch (error) {
    if (!isLostRace(error)) throw error
    await ask('ROLLBACK')
    return undefined
  }
}
