import { resolve } from 'node:path'
import { parameterOf, parseUrl } from '../../store/postgres/connection/location.ts'

/** The address of an event store. A URL may hold a password: print only {@link shownStore} of it. */
export type StoreAddress =
  /** `isStrangers`: only a project's file names the server, so it gets none of the user's passwords. */
  | { readonly kind: 'postgres'; readonly url: string; readonly isStrangers?: boolean }
  | { readonly kind: 'sqlite'; readonly path: string }
  /** An environment variable should hold the address and does not. `reason` continues its name: `is not set`. */
  | { readonly kind: 'unknown'; readonly variable: string; readonly reason: string }

/** Reads `postgres://…`, or a path relative to `folder`; `undefined` for anything else. */
export function parseStore(text: string, folder: string): StoreAddress | undefined {
  if (/^postgres(ql)?:\/\//i.test(text)) {
    // A `/` in the password that is not written as %2F would end the host part in the middle of the password.
    return URL.canParse(text) && !new URL(text).pathname.includes('@') ? { kind: 'postgres', url: text } : undefined
  }
  if (text.trim() === '' || text.includes('://') || /\bpassword=/i.test(text)) return undefined
  return { kind: 'sqlite', path: resolve(folder, text) }
}

/** Returns the server of a Postgres URL, as `pg` reads it: `host:port` in lower case. */
export function serverOf(text: string): string | undefined {
  const url = parseUrl(text)
  if (url === null) return undefined
  return `${parameterOf(url, 'host') ?? url.hostname}:${parameterOf(url, 'port') ?? (url.port || 5432)}`.toLowerCase()
}

/** Formats an address without its password. */
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
