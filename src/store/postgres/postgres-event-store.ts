import type { SerializedEvent } from '../../bus/event.ts'
import type {
  Commit,
  Committed,
  DeadLetters,
  EventStore,
  ExpectedVersion,
  NewSnapshot,
  Outbox,
  ReadAllOptions,
  Snapshot,
  StoredEvent,
  StreamRange,
  Timers,
} from '../event-store.ts'
import type { StorePart } from '../layout.ts'
import { type SnapshotRow, type StoredRow, toSnapshot, toStored } from '../rows.ts'
import { checkLimit, checkName, checkSnapshot, checkText, timeText } from '../stored-form.ts'
import { Connections, type ConnectionsOptions, type Row } from './connection/connections.ts'
import { Leases } from './connection/lease.ts'
import { postgresDeadLetters } from './dead-letters.ts'
import { createMissing } from './layout.ts'
import { postgresOutbox } from './outbox.ts'
import { checkPostgresOptions, type PostgresEventStoreOptions } from './postgres-options.ts'
import { postgresTimers } from './timers.ts'
import { bytes, EVENT, time } from './writing/columns.ts'
import { makeCommits } from './writing/commit.ts'

/**
 * An event store in Postgres 12 or newer: the tables of Composable Rust's own event store, which Rust services may use at the
 * same time, and two tables of crbus. `init` or `crbus store init` creates the tables. The search path of the connection chooses the
 * schema.
 *
 * **Concurrency.** Any number of processes. Each transaction sets the isolation level READ COMMITTED. Writers to one stream wait for
 * each other's transactions, and no longer.
 *
 * **Cost.** Connects when first used. One commit, or a list of up to 500, takes one round trip if the expected versions are right.
 * With `'any'`, a fired timer or a conflict, it takes six more.
 *
 * **Leases** are session locks, each on a connection of its own. Because of them and of prepared statements, a connection
 * pooler must work by session, not by transaction.
 *
 * **Failure.** Everything thrown is an `EventStoreError`; no message contains the password. A failed call is not repeated,
 * unless a concurrent write caused the failure; the next call connects again. **Ownership.** Closed by `close` or `await using`.
 *
 * @example
 * ```ts
 * import { PostgresEventStore, serializedEvent } from 'crbus'
 *
 * await using store = new PostgresEventStore({ url: 'postgres://shop:secret@db.example.com/shop', maxConnections: 8 })
 * await store.init()
 * await store.append('order-1', 0, [serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'))])
 * for (const { version, event } of await store.readStream('order-1')) console.log(version, event.eventType)
 * ```
 */
export class PostgresEventStore implements EventStore {
  readonly outbox: Outbox
  readonly timers: Timers
  readonly deadLetters: DeadLetters
  readonly #connections: Connections
  readonly #leases: Leases

