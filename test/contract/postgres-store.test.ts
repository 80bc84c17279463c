import { describe, inject, test } from 'vitest'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { storeContract } from './store-contract.ts'
import { newSchema } from './support/postgres-schema.ts'

const postgres = inject('postgresUrl')

if (postgres === '') describe.skip('PostgresEventStore: no Postgres to test on', () => test('contract', () => {}))
else {
  storeContract('PostgresEventStore', {
    async newStore() {
      const url = await newSchema(postgres)
      await using store = new PostgresEventStore({ url })
      await store.init()
      return url
    },
    open: (url) => new PostgresEventStore({ url }),
    isShared: true,
  })
}
