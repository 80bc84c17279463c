import { aCount, aText, checkOptions, milliseconds, type OptionChecks, required, secret } from '../../bus/options.ts'

/** Options of {@link PostgresEventStore}. */
export interface PostgresEventStoreOptions {
  /** `postgres://user:password@host:port/database`, optionally with `?` and parameters of `pg`. */
  readonly url: string
  /** The maximum number of open connections, without the one connection that each lease has. Default 4. */
  readonly maxConnections?: number | undefined
  /** The time-out for a connection, and for one statement, in milliseconds. Default 30,000. */
  readonly timeout?: number | undefined
}

// `secret`, because the URL may contain a password.
const checks: OptionChecks<PostgresEventStoreOptions> = {
  url: required(secret(aText)),
  maxConnections: aCount(),
  timeout: milliseconds({ least: 1 }),
}

/** Throws a `TypeError` for an unknown or invalid option. */
export const checkPostgresOptions = (options: PostgresEventStoreOptions): void =>
  checkOptions('new PostgresEventStore', options, checks)
