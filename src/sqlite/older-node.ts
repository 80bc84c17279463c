import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'

/** What the `node:sqlite` of this process lacks. */
export interface Lacks {
  /** Node before 22.20 and 24.6 cannot bind numbered parameters (`?1`) by position: "column index out of range". */
  readonly numberedParameters: boolean
  /** Node before 22.16 has no `StatementSync.setReturnArrays`. */
  readonly arrays: boolean
}

/**
 * Gives a database of an older Node what crbus uses of newer ones, and returns it. Nothing
 * is changed on a Node that lacks nothing.
 *
 * With `arrays`, every column of a statement that returns arrays must have a name of its own: older Nodes return rows only
 * as objects, in which a second column of the same name would replace the first.
 */
export function suitOlderNode(database: DatabaseSync, lacks: Lacks): DatabaseSync {
  if (!lacks.numberedParameters && !lacks.arrays) return database
  const prepare = database.prepare.bind(database)
  database.prepare = (sql: string) => {
    const { text, order } = lacks.numberedParameters ? withoutNumbers(sql) : { text: sql, order: undefined }
    const statement = prepare(text)
    if (order !== undefined) bindInOrder(statement, order)
    if (lacks.arrays) addReturnArrays(statement)
    return statement
  }
  return database
}

/** Finds out what the `node:sqlite` lacks that opened the database. */
export const probe = (database: DatabaseSync): Lacks => ({
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

/** Text, quoted names, comments, and parameters: only the parameters are changed. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?(\d*)/g

/**
 * Replaces numbered parameters (`?1`) by anonymous ones (`?`). `order` has for each the number of the value that it takes,
 * from 1, as SQLite counts: an anonymous parameter follows the largest number so far (https://sqlite.org/lang_expr.html).
 * `order` is `undefined` when nothing was numbered.
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

function bindInOrder(statement: StatementSync, order: readonly number[]): void {
  for (const name of ['all', 'get', 'iterate', 'run'] as const) {
    const call = statement[name].bind(statement) as (...values: SQLInputValue[]) => unknown
    const ordered = (...values: SQLInputValue[]) => call(...order.map((number) => values[number - 1] ?? null))
    Object.assign(statement, { [name]: ordered })
  }
}

function addReturnArrays(statement: StatementSync): void {
  const all = statement.all.bind(statement) as (...values: SQLInputValue[]) => Record<string, SQLOutputValue>[]
  statement.setReturnArrays = (isEnabled: boolean) => {
    const allArrays = (...values: SQLInputValue[]) => all(...values).map((row) => Object.values(row))
    Object.assign(statement, { all: isEnabled ? allArrays : all })
  }
}
