import type { SerializedEvent } from '../../bus/event.ts'
import { planCommits } from '../commit-plan.ts'
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
import { type SnapshotRow, type StoredRow, toSnapshot, toStored } from '../rows.ts'
import { checkLimit, checkName, checkSnapshot, checkText, timeText } from '../stored-form.ts'
import { sqliteDeadLetters } from './dead-letters.ts'
import { EVENT_COLUMNS } from './layout.ts'
import { Leases } from './lease.ts'
import { sqliteOutbox } from './outbox.ts'
import { checkSqliteOptions, type SqliteEventStoreOptions } from './sqlite-options.ts'
import { StoreFile } from './store-file.ts'
import { sqliteTimers } from './timers.ts'
import { planWriter } from './write-plan.ts'

/** The most commits in one transaction, so that other processes wait only some milliseconds to write. */
const MAX_BATCH_COMMITS = 1000

/**
 * An event store in one file, for any number of processes of one machine. It needs no server and opens in milliseconds.
 *
 * **Durability.** When `append` or `commit` has resolved, the data is on the disk. **Cost.** Access to SQLite is synchronous: each
 * call blocks the event loop during its transaction. Most of that time is the write to the disk, which the commits of one call share.
 * A call waits up to 10 s for the transaction of another process, then rejects with `STORE_UNAVAILABLE`.
 *
 * **Leases** are locks on files beside the store, which are not deleted. A store in memory belongs to this object alone.
 *
 * **Failure.** Everything thrown is an `EventStoreError`, also by the constructor, except a `TypeError` for an invalid option.
 * **Ownership.** Closed by `close` or `await using`.
 *
 * @example
 * ```ts
 * import { SqliteEventStore, serializedEvent } from 'crbus'
 *
 * await using store = new SqliteEventStore({ path: ':memory:' })
 * const placed = serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'))
 * await store.append('order-1', 0, [placed]) // => 1
 * await store.append('order-1', 'any', [placed, placed]) // => 3
 * ```
 */
export class SqliteEventStore implements EventStore {
  readonly outbox: Outbox
  readonly timers: Timers
  readonly deadLetters: DeadLetters
  readonly #file: StoreFile
  readonly #leases: Leases
  readonly #statements
  readonly #write

  /** Opens the file. Creates the file, its folders and its tables if they are missing. */
  constructor(options: SqliteEventStoreOptions) {
    checkSqliteOptions(options)
    this.#file = new StoreFile(options.path)
    this.#leases = new Leases(this.#file)
    this.outbox = sqliteOutbox(this.#file, this.#leases)
    this.timers = sqliteTimers(this.#file)
    this.deadLetters = sqliteDeadLetters(this.#file)
    this.#write = planWriter(this.#file.database)
    const prepare = (sql: string) => this.#file.database.prepare(sql)
    this.#statements = {
      version: prepare('SELECT max(version) AS version FROM events WHERE stream_id = ?'),
      due: prepare('SELECT due_at FROM crbus_timers WHERE owner = ? AND id = ?'),
      stream: prepare(
        `SELECT stream_id, version, ${EVENT_COLUMNS}, created_at FROM events WHERE stream_id = ? AND version BETWEEN ? AND ? ORDER BY version`,
      ),
      lastCreatedAt: prepare('SELECT max(created_at) AS created_at FROM events WHERE ?1 IS NULL OR created_at < ?1'),
      page: prepare(
        `SELECT stream_id, version, ${EVENT_COLUMNS}, created_at FROM events
         WHERE (created_at, stream_id, version) > (?, ?, ?) AND created_at <= ? AND substr(stream_id, 1, length(?5)) = ?5
         ORDER BY created_at, stream_id, version LIMIT ?`,
      ),
      saveSnapshot: prepare(
        `INSERT INTO snapshots (stream_id, version, state_data, created_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, state_data = excluded.state_data, created_at = excluded.created_at
         WHERE excluded.version >= version`,
      ),
      loadSnapshot: prepare('SELECT * FROM snapshots WHERE stream_id = ?'),
    }
  }

  async append(
    streamId: string,
    expectedVersion: ExpectedVersion,
    events: readonly SerializedEvent[],
  ): Promise<number> {
    const [committed] = this.#commitTogether('', [{ appends: [{ streamId, expectedVersion, events }] }])
    if (committed?.ok !== true) throw committed?.error
    return committed.versions[0] as number
  }

  async commit(owner: string, commits: readonly Commit[]): Promise<readonly Committed[]> {
    checkName('the owner', owner)
    const results: Committed[] = []
    for (let at = 0; at < commits.length; at += MAX_BATCH_COMMITS) {
      // Let the event loop run between two transactions.
      if (at > 0) await new Promise((resolve) => setImmediate(resolve))
      for (const result of this.#commitTogether(owner, commits.slice(at, at + MAX_BATCH_COMMITS))) results.push(result)
    }
    return results
  }

  /** Makes commits in one transaction. */
  #commitTogether(owner: string, commits: readonly Commit[]): readonly Committed[] {
    const { version, due } = this.#statements
    const state = {
      version: (streamId: string) => Number(version.get(streamId)?.version ?? 0),
      dueOf: (id: string) => {
        const found = due.get(owner, id)
        return found && Date.parse(String(found.due_at))
      },
    }
    return this.#file.change(() => {
      const plan = planCommits(commits, state)
      this.#write(owner, plan, new Date().toISOString())
      return plan.results
    })
  }

