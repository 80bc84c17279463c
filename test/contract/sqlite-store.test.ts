import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { storeContract } from './store-contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'crbus-store-'))
let stores = 0
afterAll(() => rmSync(folder, { recursive: true }))

storeContract('SqliteEventStore on a file', {
  newStore: async () => join(folder, `${++stores}`, 'store.db'),
  open: (path) => new SqliteEventStore({ path }),
  isShared: true,
})

storeContract('SqliteEventStore in memory', {
  newStore: async () => ':memory:',
  open: (path) => new SqliteEventStore({ path }),
  isShared: false,
})
