import { advice } from '../../../bus/hints.ts'
import { storeUnavailable } from '../../errors.ts'

/** The address of a Postgres, for `pg` and for messages. */
export interface PostgresLocation {
  readonly connectionString: string
  /** The address without user, password and parameters, for messages. */
  readonly shown: string
}

/**
 * Parses a Postgres URL. Throws `STORE_UNAVAILABLE` for any other text. The message omits the text, which may contain a password.
 */
export function parseLocation(url: string): PostgresLocation {
  const parsed = /^postgres(ql)?:\/\//i.test(url) ? parseUrl(url) : null
  if (parsed === null) {
    throw storeUnavailable('the address of the event store is not a valid Postgres URL', {
      hints: [
        advice('use postgres://user:password@host:5432/database'),
        advice('percent-encode special characters in the password: # is %23, / is %2F, @ is %40'),
      ],
    })
  }
  const host = parameterOf(parsed, 'host') ?? parsed.host
  return { connectionString: withSslOfLibpq(url, parsed), shown: `postgres://${host}${parsed.pathname}` }
}

/**
 * Parses a Postgres URL. Adds the host `localhost` to a URL without a host, because the URL standard requires one. A URL has no
 * host if a parameter names the folder of a socket.
 */
export const parseUrl = (url: string): URL | null =>
  URL.parse(url.replace(/^\w+:\/\/((?:[^/?#]*@)?)(?=[/?]|$)/, 'postgres://$1localhost'))

/** Returns a parameter of the URL; if it occurs several times, the last one, as in `pg`. */
export const parameterOf = ({ searchParams }: URL, name: string): string | undefined =>
  searchParams.getAll(name).at(-1) || undefined

/**
 * Makes `pg` treat `sslmode` as libpq and the Rust services do: `require` encrypts and does not check the certificate. By
 * default, `pg` treats it as `verify-full`, and would refuse a server that a Rust service accepts. `prefer` and `allow`, which
 * permit connections without encryption, connect without it.
 */
function withSslOfLibpq(url: string, { searchParams }: URL): string {
  const mode = searchParams.get('sslmode')
  if (mode === null || searchParams.has('uselibpqcompat')) return url
  if (mode === 'prefer' || mode === 'allow') return url.replace(`sslmode=${mode}`, 'sslmode=disable')
  return `${url}&uselibpqcompat=true`
}
