import { UsageError } from '../../errors.ts'
import { flag, hint } from '../../suggestions.ts'
import type { BusFlags, ChosenProfile, ConfigSurroundings } from '../config.ts'
import { parseSecret, SECRET_FORMS, type Secret } from '../security/secrets/secret.ts'
import type { Setting } from '../setting.ts'
import { checkedRegistry, EXAMPLE_REGISTRY, type RegistrySetting } from './registry-setting.ts'

/**
 * Chooses the registry: that of `--registry`, of the profile of `--profile`, of `CRBUS_REGISTRY`, or of another profile. A login
 * belongs to the URL that it is set with: that of a profile to the profile's URL, that of the environment to the others.
 */
export function chooseRegistry(
  chosen: ChosenProfile | undefined,
  flags: Pick<BusFlags, 'registry'>,
  { env, cwd }: ConfigSurroundings,
): Setting<RegistrySetting> | undefined {
  const ofEnvironment = (given: string, from: string): Setting<RegistrySetting> => {
    const at = (name: string) => (env[name] ? variableSecret(name, env[name], cwd) : undefined)
    const login = { username: at('CRBUS_REGISTRY_USERNAME'), password: at('CRBUS_REGISTRY_PASSWORD') }
    const fail = (problem: string) => new UsageError(`${from} ${problem}`, [flag(`--registry ${EXAMPLE_REGISTRY}`)])
    return { value: checkedRegistry({ given, ...login }, fail), from }
  }
  const own = chosen?.profile.registry
  const ofProfile = own && { value: own, from: chosen?.profile.file ?? '' }
  if (flags.registry !== undefined) return ofEnvironment(flags.registry, '--registry')
  if (ofProfile && chosen?.from === '--profile') return ofProfile
  return env.CRBUS_REGISTRY ? ofEnvironment(env.CRBUS_REGISTRY, 'CRBUS_REGISTRY') : ofProfile
}

function variableSecret(name: string, given: string, cwd: string): Secret {
  const parsed = parseSecret(given, cwd)
  if ('problem' in parsed) throw new UsageError(`${name} ${parsed.problem}`, SECRET_FORMS.map(hint))
  return parsed.secret
}
