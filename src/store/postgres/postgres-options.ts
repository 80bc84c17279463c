import { aCount, aText, checkOptions, milliseconds, type OptionChecks, required, secret } from '../../bus/options.ts'

/** Options of {@link PostgresEventStore}. */
export interface PostgresEventStoreOptions {
  /** `postgres://user:password@host:port/database`, with what `pg` takes behind a `?`. */
  readonly url: string
  /** The most connections at once, without the one every lease has. Default 4. */
  readonly maxConnections?: number | undefined
  /** The longest to wait for a connection, and for the answer to one statement. Milliseconds; default 30 000. */
  readonly timeout?: number | undefined
}

// The URL may hold a password.
const checks: OptionChecks<PostgresEventStoreOptions> = {
  url: required(secret(aText)),
  maxConnections: aCount(),
  timeout: milliseconds({ least: 1 }),
}

/** Throws a `TypeError` for an option that is unknown or wrong. */
export const checkPostgresOptions = (options: PostgresEventStoreOptions): void =>
  checkOptions('new PostgresEventStore', options, checks)
