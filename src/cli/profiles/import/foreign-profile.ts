import { resolve } from 'node:path'
import { isTokenUrl } from '../../config/security/profile-keys.ts'
import type { Secret } from '../../config/security/secrets/secret.ts'
import { type Mechanism, mechanisms, type SecuritySettings, type Sourced } from '../../config/security/settings.ts'

/** A setting of another tool that a profile does not have. */
export interface LeftOut {
  /** The setting by the name that the tool has for it. Never a value, which may be a secret. */
  readonly setting: string
  readonly reason: string
}

/** The connection that another tool has under a name. */
export interface ForeignProfile {
  readonly name: string
  readonly brokers: readonly string[]
  readonly settings: Sourced
  readonly leftOut: readonly LeftOut[]
}

/** The profiles of a file of another tool. */
export interface Foreign {
  readonly profiles: readonly ForeignProfile[]
  /** Settings of the whole file. */
  readonly leftOut: readonly LeftOut[]
}

/** A file of another tool. */
export interface Source {
  readonly path: string
  readonly text: string
  /** The folder of relative paths. */
  readonly folder: string
  /** The home folder, for paths that begin with `~/`. */
  readonly home: string
}

/** Returns settings with their source. */
export function sourced(
  { path }: Source,
  settings: { readonly [Key in keyof SecuritySettings]?: SecuritySettings[Key] | undefined },
): Sourced {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([key, value]) => [key, { value, from: path }])) as Sourced
}

/**
 * Returns the secret that a text is. In files of other tools, a text such as `cmd:…` is the secret itself, and never a program to
 * run. Only `${NAME}` and `${env:NAME}` stand for a variable.
 */
export function foreignSecret(text: string | undefined): Secret | undefined {
  if (text === undefined) return undefined
  const variable = /^\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1]
  return variable === undefined ? { kind: 'plain', value: text } : { kind: 'env', variable }
}

/** Returns the file at a path. A path that names another host is left out: on Windows, the host would get a proof of the password. */
export function foreignFile(
  text: string | undefined,
  { folder, home }: Source,
  leave: (reason: string) => void,
): Secret | undefined {
  if (text === undefined) return undefined
  if (/^[\\/]{2}/.test(text)) {
    leave('it begins with two slashes, like the path of another host')
    return undefined
  }
  return { kind: 'file', path: text.startsWith('~/') ? resolve(home, text.slice(2)) : resolve(folder, text) }
}

/** Returns the SASL mechanism of a name. */
export function foreignMechanism(text: string | undefined, leave: (reason: string) => void): Mechanism | undefined {
  if (text === undefined) return undefined
  const found = mechanisms.find((name) => name === text.toUpperCase())
  if (found === undefined) leave('crbus does not support this mechanism')
  return found
}

/** Returns the URL of a token. */
export function foreignTokenUrl(text: string | undefined, leave: (reason: string) => void): string | undefined {
  if (text === undefined || isTokenUrl(text)) return text
  leave('it is not an https:// URL, and would receive the client secret')
  return undefined
}
