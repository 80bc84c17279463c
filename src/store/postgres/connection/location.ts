import { storeUnavailable } from '../../errors.ts'

/** Where a Postgres is, as `pg` is told and as people are. */
export interface PostgresLocation {
  readonly connectionString: string
  /** Without user, password and settings: safe to print. */
  readonly shown: string
}

/** `STORE_UNAVAILABLE` for what is no URL of Postgres. The URL itself, which may hold a password, is never repeated. */
export function parseLocation(url: string): PostgresLocation {
  const parsed = /^postgres(ql)?:\/\//i.test(url) ? parseUrl(url) : null
  if (parsed === null) {
    throw storeUnavailable('the address of the event store is no URL of Postgres', {
      suggestions: [
        'postgres://user:password@host:5432/database',
        'write what is special in a URL as its code in the password: # is %23, / is %2F, @ is %40',
      ],
    })
  }
  const host = parameterOf(parsed, 'host') ?? parsed.host
  return { connectionString: withSslOfLibpq(url, parsed), shown: `postgres://${host}${parsed.pathname}` }
}

/** Without a host a socket's folder is among the parameters; the URL standard wants one, so it is localhost then. */
export const parseUrl = (url: string): URL | null =>
  URL.parse(url.replace(/^\w+:\/\/((?:[^/?#]*@)?)(?=[/?]|$)/, 'postgres://$1localhost'))

/** A parameter of the URL. `pg` takes the last of several. */
export const parameterOf = ({ searchParams }: URL, name: string): string | undefined =>
  searchParams.getAll(name).at(-1) || undefined

/**
 * `sslmode` as libpq and the Rust services read it: `require` encrypts and does not look at the certificate. `pg` takes it
 * for `verify-full` unless told otherwise, and would then refuse a server that the service beside it accepts. What may
 * do without encryption (`prefer`, `allow`) does.
 */
function withSslOfLibpq(url: string, { searchParams }: URL): string {
  const mode = searchParams.get('sslmode')
  if (mode === null || searchParams.has('uselibpqcompat')) return url
  if (mode === 'prefer' || mode === 'allow') return url.replace(`sslmode=${mode}`, 'sslmode=disable')
  return `${url}&uselibpqcompat=true`
}
