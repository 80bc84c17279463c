import { accessSync, constants, statSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import type { ConfigSurroundings } from '../config/config.ts'
import { type ConfigFile, type Profile, parseConfigFile } from '../config/config-file.ts'
import { readJsonFile } from '../config/read-json-file.ts'
import type { KeyProblem, Origin } from '../config/read-keys.ts'
import { fromEnvironment } from '../config/security/named-settings.ts'
import { resolveSecurity } from '../config/security/resolve-security.ts'
import { whyUnreadable } from '../config/security/secrets/file-secret.ts'
import type { Secret } from '../config/security/secrets/secret.ts'
import { type SecurityKey, secretKeys } from '../config/security/settings.ts'
import { isReadableByOthers } from '../config/security/warnings.ts'
import { UsageError } from '../errors.ts'
import type { Context } from '../process/context.ts'
import { formatSuggestion } from '../suggestions.ts'
import { securityPath } from './profile-keys.ts'

/** A problem of a configuration file. The message never contains a secret. */
export interface Finding {
  readonly code:
    | 'invalid'
    | 'undefined-profile'
    | 'incomplete'
    | 'unset-variable'
    | 'unreadable-file'
    | 'missing-program'
    | 'open-file'
    | 'tracked-secret'
  readonly file: string
  /** Absent: the whole file. */
  readonly key: string | undefined
  readonly message: string
}

type Found = Omit<Finding, 'file'>

/**
 * Checks a configuration file and returns all its problems. Runs no program of the file and prints no secret. `others` are names of
 * profiles that other files define.
 */
export function validateFile(
  path: string,
  origin: Origin,
  others: ReadonlySet<string>,
  surroundings: ConfigSurroundings,
  git: Context['git'],
): Finding[] {
  return findingsOf(path, origin, others, surroundings, git).map(({ code, key, message }) => ({
    code,
    file: path,
    key,
    message,
  }))
}

function findingsOf(
  path: string,
  origin: Origin,
  others: ReadonlySet<string>,
  surroundings: ConfigSurroundings,
  git: Context['git'],
): Found[] {
  const problems: KeyProblem[] = []
  let file: ConfigFile
  try {
    file = parseConfigFile(readJsonFile(path), path, origin, problems)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    // The file cannot be read. The suggestion is this command.
    return problems.length > 0 ? problems.map(toFinding) : [{ code: 'invalid', key: undefined, message: error.message }]
  }
  const profiles = [...file.profiles.values()]
  const isKnown = file.profile === undefined || file.profiles.has(file.profile) || others.has(file.profile)
  return [
    ...(isKnown
      ? []
      : [
          {
            code: 'undefined-profile',
            key: 'profile',
            message: `names profile '${file.profile}', which no file defines`,
          } as const,
        ]),
    ...profiles.flatMap((profile) => findingsOfProfile(profile, surroundings)),
    ...findingsOfPlainSecrets(path, profiles, git),
  ]
}

/** Turns the error of a key into a finding, with the first suggestion. */
function toFinding({ key, error }: KeyProblem): Found {
  const [first] = error.suggestions
  const hint = first === undefined ? '' : ` (${formatSuggestion(first)})`
  return { code: 'invalid', key: key === '' ? undefined : key, message: `${error.message}${hint}` }
}

function findingsOfProfile(profile: Profile, surroundings: ConfigSurroundings): Found[] {
  const { name, bus, store, security } = profile
  const key = `profiles.${name}`
  const findings: Found[] = []
  try {
    // Variables may complete a profile, such as CRBUS_SASL_PASSWORD.
    resolveSecurity([security, fromEnvironment(surroundings)], bus?.kind === 'kafka' ? bus.brokers : '')
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    findings.push({ ...toFinding({ key, error }), code: 'incomplete' })
  }
  if (store?.kind === 'env' && !surroundings.env[store.variable]) {
    findings.push({ code: 'unset-variable', key: `${key}.store`, message: `${store.variable} is not set` })
  }
  for (const secretKey of secretKeys) {
    const secret = security[secretKey]?.value
    const found = secret && findingOfSecret(secret, secretKey, surroundings.env)
    if (found !== undefined) findings.push({ ...found, key: `${key}.${securityPath(secretKey)}` })
  }
  return findings
}

/** Settings that other users may read. */
const PUBLIC: readonly SecurityKey[] = ['ca', 'cert', 'username']

function findingOfSecret(
  secret: Secret,
  key: SecurityKey,
  env: ConfigSurroundings['env'],
): Pick<Found, 'code' | 'message'> | undefined {
  switch (secret.kind) {
    case 'env':
      return env[secret.variable] ? undefined : { code: 'unset-variable', message: `${secret.variable} is not set` }
    case 'file': {
      const { path } = secret
      const reason = whyNoFile(path)
      if (reason !== undefined) return { code: 'unreadable-file', message: `cannot be read: ${reason}` }
      if (PUBLIC.includes(key) || !isReadableByOthers(path)) return undefined
      return {
        code: 'open-file',
        message: `other users can read the secret in ${path}; change that with: chmod 600 ${path}`,
      }
    }
    case 'command': {
      const [program] = secret.words
      if (isProgram(program, env)) return undefined
      return { code: 'missing-program', message: `there is no program '${program}'` }
    }
    default:
      return undefined
  }
}

function whyNoFile(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK)
    return statSync(path).isDirectory() ? `${path} is a folder` : undefined
  } catch (error) {
    return whyUnreadable(path, error)
  }
}

/** Whether a program is at its path, or in a folder of PATH. */
function isProgram(program: string, env: ConfigSurroundings['env']): boolean {
  const folders = /[\\/]/.test(program) ? [''] : (env.PATH ?? '').split(delimiter)
  const endings = process.platform === 'win32' ? ['', ...(env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';')] : ['']
  return folders.some((folder) => endings.some((ending) => isExecutable(join(folder, program + ending))))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Finds secrets in the file itself that other users or other clones can read. */
function findingsOfPlainSecrets(path: string, profiles: readonly Profile[], git: Context['git']): Found[] {
  const keys = profiles.flatMap(({ name, security, store }) => [
    ...secretKeys
      .filter((key) => !PUBLIC.includes(key) && security[key]?.value.kind === 'plain')
      .map((key) => `profiles.${name}.${securityPath(key)}`),
    ...(store?.kind === 'postgres' && new URL(store.url).password !== '' ? [`profiles.${name}.store`] : []),
  ])
  if (keys.length === 0) return []
  const isTracked = isTrackedByGit(path, git)
  return [
    ...(isReadableByOthers(path)
      ? [
          {
            code: 'open-file',
            key: undefined,
            message: `other users can read the secrets in it; change that with: chmod 600 ${path}`,
          } as const,
        ]
      : []),
    ...(isTracked
      ? keys.map(
          (key) =>
            ({
              code: 'tracked-secret',
              key,
              message: 'is a secret in a file that git tracks; write env:NAME, file:PATH, cmd:… or keyring:… instead',
            }) as const,
        )
      : []),
  ]
}

/** Whether git tracks a file. Without the file system monitor, a program that the settings of a repository can name. */
const isTrackedByGit = (path: string, git: Context['git']): boolean =>
  git(['-c', 'core.fsmonitor=false', 'ls-files', '--error-unmatch', '--', basename(path)], dirname(path)).ok
