import { createHash } from 'node:crypto'
import { plural } from '../../../ui/text/listed.ts'
import type { BusAddress } from '../bus-address.ts'
import type { ConfigFile, Profile } from '../config-file.ts'
import { shownSecret } from '../security/secret.ts'
import { type SecurityKey, type Sourced, secretKeys } from '../security/settings.ts'
import { outside } from './outside.ts'

/** Something that a project's file asks for and that needs the user's consent, because a stranger may have written the file. */
export type Ask =
  | SecretsAsk
  /** To use the templates of a folder outside the project. */
  | { readonly kind: 'templates'; readonly folder: string }

/** To read these secrets of the user, or run these programs, and send the result to these brokers. */
interface SecretsAsk {
  readonly kind: 'secrets'
  readonly profile: string
  readonly to: string
  readonly secrets: readonly string[]
}

/** What a project's file asks for. The user consents to all of it at once, and again when any of it changes. */
export interface Asks {
  readonly file: string
  /** Identifies the connections and the templates that the file names. It changes with them, and with the path of the file. */
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
  const ofUser = (bus.security?.from.login ?? []).filter((source) => source !== profile.file)
  if (ofUser.length === 0) return named === undefined ? [] : [named]
  return [{ kind: 'secrets', profile: profile.name, to: bus.brokers, secrets: [...(named?.secrets ?? []), ...ofUser] }]
}

/** Returns what the profile of a project asks for, or `undefined` if it needs nothing of the user's. */
function asksOfProfile({ name, bus, file, security }: Profile): SecretsAsk | undefined {
  const secrets = secretKeys.flatMap((key) => foreignSecret(security, key, file) ?? [])
  // Amazon's package finds the credentials of the user by itself.
  if (security.mechanism?.value === 'AWS_MSK_IAM') secrets.push('the credentials of AWS')
  if (secrets.length === 0) return undefined
  const brokers = bus?.kind === 'kafka' ? bus.brokers : 'the brokers in force'
  const tokenUrl = security.tokenUrl?.value
  return {
    kind: 'secrets',
    profile: name,
    to: tokenUrl === undefined ? brokers : `${tokenUrl} and ${brokers}`,
    secrets,
  }
}

/** Describes a secret that is not in the project itself. */
function foreignSecret(security: Sourced, key: (typeof secretKeys)[number], file: string): string | undefined {
  const secret = security[key]?.value
  if (secret === undefined || secret.kind === 'plain') return undefined
  if (secret.kind === 'file' && outside(secret.path, file) === undefined) return undefined
  // The user has to see the whole command before it may run.
  return secret.kind === 'command' ? `the output of the program: ${secret.words.join(' ')}` : shownSecret(secret)
}

function digestOf({ path, templates }: ConfigFile, profiles: readonly Profile[]): string {
  const connections = profiles.map(({ name, bus, clusterId, security }) => [name, bus, clusterId, valuesOf(security)])
  return createHash('sha256')
    .update(JSON.stringify([path, templates, connections]))
    .digest('hex')
}

const valuesOf = (security: Sourced) =>
  Object.entries(security)
    .map(([key, setting]) => [key as SecurityKey, setting?.value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))

/** Describes what a file asks for, in one sentence. */
export function describeAsk(ask: Ask): string {
  if (ask.kind === 'templates') return `it uses the templates of ${ask.folder}, which is outside the project`
  const { profile, to, secrets } = ask
  return `profile '${profile}' sends ${plural(secrets.length, 'secret')} of yours to ${to}: ${secrets.join(', ')}`
}
