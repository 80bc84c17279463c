import { aText, checkOptions, type OptionChecks, required } from '../../bus/options.ts'

/** Options of {@link SqliteEventStore}. */
export interface SqliteEventStoreOptions {
  /** The file, or `:memory:`. It, its folder and its tables are made when they are not there. */
  readonly path: string
}

const checks: OptionChecks<SqliteEventStoreOptions> = { path: required(aText) }

/** Throws a `TypeError` for an option that is unknown or wrong. */
export const checkSqliteOptions = (options: SqliteEventStoreOptions): void =>
  checkOptions('new SqliteEventStore', options, checks)
