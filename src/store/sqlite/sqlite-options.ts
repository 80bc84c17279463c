import { aText, checkOptions, type OptionChecks, required } from '../../bus/options.ts'

/** Options of {@link SqliteEventStore}. */
export interface SqliteEventStoreOptions {
  /** The path of the file, or `:memory:`. The file, its folders and its tables are created if they are missing. */
  readonly path: string
}

const checks: OptionChecks<SqliteEventStoreOptions> = { path: required(aText) }

/** Throws a `TypeError` for an unknown or invalid option. */
export const checkSqliteOptions = (options: SqliteEventStoreOptions): void =>
  checkOptions('new SqliteEventStore', options, checks)
