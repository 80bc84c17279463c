import { userInfo } from 'node:os'
import type { Client, ClientConfig } from 'pg'
import type { AddressOnly } from '../../address-only.ts'
import { storeUnavailable } from '../../errors.ts'
import { closingClient } from './closing-client.ts'
import { parameterOf, parseLocation, parseUrl } from './location.ts'

/** What `pg` keeps of its settings, environment included. Its types leave it out. */
interface Settings {
  application_name: string | undefined
  options: string | undefined
  replication: string | undefined
}
interface Insides {
  password: string | (() => Promise<string>) | null
  replication: string | undefined
  readonly connectionParameters: Settings
}

/**
 * A client of `pg` that takes nothing from the environment (`PGPASSWORD`, `PGUSER`, `PGOPTIONS`, `PGSSLMODE`, …) and does
 * not read `~/.pgpass`. A part that the address leaves out has its default: localhost, 5432, the name of the operating
 * system's user as the user, the user as the database, no encryption, no password.
 */
export async function addressOnlyClient(only: AddressOnly): Promise<typeof Client> {
  const Closing = await closingClient()
  return class extends Closing {
    constructor(config: ClientConfig) {
      const { url, shown, given } = complete(config.connectionString ?? '')
      super({ ...config, connectionString: url, client_encoding: 'utf8', ssl: false, sslnegotiation: 'postgres' })
      const insides = this as unknown as Insides
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
  /** Safe to print. */
  readonly shown: string
  /** A part of the address as it was given. */
  readonly given: (name: string) => string | undefined
}

/** The address with every part that `pg` would look up elsewhere. */
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