  /**
   * Throws `STORE_UNAVAILABLE` for a URL that is not one of Postgres, and a `TypeError` for an unknown or invalid option.
   */
  constructor(options: PostgresEventStoreOptions) {
    // The command line also passes `addressOnly`, which is not among the published options.
    const { addressOnly, ...published } = options as ConnectionsOptions
    checkPostgresOptions(published)
    this.#connections = new Connections({ ...published, addressOnly })
    this.#leases = new Leases(this.#connections)
    this.outbox = postgresOutbox(this.#connections, this.#leases)
    this.timers = postgresTimers(this.#connections)
    this.deadLetters = postgresDeadLetters(this.#connections)
  }

  /**
   * Creates the missing tables and indexes, all or none, and returns them. Adds columns to tables of crbus that an earlier
   * version created, and alters nothing else. Rejects with `STORE_MISMATCH` if an existing table has a different layout. Several
   * services may call it at the same time.
   */
  init(): Promise<readonly StorePart[]> {
    return createMissing(this.#connections)
  }

  async append(
    streamId: string,
    expectedVersion: ExpectedVersion,
    events: readonly SerializedEvent[],
  ): Promise<number> {
    const [committed] = await makeCommits(this.#connections, '', [{ appends: [{ streamId, expectedVersion, events }] }])
    if (committed?.ok !== true) throw committed?.error
    return committed.versions[0] as number
  }

  async commit(owner: string, commits: readonly Commit[]): Promise<readonly Committed[]> {
    checkName('the owner', owner)
    return makeCommits(this.#connections, owner, commits)
  }

  async readStream(
    streamId: string,
    { from = 0, to = Number.MAX_SAFE_INTEGER }: StreamRange = {},
  ): Promise<readonly StoredEvent[]> {
    checkText('the stream id', streamId)
    const { rows } = await this.#connections.query<StoredRow>(
      `SELECT ${STORED} FROM events WHERE stream_id = $1 AND version BETWEEN $2::bigint AND $3::bigint ORDER BY version`,
      [streamId, from, to],
    )
    return rows.map(toStored)
  }

  async readStreams(streamIds: readonly string[]): Promise<ReadonlyMap<string, readonly StoredEvent[]>> {
    for (const streamId of streamIds) checkText('the stream id', streamId)
    const streams = new Map<string, StoredEvent[]>(streamIds.map((streamId) => [streamId, []]))
    const { rows } = await this.#connections.query<StoredRow>(
      `SELECT ${STORED} FROM events WHERE stream_id = ANY ($1::text[]) ORDER BY stream_id, version`,
      [[...streams.keys()]],
      'crbus-streams',
    )
    for (const row of rows) streams.get(row.stream_id)?.push(toStored(row))
    return streams
  }

  async *readAll({ since, until, streamPrefix = '', batchSize = 1000, signal }: ReadAllOptions = {}) {
    checkLimit(batchSize)
    checkText('the prefix', streamPrefix)
    const newest = await this.#connections.query<Row<'created_at'>>(
      `SELECT ${time('created_at')} FROM (
         SELECT max(created_at) AS created_at FROM events WHERE $1::text IS NULL OR created_at < $1::timestamptz) AS newest`,
      [until && timeText(until)],
    )
    const end = newest.rows[0]?.created_at
    let from: (string | number)[] = [since ? timeText(since) : '-infinity', '', '-1']
    while (!signal?.aborted) {
      const { rows } = await this.#connections.query<StoredRow>(
        // COLLATE "C" sorts texts by their bytes, as in every store, whatever the collation of the database is.
        `SELECT ${STORED} FROM events e
         WHERE (e.created_at, stream_id COLLATE "C", version) > ($1::timestamptz, $2, $3::bigint)
           AND e.created_at <= $4::timestamptz AND starts_with(stream_id, $5)
         ORDER BY e.created_at, stream_id COLLATE "C", version LIMIT $6::bigint`,
        [...from, end, streamPrefix, batchSize],
      )
      const last = rows.at(-1)
      if (last === undefined) return
      yield rows.map(toStored)
      if (rows.length < batchSize) return
      from = [last.created_at, last.stream_id, last.version]
    }
  }

  async saveSnapshot(snapshot: NewSnapshot): Promise<void> {
    checkSnapshot(snapshot)
    await this.#connections.query(
      `INSERT INTO snapshots AS known (stream_id, version, state_data) VALUES ($1, $2::bigint, $3)
       ON CONFLICT (stream_id) DO UPDATE
       SET version = excluded.version, state_data = excluded.state_data, created_at = now()
       WHERE excluded.version >= known.version`,
      [snapshot.streamId, snapshot.version, snapshot.state],
    )
  }

  async loadSnapshot(streamId: string): Promise<Snapshot | undefined> {
    checkText('the stream id', streamId)
    const { rows } = await this.#connections.query<SnapshotRow>(
      `SELECT stream_id, version, ${bytes('state_data')}, ${time('created_at')} FROM snapshots WHERE stream_id = $1`,
      [streamId],
    )
    return rows[0] && toSnapshot(rows[0])
  }

  async close(): Promise<void> {
    await this.#leases.endAll()
    await this.#connections.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Selects the columns of a stored event. */
const STORED = `stream_id, version, ${EVENT}, ${time('created_at')}`
