import { resolve } from 'node:path'
import { parameterOf, parseUrl } from '../../store/postgres/connection/location.ts'

/** The address of an event store. A URL may hold a password, so print an address only through {@link shownStore}. */
export type StoreAddress =
  /** `isFromProjectOnly`: only a project's crbus.json names the server, so it gets none of the user's passwords. */
  | { readonly kind: 'postgres'; readonly url: string; readonly isFromProjectOnly?: boolean }
  | { readonly kind: 'sqlite'; readonly path: string }
  /** The environment variable that should hold the address does not. `reason` follows its name in a message: `is not set`. */
  | { readonly kind: 'unknown'; readonly variable: string; readonly reason: string }

/** Parses `postgres://…`, or a path relative to `folder`; returns `undefined` for anything else. */
export function parseStore(text: string, folder: string): StoreAddress | undefined {
  if (/^postgres(ql)?:\/\//i.test(text)) {
    // A `/` in the password that is not written as %2F would end the host part in the middle of the password.
    return URL.canParse(text) && !new URL(text).pathname.includes('@') ? { kind: 'postgres', url: text } : undefined
  }
  if (text.trim() === '' || text.includes('://') || /\bpassword=/i.test(text)) return undefined
  return { kind: 'sqlite', path: resolve(folder, text) }
}

/** Returns the server that `pg` connects to for a URL, as `host:port` in lower case; `undefined` for an invalid URL. */
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
