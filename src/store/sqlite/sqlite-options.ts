import { aText, checkOptions, type OptionChecks, required } from '../../bus/options.ts'
import type { SqliteEventStoreOptions } from './sqlite-event-store.ts'

const checks: OptionChecks<SqliteEventStoreOptions> = { path: required(aText) }

/** Throws a `TypeError` for an option that is unknown or wrong. */
export const checkSqliteOptions = (options: SqliteEventStoreOptions): void =>
  checkOptions('new SqliteEventStore', options, checks)
