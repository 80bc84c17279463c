import { resolve } from 'node:path'
import { parameterOf, parseUrl } from '../../store/postgres/connection/location.ts'

/** Where the event store is. A URL holds a password: print {@link shownStore} of it and nothing else. */
export type StoreAddress =
  /** `isStrangers`: only a project's file names it, so the user's passwords are not for it. */
  | { readonly kind: 'postgres'; readonly url: string; readonly isStrangers?: boolean }
  | { readonly kind: 'sqlite'; readonly path: string }
  /** An environment variable is to say it and does not; `reason` is why. */
  | { readonly kind: 'unknown'; readonly variable: string; readonly reason: string }

/** `postgres://…`, or a path from `folder`; `undefined` when it is neither. */
export function parseStore(text: string, folder: string): StoreAddress | undefined {
  if (/^postgres(ql)?:\/\//i.test(text)) {
    // A slash that is not written %2F ends the address in the middle of the password.
    return URL.canParse(text) && !new URL(text).pathname.includes('@') ? { kind: 'postgres', url: text } : undefined
  }
  if (text.trim() === '' || text.includes('://') || /\bpassword=/i.test(text)) return undefined
  return { kind: 'sqlite', path: resolve(folder, text) }
}

/** Where a Postgres listens, as `pg` reads its URL: `host:port` in lower case. */
export function serverOf(text: string): string | undefined {
  const url = parseUrl(text)
  if (url === null) return undefined
  return `${parameterOf(url, 'host') ?? url.hostname}:${parameterOf(url, 'port') ?? (url.port || 5432)}`.toLowerCase()
}

/** What may be printed of it: without the password. */
export function shownStore(address: StoreAddress): string {
  if (address.kind === 'unknown') return ''
  if (address.kind === 'sqlite') return address.path
  const url = new URL(address.url)
  if (url.password !== '') url.password = '***'
  for (const name of new Set(url.searchParams.keys())) {
    if (/password|secret/i.test(name)) url.searchParams.set(name, '***')
  }
  return url.href
}
