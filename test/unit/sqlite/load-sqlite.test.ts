import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openSqlite } from '../../../src/sqlite/load-sqlite.ts'

// The first database that this process opens, so openSqlite has not probed node:sqlite yet.
test('openSqlite opens a file that another connection locks, so that the caller can wait for the lock', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-sqlite-'))
  const other = new DatabaseSync(join(folder, 'bus.db'))
  other.exec('CREATE TABLE kept (id INTEGER); BEGIN EXCLUSIVE')

  const opened = openSqlite(join(folder, 'bus.db'))

  expect(() => opened.prepare('SELECT id FROM kept')).toThrow('database is locked')
  other.exec('COMMIT')
  expect(opened.prepare('SELECT ?1 AS value').get(1)).toEqual({ value: 1 })
  opened.close()
  other.close()
  rmSync(folder, { recursive: true })
})
