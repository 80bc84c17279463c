import { advice } from '../bus/hints.ts'
import { aText, checkFields, required, secret } from '../bus/options.ts'
import type { AddressOnly } from './address-only.ts'
import { storeUnavailable } from './errors.ts'
import type { EventStore } from './event-store.ts'
import type { StoreSetup } from './layout.ts'

/**
 * Opens the event store at a location: `postgres://…` or `postgresql://…`, the path of a SQLite file, or `:memory:`. Loads only
 * the driver of that store. A Postgres store connects when it is first used. Rejects with a `TypeError` if the location is not a
 * string.
 *
 * @example
 * ```ts
 * import { openEventStore, serializedEvent } from 'crbus'
 *
 * await using store = await openEventStore('data/store.db')
 * await store.append('order-1', 0, [serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'))])
 * const [first] = await store.readStream('order-1')
 * first?.event.eventType // => 'OrderPlaced.v1'
 * ```
 */
export async function openEventStore(location: string): Promise<EventStore> {
  // `secret`, because the location may contain a password.
  checkFields('openEventStore', { location }, { location: required(secret(aText)) })
  if (isPostgres(location)) {
    const { PostgresEventStore } = await import('./postgres/postgres-event-store.ts')
    return new PostgresEventStore({ url: location })
  }
  const { SqliteEventStore } = await import('./sqlite/sqlite-event-store.ts')
  return new SqliteEventStore({ path: location })
}

/**
 * Opens the setup of the store at a location, which can create the tables of the store. A SQLite file is created by `create`, not
 * before. With `addressOnly`, a connection to Postgres uses only the settings in the address, not those of the environment or
 * `~/.pgpass`.
 */
export async function openStoreSetup(location: string, addressOnly?: AddressOnly): Promise<StoreSetup> {
  if (isPostgres(location)) return (await import('./postgres/setup.ts')).postgresSetup(location, addressOnly)
  return (await import('./sqlite/setup.ts')).sqliteSetup(location)
}

/**
 * Whether a location is the URL of a Postgres and not the path of a file. Throws `STORE_UNAVAILABLE` for the URL of another
 * database.
 */
function isPostgres(location: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase()
  if (scheme === undefined || scheme === 'postgres' || scheme === 'postgresql') return scheme !== undefined
  throw storeUnavailable(
    `the scheme ${scheme}:// is not supported: an event store is a Postgres database or a SQLite file`,
    {
      hints: [
        advice('use postgres://user:password@host/database'),
        advice('or use the path of a file, such as data/store.db'),
      ],
    },
  )
}
