import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'

/** The features that the `node:sqlite` of this process may lack; true: the feature is missing. */
export interface MissingFeatures {
  /** Node before 22.20 and 24.6 cannot bind numbered parameters (`?1`) by position: "column index out of range". */
  readonly numberedParameters: boolean
  /** Node before 22.16 has no `StatementSync.setReturnArrays`. */
  readonly arrays: boolean
}

/**
 * Adds the missing features to a database and returns the database. Changes nothing if no feature is missing.
 *
 * If `arrays` is missing, the columns of a statement that returns arrays must have distinct names: older versions of Node return
 * rows only as objects, in which a column replaces an earlier one of the same name.
 */
export function polyfillOlderNode(database: DatabaseSync, missing: MissingFeatures): DatabaseSync {
  if (!missing.numberedParameters && !missing.arrays) return database
  const prepare = database.prepare.bind(database)
  database.prepare = (sql: string) => {
    const { text, order } = missing.numberedParameters ? withoutNumbers(sql) : { text: sql, order: undefined }
    const statement = prepare(text)
    if (order !== undefined) bindInOrder(statement, order)
    if (missing.arrays) addReturnArrays(statement)
    return statement
  }
  return database
}

/** Detects which features the `node:sqlite` of a database lacks. */
export const probe = (database: DatabaseSync): MissingFeatures => ({
  numberedParameters: !bindsNumbered(database),
  arrays: !('setReturnArrays' in database.prepare('SELECT 1')),
})

function bindsNumbered(database: DatabaseSync): boolean {
  try {
    return database.prepare('SELECT ?1 AS value').get(1)?.value === 1
  } catch {
    return false
  }
}

/** Matches strings, quoted names, comments and parameters: a `?` in a string or a comment is not a parameter. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?(\d*)/g

/**
 * Replaces numbered parameters (`?1`) by anonymous ones (`?`). `order` holds the number of the value, from 1, of each parameter;
 * it is `undefined` if no parameter was numbered. As in SQLite, an anonymous parameter has the number after the largest one so
 * far (https://sqlite.org/lang_expr.html).
 */
function withoutNumbers(sql: string): { readonly text: string; readonly order: readonly number[] | undefined } {
  const order: number[] = []
  let largest = 0
  let isNumbered = false
  const text = sql.replace(TOKEN, (token: string, digits: string | undefined) => {
    if (digits === undefined) return token
    isNumbered ||= digits !== ''
    const number = digits === '' ? largest + 1 : Number(digits)
    largest = Math.max(largest, number)
    order.push(number)
    return '?'
  })
  return { text, order: isNumbered ? order : undefined }
}

/** Makes the methods of a statement pass their values in the given order. */
function bindInOrder(statement: StatementSync, order: readonly number[]): void {
  for (const name of ['all', 'get', 'iterate', 'run'] as const) {
    const call = statement[name].bind(statement) as (...values: SQLInputValue[]) => unknown
    const ordered = (...values: SQLInputValue[]) => call(...order.map((number) => values[number - 1] ?? null))
    Object.assign(statement, { [name]: ordered })
  }
}

/** Adds `setReturnArrays` to a statement, for its method `all` only, the only one that crbus calls for arrays. */
function addReturnArrays(statement: StatementSync): void {
  const all = statement.all.bind(statement) as (...values: SQLInputValue[]) => Record<string, SQLOutputValue>[]
  statement.setReturnArrays = (isEnabled: boolean) => {
    const allArrays = (...values: SQLInputValue[]) => all(...values).map((row) => Object.values(row))
    Object.assign(statement, { all: isEnabled ? allArrays : all })
  }
}
