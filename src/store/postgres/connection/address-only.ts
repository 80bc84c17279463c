import { userInfo } from 'node:os'
import type { Client, ClientConfig } from 'pg'
import type { AddressOnly } from '../../address-only.ts'
import { storeUnavailable } from '../../errors.ts'
import { closingClient } from './closing-client.ts'
import { parameterOf, parseLocation, parseUrl } from './location.ts'

/** The settings that a `pg` client also reads from `PGAPPNAME`, `PGOPTIONS` and `PGREPLICATION`. The types of `pg` lack them. */
interface Settings {
  application_name: string | undefined
  options: string | undefined
  replication: string | undefined
}
/** Fields of a `pg` client that the types of `pg` lack. */
interface Internals {
  password: string | (() => Promise<string>) | null
  replication: string | undefined
  readonly connectionParameters: Settings
}

/**
 * A client of `pg` that takes nothing from the environment (`PGPASSWORD`, `PGUSER`, `PGOPTIONS`, `PGSSLMODE`, …) and does
 * not read `~/.pgpass`. A missing part of the address has its default: localhost, 5432, the name of the operating
 * system's user as the user, the user as the database, no encryption, no password.
 */
export async function addressOnlyClient(only: AddressOnly): Promise<typeof Client> {
  const Closing = await closingClient()
  return class extends Closing {
    constructor(config: ClientConfig) {
      const { url, shown, given } = complete(config.connectionString ?? '')
      super({ ...config, connectionString: url, client_encoding: 'utf8', ssl: false, sslnegotiation: 'postgres' })
      const internals = this as unknown as Internals
      const { connectionParameters: settings } = internals
      settings.application_name = given('application_name')
      settings.options = given('options')
      settings.replication = undefined
      internals.replication = undefined
      if (given('password') === undefined) {
        internals.password = async () => {
          throw storeUnavailable(`the event store at ${shown} asks for a password, and ${only.whyNoPassword}`, only)
        }
      }
    }
  }
}

/** An address that has every part, so that `pg` takes none from the environment. */
interface CompleteAddress {
  readonly url: string
  /** The address without secrets, for messages. */
  readonly shown: string
  /** Returns a part of the address, or `undefined` if the user has not given it. */
  readonly given: (name: string) => string | undefined
}

/** Adds the defaults of the parts that `pg` would read from the environment. */
function complete(connectionString: string): CompleteAddress {
  const { shown } = parseLocation(connectionString)
  // `parseLocation` has thrown for an invalid URL.
  const url = parseUrl(connectionString) as URL
  const password = parameterOf(url, 'password') ?? url.password
  const given = (name: string) => (name === 'password' ? password || undefined : parameterOf(url, name))
  const user = given('user')
  if (url.username === '' && user === undefined) url.username = userInfo().username
  if (url.port === '' && given('port') === undefined) url.port = '5432'
  if (url.pathname.length < 2) url.pathname = `/${user === undefined ? url.username : encodeURIComponent(user)}`
  return { url: url.href, shown, given }
}
