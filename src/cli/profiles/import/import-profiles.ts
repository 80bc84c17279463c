import { basename } from 'node:path'
import { plural } from '../../../ui/text/listed.ts'
import { brokersOf } from '../../config/bus-address.ts'
import { profileNameError } from '../../config/config-file.ts'
import { type SecurityKey, type Sourced, secretKeys } from '../../config/security/settings.ts'
import { UsageError } from '../../errors.ts'
import { flag, shellWord } from '../../suggestions.ts'
import { type ProfileKeys, securityKeys, securityPath } from '../profile-keys.ts'
import type { Tool } from './find-source.ts'
import type { Foreign, ForeignProfile, Source } from './foreign-profile.ts'
import { readProperties } from './properties.ts'
import { readRpk } from './rpk.ts'
import { readKaf, readKafkactl } from './yaml-tools.ts'

/** Something that the user should know about an import. */
export interface ImportNote {
  readonly code: 'left-out' | 'needs-secret'
  /** The name of the new profile; of a profile that is not imported, its name in the other tool. */
  readonly profile: string | undefined
  readonly setting: string
  readonly variable: string | undefined
  readonly message: string
}

export interface Import {
  readonly profiles: ReadonlyMap<string, ProfileKeys>
  readonly notes: readonly ImportNote[]
}

export interface ImportOptions {
  /** The names in the other tool of the profiles to import. Empty: all. */
  readonly only: readonly string[]
  /** The name of the new profile, if there is only one. */
  readonly name: string | undefined
  /** Whether to copy secrets. Otherwise, the profiles read them from variables. */
  readonly withSecrets: boolean
}

/** The most profiles that are imported at once: more than any user has clusters. */
const MAX_PROFILES = 100

/** Converts a file of another tool to profiles. Throws `UsageError` for a file that cannot be parsed. */
export function importProfiles(tool: Tool, source: Source, options: ImportOptions): Import {
  const foreign = readers[tool](source)
  const chosen = choose(foreign, options, source)
  const profiles = new Map<string, ProfileKeys>()
  const notes: ImportNote[] = foreign.leftOut.map(({ setting, reason }) => leftOut(undefined, setting, reason))
  const variables = new Set<string>()
  for (const one of chosen) {
    const name = options.name ?? profileName(one.name)
    const brokers = one.brokers.join(',')
    const why = profileNameError(name)
      ? 'its name cannot be the name of a profile; give one with --name'
      : profiles.has(name)
        ? `it would have the same name as another one, ${name}`
        : brokersOf(brokers) === undefined
          ? 'it has no valid brokers'
          : undefined
    if (why !== undefined) {
      notes.push({ ...leftOut(one.name, 'profile', why), message: `${titleOf(one.name)} is not imported: ${why}` })
      continue
    }
    const { settings, needed } = withoutSecrets(name, loginOrNone(one, name, notes), options.withSecrets, variables)
    notes.push(...one.leftOut.map(({ setting, reason }) => leftOut(name, setting, reason)), ...needed)
    profiles.set(name, { brokers, ...securityKeys(settings) })
  }
  return { profiles, notes }
}

const readers: Readonly<Record<Tool, (source: Source) => Foreign>> = {
  rpk: readRpk,
  kaf: readKaf,
  kafkactl: readKafkactl,
  kcat: (source) => readProperties(source, 'kcat'),
  librdkafka: (source) => readProperties(source, basename(source.path).replace(/\.[^.]*$/, '')),
}

function choose({ profiles }: Foreign, { only, name }: ImportOptions, { path }: Source): readonly ForeignProfile[] {
  const names = profiles.map((one) => one.name)
  const missing = only.find((one) => !names.includes(one))
  if (missing !== undefined) {
    throw new UsageError(
      `${path} has no profile '${missing}'`,
      names.slice(0, 5).map((one) => flag(`--only ${shellWord(one)}`)),
    )
  }
  const chosen = only.length === 0 ? profiles : profiles.filter((one) => only.includes(one.name))
  if (chosen.length > MAX_PROFILES) {
    throw new UsageError(`${path} has ${chosen.length} profiles; at most ${MAX_PROFILES} are imported at once`, [
      flag('--only NAME', 'imports one of them'),
    ])
  }
  if (name !== undefined && chosen.length > 1) {
    throw new UsageError(`--name names one profile, but ${path} has ${plural(chosen.length, 'profile')}`, [
      flag('--only NAME', 'imports one of them'),
    ])
  }
  return chosen
}

