/** Options of {@link PostgresEventStore}. */
export interface PostgresEventStoreOptions {
  /** `postgres://user:password@host:port/database`, with what `pg` takes behind a `?`. */
  readonly url: string
  /** The most connections at once, without the one every lease has. Default 4. */
  readonly maxConnections?: number | undefined
  /** The longest to wait for a connection, and for the answer to one statement. Milliseconds; default 30 000. */
  readonly timeout?: number | undefined
}
