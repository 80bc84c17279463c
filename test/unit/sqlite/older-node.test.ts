import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { polyfillOlderNode } from '../../../src/sqlite/older-node.ts'

/** A statement of this Node, and the same statement with the polyfills for numbered parameters and arrays. */
function both(sql: string) {
  const newer = new DatabaseSync(':memory:')
  const older = polyfillOlderNode(new DatabaseSync(':memory:'), { numberedParameters: true, arrays: true })
  return [newer, older].map((database) => {
    database.exec('CREATE TABLE kept (a, b, c)')
    return database.prepare(sql)
  }) as [ReturnType<DatabaseSync['prepare']>, ReturnType<DatabaseSync['prepare']>]
}

describe('the polyfill of setReturnArrays', () => {
  const everyType =
    "SELECT ?1 AS given, NULL AS missing, 0 AS zero, -1.5 AS real, 1.0 AS point, 'é€😀' AS text, '' AS empty, x'00ff' AS bytes, x'' AS none"
  const values = [1n, -1, 2 ** 53 - 1, 9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 2.5, 'text', null]

  test.each([true, false])(
    'the polyfill of setReturnArrays returns the values of every type as setReturnArrays does, with integers as bigint: %s',
    (isBigInt) => {
      for (const value of [...values, new Uint8Array([1, 2]), new Uint8Array()]) {
        const [newer, older] = both(everyType)
        for (const statement of [newer, older]) {
          statement.setReadBigInts(isBigInt)
          statement.setReturnArrays(true)
        }
        const rowsOf = (statement: typeof newer) => {
          try {
            return statement.all(value)
          } catch (error) {
            return (error as Error).message
          }
        }
        expect(rowsOf(older)).toEqual(rowsOf(newer))
      }
    },
  )

  test('the polyfill of setReturnArrays returns objects again after setReturnArrays(false)', () => {
    const [, older] = both('SELECT ?1 AS a')
    older.setReturnArrays(true)
    expect(older.all(1)).toEqual([[1]])
    older.setReturnArrays(false)
    expect(older.all(1)).toEqual([{ a: 1 }])
  })
})

describe('the polyfill of numbered parameters', () => {
  test.each([
    ['SELECT ?1 AS a, ?2 AS b, ?1 AS c', [1, 2]],
    ['SELECT ?2 AS a, ?1 AS b', [1, 2]],
    ['SELECT ?9 AS a, ?4 AS b', [1, 2, 3, 4, 5, 6, 7, 8, 9n]],
    // An anonymous parameter has the number after the largest one so far.
    ['SELECT ? AS a, ?3 AS b, ? AS c, ?3 AS d', ['one', 'two', 'three', new Uint8Array([4])]],
    ['SELECT (?, ?) > (?, ?) AS a, ?4 AS b', [1, 2, 3, 4]],
    [`SELECT '?1 it''s ?2' AS a, "?3" AS b, ?1 AS c -- ?4\n /* ?5 */ FROM (SELECT 1 AS "?3")`, ['x']],
    ['SELECT 1 AS a', []],
  ])('the polyfill of numbered parameters binds the values that SQLite binds: %s', (sql, values) => {
    const [newer, older] = both(sql)
    expect(older.all(...values)).toEqual(newer.all(...values))
    expect(older.get(...values)).toEqual(newer.get(...values))
    expect([...older.iterate(...values)]).toEqual([...newer.iterate(...values)])
  })

  test('the polyfill of numbered parameters writes the values that SQLite writes', () => {
    const older = polyfillOlderNode(new DatabaseSync(':memory:'), { numberedParameters: true, arrays: false })
    older.exec('CREATE TABLE kept (a, b, c)')
    expect(older.prepare('INSERT INTO kept VALUES (?, ?2, ?2)').run('x', null).changes).toBe(1)
    expect(older.prepare('SELECT * FROM kept').all()).toEqual([{ a: 'x', b: null, c: null }])
  })
})

test('polyfillOlderNode does not change a database when no feature is missing', () => {
  const database = polyfillOlderNode(new DatabaseSync(':memory:'), { numberedParameters: false, arrays: false })
  expect(Object.hasOwn(database, 'prepare')).toBe(false)
})