/** Turns the name of another tool into the name of a profile. */
const profileName = (name: string): string =>
  name
    .trim()
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')

/** The settings of a login. */
const loginKeys: readonly SecurityKey[] = [
  'mechanism',
  'username',
  'password',
  'token',
  'tokenUrl',
  'clientId',
  'clientSecret',
  'scope',
  'extensions',
]

/** Returns the settings without a login if its mechanism is missing, because a profile with such a login is invalid. */
function loginOrNone({ settings }: ForeignProfile, name: string, notes: ImportNote[]): Sourced {
  if (settings.mechanism !== undefined && settings.login?.value !== false) return settings
  const others = Object.entries(settings).filter(([key]) => !loginKeys.includes(key as SecurityKey) && key !== 'login')
  const hasLogin = settings.login?.value ?? loginKeys.some((key) => settings[key] !== undefined)
  if (hasLogin) notes.push(leftOut(name, 'login', 'it has no mechanism that crbus supports'))
  return Object.fromEntries(others) as Sourced
}

/** The secrets with the ends of their variables. A certificate and a user name are not secrets. */
const variableEnds: Partial<Readonly<Record<SecurityKey, string>>> = {
  password: 'PASSWORD',
  token: 'TOKEN',
  clientSecret: 'CLIENT_SECRET',
  passphrase: 'KEY_PASSPHRASE',
  key: 'TLS_KEY',
  pfx: 'TLS_PFX',
}

/** Replaces secrets by variables, unless they may be copied. So it does with a password that is missing. `taken` holds the variables of all profiles. */
function withoutSecrets(name: string, settings: Sourced, mayCopy: boolean, taken: Set<string>) {
  const needed: ImportNote[] = []
  const replaced: Record<string, unknown> = {}
  const need = (key: SecurityKey, variable: string, why: string) => {
    const path = securityPath(key)
    const message = `profile ${name}: set the environment variable ${variable}, which ${path} reads; ${why}`
    needed.push({ code: 'needs-secret', profile: name, setting: path, variable, message })
  }
  const replace = (key: SecurityKey, from: string, why: string) => {
    const variable = freeVariable(name, variableEnds[key] ?? '', taken)
    replaced[key] = { value: { kind: 'env', variable }, from }
    need(key, variable, why)
  }
  for (const key of secretKeys) {
    const setting = settings[key]
    // A stranger may have written the file, so the user has to see which variable it chose.
    if (setting?.value.kind === 'env') need(key, setting.value.variable, 'the file names it')
    if (mayCopy || setting?.value.kind !== 'plain' || variableEnds[key] === undefined) continue
    replace(key, setting.from, 'the secret was not copied')
  }
  // A tool may ask for the password, or keep it in a keyring.
  const { username, password } = settings
  if (username !== undefined && password === undefined) replace('password', username.from, 'the file has no password')
  return { settings: { ...settings, ...replaced } as Sourced, needed }
}

function freeVariable(name: string, end: string, taken: Set<string>): string {
  const stem = `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_${end}`
  const wanted = /^\d/.test(stem) ? `CRBUS_${stem}` : stem
  let variable = wanted
  for (let count = 2; taken.has(variable); count += 1) variable = `${wanted}_${count}`
  taken.add(variable)
  return variable
}

function leftOut(profile: string | undefined, setting: string, reason: string): ImportNote {
  const where = profile === undefined ? '' : `${titleOf(profile)}: `
  return { code: 'left-out', profile, setting, variable: undefined, message: `${where}left out ${setting}: ${reason}` }
}

const titleOf = (profile: string): string => (profile === '' ? 'a profile without a name' : `profile ${profile}`)
