import { resolve } from 'node:path'
import { brokersProblem } from '../config/bus-address.ts'
import type { ColorChoice } from '../config/color.ts'
import { profileNameError } from '../config/config-file.ts'
import { checkedRegistry, EXAMPLE_REGISTRY } from '../config/registry/registry-setting.ts'
import { parseOptions } from '../config/security/named-settings.ts'
import { parseSecret, SECRET_FORMS, type Secret } from '../config/security/secrets/secret.ts'
import { type SecurityKey, type Sourced, secretKeys } from '../config/security/settings.ts'
import { parseStore } from '../config/store-address.ts'
import { UsageError } from '../errors.ts'
import { flag, hint } from '../suggestions.ts'
import { type ProfileKeys, secretText, securityKeys } from './profile-keys.ts'

/** The flags of `crbus profile create`. */
export interface CreateFlags {
  readonly brokers?: string | undefined
  readonly 'data-dir'?: string | undefined
  readonly tls?: boolean | undefined
  readonly option?: readonly string[] | undefined
  readonly store?: string | undefined
  readonly protected?: boolean | undefined
  readonly 'read-only'?: boolean | undefined
  readonly 'cluster-id'?: string | undefined
  readonly 'max-batch-bytes'?: number | undefined
  readonly schemas?: string | undefined
  readonly registry?: string | undefined
  readonly 'registry-username'?: string | undefined
  readonly 'registry-password'?: string | undefined
  readonly color?: ColorChoice | undefined
}

/** Builds a profile from flags. Paths are relative to `cwd`. Throws `UsageError` for flags that a profile cannot hold. */
export function profileFromFlags(name: string, flags: CreateFlags, cwd: string): ProfileKeys & { settings: Sourced } {
  const reason = profileNameError(name)
  if (reason !== undefined) throw new UsageError(`the name of a profile ${reason}`)
  const options = parseOptions(flags.option ?? [], cwd)
  const settings: Sourced = {
    ...options.settings,
    ...(flags.tls === undefined ? {} : { tls: { value: flags.tls, from: '--tls' } }),
  }
  const brokers = flags.brokers ?? options.brokers
  const folder = flags['data-dir']
  if ((brokers === undefined) === (folder === undefined)) {
    throw new UsageError(brokers === undefined ? 'the profile needs a bus' : 'a profile names one bus', [
      flag('--brokers HOST:PORT'),
      flag('--data-dir FOLDER', 'for an embedded bus'),
    ])
  }
  const problem = brokers === undefined ? undefined : brokersProblem(brokers)
  if (problem !== undefined) throw new UsageError(`--brokers ${problem}`)
  refusePlainSecrets(settings)
  return {
    settings,
    brokers,
    dataDir: folder === undefined ? undefined : resolve(cwd, folder),
    ...securityKeys(settings),
    clusterId: flags['cluster-id'],
    store: flags.store === undefined ? undefined : storeText(flags.store, cwd),
    readOnly: flags['read-only'] || undefined,
    protected: flags.protected || undefined,
    maxBatchBytes: flags['max-batch-bytes'],
    schemas: flags.schemas === undefined ? undefined : resolve(cwd, flags.schemas),
    registry: registryKey(flags, cwd),
    color: flags.color,
  }
}

/** Secrets that must not be in the file, nor in the history of the shell. The others are public. */
const hiddenKeys: readonly SecurityKey[] = secretKeys.filter((key) => !['ca', 'cert', 'username'].includes(key))

function refusePlainSecrets(settings: Sourced): void {
  for (const key of hiddenKeys) {
    const setting = settings[key]
    if (setting !== undefined) refusePlain(setting.value as Secret, setting.from)
  }
}

/** Throws `UsageError` for a secret that is on the command line itself. `from` is the flag without the value. */
function refusePlain({ kind }: Secret, from: string): void {
  if (kind !== 'plain') return
  throw new UsageError(`${from} contains the secret itself; a profile names the place where the secret is`, [
    flag(`${from}=env:NAME`, 'reads a variable'),
    flag(`${from}=file:PATH`, 'reads a file'),
    flag(`${from}='cmd:pass show kafka'`, 'runs a program'),
    flag(`${from}=keyring:SERVICE/ACCOUNT`, 'asks the keyring'),
  ])
}

/** Returns the registry as a profile has it: its URL, with the login if there is one. */
function registryKey(flags: CreateFlags, cwd: string): ProfileKeys['registry'] {
  const login = (['registry-username', 'registry-password'] as const).find((name) => flags[name] !== undefined)
  if (flags.registry === undefined) {
    // The flags do not depend on --registry by their definition: the usage in the help would then put all three together.
    if (login !== undefined) throw new UsageError(`--${login} needs --registry`, [flag('--registry URL')])
    return undefined
  }
  const username = secretOf(flags, 'registry-username', cwd)
  const password = secretOf(flags, 'registry-password', cwd)
  const fail = (problem: string) => new UsageError(`--registry ${problem}`, [flag(`--registry ${EXAMPLE_REGISTRY}`)])
  const { url } = checkedRegistry({ given: flags.registry, username, password }, fail)
  if (username === undefined || password === undefined) return url
  refusePlain(password, '--registry-password')
  return { url, username: secretText(username, 'username'), password: secretText(password, 'password') }
}

function secretOf(
  flags: CreateFlags,
  name: 'registry-username' | 'registry-password',
  cwd: string,
): Secret | undefined {
  const text = flags[name]
  if (text === undefined) return undefined
  const parsed = parseSecret(text, cwd)
  if ('problem' in parsed) throw new UsageError(`--${name} ${parsed.problem}`, SECRET_FORMS.map(hint))
  return parsed.secret
}

/** Returns the location of a store as a profile has it. The value may hold a password, so the error does not repeat it. */
function storeText(text: string, cwd: string): string {
  if (text.startsWith('env:')) return text
  const store = parseStore(text, cwd)
  if (store === undefined || store.kind === 'unknown') {
    throw new UsageError('--store is neither postgres://… nor env:NAME nor a path', [flag('--store env:DATABASE_URL')])
  }
  if (store.kind === 'sqlite') return store.path
  if (new URL(store.url).password !== '') {
    throw new UsageError('--store contains a password; a profile names the place where the secret is', [
      flag('--store env:DATABASE_URL', 'reads the whole address from a variable'),
    ])
  }
  return store.url
}
