import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, test } from 'vitest'
import { openShared, readShared } from '../../../src/sqlite/shared-file.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-read-'))
  path = join(folder, 'bus.db')
  open().close()
  return () => rmSync(folder, { recursive: true })
})

const open = () => openShared(path, 'NORMAL', (database) => database.exec('CREATE TABLE IF NOT EXISTS t (x)'))
const count = (database: DatabaseSync) => Number(database.prepare('SELECT count(*) AS count FROM t').get()?.count)

test('reading a file that no process has open leaves the folder as it was', () => {
  const state = () => [readdirSync(folder), statSync(path).mtimeMs, readFileSync(path).toString('hex')]
  const before = state()
  expect(readShared(path, count)).toBe(0)
  expect(state()).toEqual(before)
})

test('reading sees what another process has written and not yet moved from the log into the file', () => {
  const database = open()
  database.exec('INSERT INTO t VALUES (1)')
  expect(readShared(path, count)).toBe(1)
  database.close()
})

test('reads again if another process changes the file meanwhile', () => {
  let reads = 0
  const seen = readShared(path, (database) => {
    reads += 1
    const found = count(database)
    if (reads === 1) {
      const other = open()
      other.exec('INSERT INTO t VALUES (1)')
      // Moves the log into the file.
      other.close()
      throw new Error('the pages of the file changed under the reader')
    }
    return found
  })
  expect({ reads, seen }).toEqual({ reads: 2, seen: 1 })
})