  async readStream(
    streamId: string,
    { from = 0, to = Number.MAX_SAFE_INTEGER }: StreamRange = {},
  ): Promise<readonly StoredEvent[]> {
    checkText('the stream id', streamId)
    return this.#file.read(() => this.#readStream(streamId, from, to))
  }

  async readStreams(streamIds: readonly string[]): Promise<ReadonlyMap<string, readonly StoredEvent[]>> {
    for (const streamId of streamIds) checkText('the stream id', streamId)
    const read = (streamId: string) => this.#readStream(streamId, 0, Number.MAX_SAFE_INTEGER)
    return this.#file.read(() => new Map(streamIds.map((streamId) => [streamId, read(streamId)])))
  }

  #readStream(streamId: string, from: number, to: number): StoredEvent[] {
    return (this.#statements.stream.all(streamId, from, to) as unknown as StoredRow[]).map(toStored)
  }

  async *readAll({ since, until, streamPrefix = '', batchSize = 1000, signal }: ReadAllOptions = {}) {
    checkLimit(batchSize)
    checkText('the prefix', streamPrefix)
    const { lastCreatedAt, page } = this.#statements
    const endTime = this.#file.read(() => lastCreatedAt.get(until ? timeText(until) : null)?.created_at ?? null)
    let [time, streamId, version] = [since ? timeText(since) : '', '', -1]
    while (!signal?.aborted) {
      const rows = this.#file.read(
        () => page.all(time, streamId, version, endTime, streamPrefix, batchSize) as unknown as StoredRow[],
      )
      const last = rows.at(-1)
      if (last === undefined) return
      yield rows.map(toStored)
      if (rows.length < batchSize) return
      time = last.created_at
      streamId = last.stream_id
      version = Number(last.version)
    }
  }

  async saveSnapshot(snapshot: NewSnapshot): Promise<void> {
    checkSnapshot(snapshot)
    const { streamId, version, state } = snapshot
    this.#file.change(() => this.#statements.saveSnapshot.run(streamId, version, state, new Date().toISOString()))
  }

  async loadSnapshot(streamId: string): Promise<Snapshot | undefined> {
    checkText('the stream id', streamId)
    const row = this.#file.read(() => this.#statements.loadSnapshot.get(streamId) as unknown as SnapshotRow | undefined)
    return row && toSnapshot(row)
  }

  async close(): Promise<void> {
    this.#leases.endAll()
    this.#file.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
