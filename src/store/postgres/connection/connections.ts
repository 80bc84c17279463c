import type { Client, ClientConfig, Pool, PoolClient } from 'pg'
import type { AddressOnly } from '../../address-only.ts'
import { storeClosed } from '../../errors.ts'
import type { PostgresEventStoreOptions } from '../postgres-options.ts'
import { addressOnlyClient } from './address-only.ts'
import { closingClient } from './closing-client.ts'
import { parseLocation } from './location.ts'
import { isLostRace, toStoreError } from './postgres-errors.ts'

/** A row with each value as a text or null. Type parsers that an application sets in `pg` do not apply. */
export type Row<Column extends string = string> = Readonly<Record<Column, string>>

interface QueryResult<R> {
  readonly rows: readonly R[]
  /** The number of rows returned or changed. */
  readonly count: number
}

/**
 * Runs a statement on one connection, in its current transaction. A frequent statement has a name, so that each connection
 * prepares it once.
 */
export type Query = <R = Row>(sql: string, values?: readonly unknown[], name?: string) => Promise<QueryResult<R>>

/** A `pg` client with the methods `ref` and `unref`, which the types of `pg` lack. */
export type OwnClient = Client & { ref(): void; unref(): void }

export interface ConnectionsOptions extends PostgresEventStoreOptions {
  /** If absent, `PGUSER`, `PGPASSWORD`, `~/.pgpass` and similar settings complete the URL. */
  readonly addressOnly?: AddressOnly | undefined
}

/**
 * The connections to one Postgres, opened when they are needed. Throws `EventStoreError`s, and `TypeError`s for mistakes in the
 * program.
 */
export class Connections {
  /** The address without secrets, for messages. */
  readonly location: string
  readonly #config: ClientConfig
  readonly #max: number
  readonly #timeout: number
  readonly #addressOnly: AddressOnly | undefined
  #pool: Promise<Pool> | undefined
  readonly #running = new Set<Promise<unknown>>()
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

  /** Runs a single statement on any connection. */
  query: Query = (sql, values, name) => this.guarded(() => this.#use((query) => query(sql, values, name)))

  /** Runs several statements on one connection. */
  use = <T>(work: (query: Query) => Promise<T>): Promise<T> => this.guarded(() => this.#use(work))

  /** Opens a connection that does not belong to the pool. The caller closes the connection. */
  async connect(): Promise<OwnClient> {
    return this.guarded(async () => {
      const client = new (await this.#client())(this.#config)
      // An `error` event without a listener would end the process. The next statement fails with the error.
      client.on('error', () => undefined)
      await client.connect()
      return client as OwnClient
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    // Wait for running calls first, because `end` drops callers that wait for a connection of the pool.
    await Promise.allSettled(this.#running)
    const pool = await this.#pool?.catch(() => undefined)
    await pool?.end()
  }

  async #use<T>(work: (query: Query) => Promise<T>): Promise<T> {
    this.#pool ??= this.#makePool()
    const client = await (await this.#pool).connect()
    let failure: Error | undefined
    const onError = (error: Error) => {
      failure = error
    }
    client.on('error', onError)
    try {
      return await work(queryOn(client))
    } catch (error) {
      failure ??= error as Error
      throw error
    } finally {
      client.off('error', onError)
      // After a failure the connection may be inside a transaction or a statement, so it is not used again.
      client.release(failure)
    }
  }

  async #makePool(): Promise<Pool> {
    const { Pool } = await import('pg')
    const own = { max: this.#max, allowExitOnIdle: true, Client: await this.#client() }
    const pool = new Pool({ ...this.#config, ...own })
    // Makes the server end a statement that the client has given up. A statement sets this, because poolers refuse the setting as
    // a startup parameter.
    pool.on('connect', (client) => {
      client.query(`SET statement_timeout = ${Math.ceil(this.#timeout)}`).catch(() => undefined)
    })
    // Without a listener, the error of an idle connection would end the process. The pool opens another connection when needed.
    pool.on('error', () => undefined)
    return pool
  }

  async #client(): Promise<typeof Client> {
    return this.#addressOnly === undefined ? closingClient() : addressOnlyClient(this.#addressOnly)
  }

  /** Runs work on a connection and converts its errors to an `EventStoreError`. */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw storeClosed()
    const working = work()
    this.#running.add(working)
    try {
      return await working
    } catch (error) {
      // A TypeError is a mistake in the program, not a failure of the server.
      if (error instanceof TypeError) throw error
      throw toStoreError(error, this.location)
    } finally {
      this.#running.delete(working)
    }
  }
}

/** Returns the function that runs statements on a connection. */
export const queryOn =
  (client: Client | PoolClient): Query =>
  async <R>(text: string, values: readonly unknown[] = [], name?: string) => {
    const { rows, rowCount } = await client.query({ text, values: [...values], ...(name && { name }) })
    return { rows: rows as R[], count: rowCount ?? 0 }
  }

/**
 * Runs work in one READ COMMITTED transaction, whatever the default of the server is. Rolls back if the work returns `undefined`.
 * Also returns `undefined` if Postgres aborted the transaction because of a concurrent one.
 */
export async function transact<T>(query: Query, work: () => Promise<T | undefined>): Promise<T | undefined> {
  await query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
  try {
    const result = await work()
    await query(result === undefined ? 'ROLLBACK' : 'COMMIT')
    return result
  } catch (error) {
    if (!isLostRace(error)) throw error
    await query('ROLLBACK')
    return undefined
  }
}
