import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { readAtMost } from '../../../files/read-at-most.ts'
import { plural } from '../../../ui/text/listed.ts'
import type { BusAddress } from '../bus-address.ts'
import type { ConfigFile, Profile } from '../config-file.ts'
import { type Secret, shownSecret } from '../security/secrets/secret.ts'
import { type SecurityKey, type Sourced, secretKeys } from '../security/settings.ts'
import { outside, realPath } from './outside.ts'

/** Something that a project's file asks for and that needs the user's consent, because a stranger may have written the file. */
export type Ask =
  | SecretsAsk
  /** To request a token from this URL with a secret of the project. The server may be one that only this machine reaches. */
  | { readonly kind: 'request'; readonly profile: string; readonly url: string }
  /** To request schemas from this URL. The server may be one that only this machine reaches. */
  | { readonly kind: 'registry'; readonly profile: string; readonly url: string }
  /** To use the templates of a folder outside the project. */
  | { readonly kind: 'templates'; readonly folder: string }

/** To read these secrets of the user, or run these programs, and send the result to these servers. */
interface SecretsAsk {
  readonly kind: 'secrets'
  readonly profile: string
  readonly to: string
  readonly secrets: readonly string[]
}

/** What a project's file asks for. The user consents to each ask, and again when the file changes. */
export interface Asks {
  readonly file: string
  /**
   * Identifies the connections and the templates that the file names. It changes with them, with the path of the file, and with the
   * programs of the project that the file runs.
   */
  readonly digest: string
  readonly asks: readonly Ask[]
}

/** Returns what a project's file asks for. */
export function asksOf(file: ConfigFile): Asks {
  const profiles = [...file.profiles.values()]
  const folder = file.templates === undefined ? undefined : outside(file.templates, file.path)
  return {
    file: file.path,
    digest: digestOf(file, profiles),
    asks: [
      ...profiles.flatMap((profile) => asksOfProfile(profile) ?? []),
      ...profiles.flatMap(asksOfRegistry),
      ...(folder === undefined ? [] : [{ kind: 'templates', folder } as const]),
    ],
  }
}

/**
 * Returns what a profile of the project, whose bus is in force, needs consent for: the secrets that it names, and secrets of the
 * user's flags and environment that would go to its brokers.
 */
export function asksOfBus(profile: Profile, bus: BusAddress): readonly Ask[] {
  if (bus.kind !== 'kafka') return []
  const named = asksOfProfile(profile)
  const { login, from } = bus.security ?? {}
  const ofUser = (from?.login ?? []).filter((source) => source !== profile.file)
  if (ofUser.length === 0) return named === undefined ? [] : [named]
  const secrets = named?.kind === 'secrets' ? named.secrets : []
  const tokenUrl = login !== undefined && 'tokenUrl' in login ? login.tokenUrl : undefined
  const to = receivers(tokenUrl, bus.brokers)
  return [{ kind: 'secrets', profile: profile.name, to, secrets: [...secrets, ...ofUser] }]
}

/** Returns what the schema registry of a project's profile needs consent for: the requests, and the secrets of its login. */
export function asksOfRegistry({ name, file, registry }: Profile): readonly Ask[] {
  if (registry === undefined) return []
  const { url, username, password } = registry
  const secrets = [username, password].flatMap((secret) => foreignSecret(secret, file) ?? [])
  if (secrets.length === 0) return [{ kind: 'registry', profile: name, url }]
  return [{ kind: 'secrets', profile: name, to: url, secrets }]
}

/** Returns what the profile of a project asks for, or `undefined` if it needs nothing of the user's. */
function asksOfProfile({ name, bus, file, security }: Profile): Ask | undefined {
  const secrets = secretKeys.flatMap((key) => foreignSecret(security[key]?.value, file) ?? [])
  // Amazon's package finds the credentials of the user by itself.
  if (security.mechanism?.value === 'AWS_MSK_IAM') secrets.push('the credentials of AWS')
  const tokenUrl = security.tokenUrl?.value
  if (secrets.length === 0)
    return tokenUrl === undefined ? undefined : { kind: 'request', profile: name, url: tokenUrl }
  const brokers = bus?.kind === 'kafka' ? bus.brokers : 'the brokers in force'
  return { kind: 'secrets', profile: name, to: receivers(tokenUrl, brokers), secrets }
}

const receivers = (tokenUrl: string | undefined, brokers: string): string =>
  tokenUrl === undefined ? brokers : `${tokenUrl} and ${brokers}`

/** Describes a secret that is not in the project itself. */
function foreignSecret(secret: Secret | undefined, file: string): string | undefined {
  if (secret === undefined || secret.kind === 'plain') return undefined
  if (secret.kind === 'file') {
    const { path } = secret
    if (outside(path, file) === undefined) return undefined
    // A link in the project may lead elsewhere later.
    const real = realPath(path)
    return real === path ? shownSecret(secret) : `${shownSecret(secret)} (a link to ${real})`
  }
  // The user has to see the whole command before it may run.
  return secret.kind === 'command' ? `the output of the program: ${secret.words.join(' ')}` : shownSecret(secret)
}

function digestOf({ path, templates }: ConfigFile, profiles: readonly Profile[]): string {
  const connections = profiles.map(({ name, bus, clusterId, security, registry }) => [
    ...[name, bus, clusterId, valuesOf(security)],
    ...(registry === undefined ? [] : [registry]),
  ])
  return createHash('sha256')
    .update(JSON.stringify([path, templates, connections, profiles.flatMap(programsOf)]))
    .digest('hex')
}

/** The largest program of a project whose content is compared with that which the user has allowed. */
const MAX_PROGRAM_BYTES = 1024 * 1024

/** Returns hashes of the files of the project that the commands of a profile name, as program or as argument. */
function programsOf({ security, registry, file }: Profile): string[] {
  const secrets = [...secretKeys.map((key) => security[key]?.value), registry?.username, registry?.password]
  const words = secrets.flatMap((secret) => (secret?.kind === 'command' ? secret.words : []))
  return words.flatMap((word) => {
    const path = resolve(dirname(file), word)
    if (outside(path, file) !== undefined) return []
    try {
      return [createHash('sha256').update(readAtMost(path, MAX_PROGRAM_BYTES)).digest('hex')]
    } catch {
      // The word is not a file.
      return []
    }
  })
}

const valuesOf = (security: Sourced) =>
  Object.entries(security)
    .map(([key, setting]) => [key as SecurityKey, setting?.value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))

/** Describes what a file asks for, in one sentence. */
export function describeAsk(ask: Ask): string {
  if (ask.kind === 'templates') return `it uses the templates of ${ask.folder}, which is outside the project`
  if (ask.kind === 'registry') return `profile '${ask.profile}' requests schemas from ${ask.url}`
  if (ask.kind === 'request') return `profile '${ask.profile}' requests a token from ${ask.url}`
  const { profile, to, secrets } = ask
  return `profile '${profile}' sends ${plural(secrets.length, 'secret')} of yours to ${to}: ${secrets.join(', ')}`
}
