import { aCount, aText, checkOptions, milliseconds, type OptionChecks, required, secret } from '../../bus/options.ts'
import type { PostgresEventStoreOptions } from './postgres-options.ts'

// The URL may hold a password.
const checks: OptionChecks<PostgresEventStoreOptions> = {
  url: required(secret(aText)),
  maxConnections: aCount(),
  timeout: milliseconds({ least: 1 }),
}

/** Throws a `TypeError` for an option that is unknown or wrong. */
export const checkPostgresOptions = (options: PostgresEventStoreOptions): void =>
  checkOptions('new PostgresEventStore', options, checks)
