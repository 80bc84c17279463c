import { userInfo } from 'node:os'
import type { Client, ClientConfig } from 'pg'
import type { AddressOnly } from '../../address-only.ts'
import { storeUnavailable } from '../../errors.ts'
import { closingClient } from './closing-client.ts'
import { parameterOf, parseLocation, parseUrl } from './location.ts'

/** The settings of a `pg` client, which include those of the environment. The types of `pg` do not have them. */
interface Settings {
  application_name: string | undefined
  options: string | undefined
  replication: string | undefined
}
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
      const insides = this as unknown as Internals
      const { connectionParameters: settings } = insides
      settings.application_name = given('application_name')
      settings.options = given('options')
      settings.replication = undefined
      insides.replication = undefined
      if (given('password') === undefined) {
        insides.password = async () => {
          throw storeUnavailable(`the event store at ${shown} asks for a password, and ${only.whyNoPassword}`, only)
        }
      }
    }
  }
}

interface Complete {
  readonly url: string
  /** The address without secrets, for messages. */
  readonly shown: string
  /** Returns a part of the address as given. */
  readonly given: (name: string) => string | undefined
}

/** Completes the address with the parts that `pg` would read from the environment. */
function complete(connectionString: string): Complete {
  const { shown } = parseLocation(connectionString)
  const url = parseUrl(connectionString) as URL
  const password = parameterOf(url, 'password') ?? url.password
  const given = (name: string) => (name === 'password' ? password || undefined : parameterOf(url, name))
  const user = given('user')
  if (url.username === '' && user === undefined) url.username = userInfo().username
  if (url.port === '' && given('port') === undefined) url.port = '5432'
  if (url.pathname.length < 2) url.pathname = `/${user === undefined ? url.username : encodeURIComponent(user)}`
  return { url: url.href, shown, given }
}
