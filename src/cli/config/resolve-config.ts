import { dirname, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { flag, hint } from '../suggestions.ts'
import { type BusAddress, brokersProblem, isSameBus, protocolOf } from './bus-address.ts'
import { chooseProfile } from './choose-profile.ts'
import { chooseColor } from './color.ts'
import type { BusFlags, ChosenProfile, Config, ConfigSurroundings, SchemasSetting } from './config.ts'
import type { ConfigFile, Profile } from './config-file.ts'
import type { Guard } from './guard.ts'
import { chooseRegistry } from './registry/choose-registry.ts'
import { dataFolder, resolveStore } from './resolve-store.ts'
import type { Setting } from './setting.ts'

/**
 * Decides which settings are in force. `UsageError` when flags, environment and files contradict each other. The first
 * source that has a value wins:
 *
 * | setting   | order                                                                                                   |
 * | --------- | ------------------------------------------------------------------------------------------------------- |
 * | profile   | `--profile`, `CRBUS_PROFILE`, `crbus profile use`, project's file, user's file                          |
 * | bus       | `--brokers` or `--data-dir`, bus of `--profile`, `CRBUS_BROKERS`, `REDPANDA_BROKERS`, `CRBUS_DATA_DIR`, |
 * |           | bus of another profile, `crbus` in `$XDG_DATA_HOME`                                                     |
 * | store     | `--store`, store of `--profile`, `CRBUS_STORE`, `DATABASE_URL` of Postgres, store of another profile,   |
 * |           | `store.db` in the folder of the embedded bus                                                            |
 * | schemas   | schemas of `--profile`, `CRBUS_SCHEMAS`, schemas of another profile, project's file, user's file        |
 * | registry  | `--registry`, registry of `--profile`, `CRBUS_REGISTRY`, registry of another profile                     |
 * | templates | project's file, user's file                                                                             |
 * | color     | `--no-color`, `NO_COLOR`, `FORCE_COLOR`, profile                                                        |
 * | topics    | for each topic: project's file, user's file                                                             |
 */
export async function resolveConfig(
  found: readonly ConfigFile[],
  flags: BusFlags,
  surroundings: ConfigSurroundings,
): Promise<Config> {
  const files = found.filter(({ ignored }) => ignored === undefined)
  const defined = files.flatMap(({ profiles }) => [...profiles.values()])
  const ignored = found.find((file) => file.ignored !== undefined)
  const chosen = await chooseProfile(found, defined, flags, surroundings, whyIgnored)
  const bus = await secured(await chooseBus(chosen, flags, surroundings), chosen, flags, surroundings)
  const registry = chooseRegistry(chosen, flags, surroundings)
  return {
    files: files.map(({ path }) => path),
    project: files.find(({ origin }) => origin === 'project')?.path,
    ignored: ignored && whyIgnored(ignored),
    consent: await consentFor(files, chosen?.profile, bus, registry),
    profiles: new Map(
      [...Map.groupBy(defined, ({ name }) => name)].map(([name, all]) => [
        name,
        { isGuarded: all.some(({ guard }) => guard), isInBothFiles: all.length > 1 },
      ]),
    ),
    profile: chosen && { value: chosen.profile.name, from: chosen.from },
    bus,
    maxBatchBytes: bus.value.kind === 'kafka' ? chooseMaxBatchBytes(chosen, flags) : undefined,
    guard: guardOf(chosen?.profile, bus.value, defined),
    store: await resolveStore(chosen, bus.value, files, flags, surroundings),
    schemas: chooseSchemas(chosen, files, surroundings),
    registry,
    templates: firstOf(files, 'templates'),
    color: chooseColor({ isOff: flags['no-color'], env: surroundings.env, ofProfile: colorOf(chosen) }),
    topics: byName(files, 'topics'),
    services: byName(files, 'services'),
  }
}

/** Returns the topics or services of all files, each with its file. Those of the project replace those of the user. */
const byName = <Key extends 'topics' | 'services'>(files: readonly ConfigFile[], key: Key): Config[Key] =>
  new Map(
    files.toReversed().flatMap((file) => [...file[key]].map(([name, value]) => [name, { value, from: file.path }])),
  ) as Config[Key]

const whyIgnored = ({ path, ignored }: ConfigFile): string =>
  `${path} is ignored: ${ignored}; if you trust it, list its folder in ~/.config/crbus/config.json: "allow": { "folders": ["${dirname(path)}"] }`

/** Chooses the bus. The profile's bus ranks above the environment if `--profile` chose the profile, otherwise below it. */
async function chooseBus(
  chosen: ChosenProfile | undefined,
  flags: BusFlags,
  surroundings: ConfigSurroundings,
): Promise<Setting<BusAddress>> {
  const { env, cwd } = surroundings
  // A script that runs `-b "$BROKERS"` without setting the variable must not change the local file instead.
  if (flags.brokers !== undefined && flags.brokers.trim() === '') {
    throw new UsageError('--brokers is empty', [
      flag('-b 127.0.0.1:9092'),
      hint('leave --brokers out to use the local file'),
    ])
  }
  if (flags['data-dir'] === '') throw new UsageError('--data-dir is empty', [flag('--data-dir .crbus')])
  const maxBatchBytes = chooseMaxBatchBytes(chosen, flags)
  const limit = maxBatchBytes === undefined ? {} : { maxBatchBytes: maxBatchBytes.value }
  const kafka = (brokers: string, from: string) => {
    const problem = brokersProblem(brokers)
    if (problem !== undefined) {
      // What precedes an @ may be a password.
      const shown = brokers.includes('@') ? '' : ` '${brokers}'`
      throw new UsageError(`${from}${shown} ${problem}`, [flag('-b 127.0.0.1:9092')])
    }
    return { value: { kind: 'kafka', brokers, ...limit }, from } as const
  }
  const embedded = (folder: string, from: string) =>
    ({ value: { kind: 'embedded', folder: resolve(cwd, folder) }, from }) as const
  if (flags.brokers !== undefined) return kafka(flags.brokers, '--brokers')
  if (flags['data-dir'] !== undefined) return embedded(flags['data-dir'], '--data-dir')
  const named = await optionsOf(flags, cwd)
  if (named?.brokers !== undefined) return kafka(named.brokers, '-X bootstrap.servers')
  const bus = chosen?.profile.bus
  const value = bus?.kind === 'kafka' ? { ...bus, ...limit, clusterId: chosen?.profile.clusterId } : bus
  const ofProfile = chosen !== undefined && value !== undefined ? { value, from: chosen.profile.file } : undefined
  if (ofProfile && chosen?.from === '--profile') return ofProfile
  if (env.CRBUS_BROKERS) return kafka(env.CRBUS_BROKERS, 'CRBUS_BROKERS')
  if (env.REDPANDA_BROKERS) return kafka(env.REDPANDA_BROKERS, 'REDPANDA_BROKERS')
  if (env.CRBUS_DATA_DIR) return embedded(env.CRBUS_DATA_DIR, 'CRBUS_DATA_DIR')
  if (ofProfile) return ofProfile
  const variable = KAFKA_BROKER_VARIABLES.find((name) => env[name])
  return variable === undefined ? embedded(dataFolder(surroundings), 'default') : kafka(env[variable] ?? '', variable)
}

/** The variables with the addresses of brokers that other clients read too. */
const KAFKA_BROKER_VARIABLES = ['KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_BROKERS']

/** Parses the values of -X. Loads the table of properties only if there are some. */
async function optionsOf({ option }: BusFlags, cwd: string) {
  if (option === undefined) return undefined
  const { parseOptions } = await import('./security/named-settings.ts')
  return parseOptions(option, cwd)
}

/**
 * Adds TLS and login to the address of brokers. The sources rank as those of the bus do. A profile's settings belong to its own
 * brokers: other brokers get them only if the user names both, with `--profile` and `--brokers`, and the profile is in the user's
 * own file. `KAFKA_…` variables, which the user may have set for other programs, do not apply to the brokers of a profile.
 */
async function secured(
  bus: Setting<BusAddress>,
  chosen: ChosenProfile | undefined,
  flags: BusFlags,
  surroundings: ConfigSurroundings,
): Promise<Setting<BusAddress>> {
  const { value, from } = bus
  if (value.kind !== 'kafka') return bus
  const [named, { resolveSecurity }, { protocolSettings }] = await Promise.all([
    import('./security/named-settings.ts'),
    import('./security/resolve-security.ts'),
    import('./security/settings.ts'),
  ])
  const isOfProfile = chosen !== undefined && from === chosen.profile.file
  const isChosenByFlag = chosen?.from === '--profile'
  const isForBoth = isChosenByFlag && chosen.profile.origin === 'user'
  const own = isOfProfile || isForBoth ? [chosen.profile.security] : []
  const environment = [named.fromEnvironment(surroundings)]
  const sources = [
    flags.tls === undefined ? {} : { tls: { value: flags.tls, from: flags.tls ? '--tls' : '--no-tls' } },
    (await optionsOf(flags, surroundings.cwd))?.settings ?? {},
    isOfProfile ? {} : (protocolSettings(protocolOf(value.brokers) ?? '', from) ?? {}),
    ...(isChosenByFlag ? [...own, ...environment] : [...environment, ...own]),
    isOfProfile ? {} : named.fromKafkaVariables(surroundings),
  ]
  return { value: { ...value, security: resolveSecurity(sources, value.brokers) }, from }
}

/** Returns what the project's file needs the user's consent for, if it needs any. */
async function consentFor(
  files: readonly ConfigFile[],
  profile: Profile | undefined,
  bus: Setting<BusAddress>,
  registry: Config['registry'],
): Promise<Config['consent']> {
  const project = files.find(({ origin }) => origin === 'project')
  if (project === undefined || (project.profiles.size === 0 && project.templates === undefined)) return undefined
  const { asksOf, asksOfBus, asksOfRegistry } = await import('./trust/consent.ts')
  const isOfProject = profile?.origin === 'project' && bus.from === project.path
  return {
    ...asksOf(project),
    bus: isOfProject ? asksOfBus(profile, bus.value) : [],
    registry: profile?.origin === 'project' && registry?.from === project.path ? asksOfRegistry(profile) : [],
  }
}

const colorOf = (chosen: ChosenProfile | undefined): Config['color'] =>
  chosen?.profile.color && { value: chosen.profile.color, from: chosen.profile.file }

/** Returns the path that the first file with this key has. */
const firstOf = (files: readonly ConfigFile[], key: 'schemas' | 'templates'): Setting<string> | undefined =>
  files.flatMap(({ path, [key]: value }) => (value === undefined ? [] : [{ value, from: path }]))[0]

/** Chooses the schemas. Those of the profile rank above the environment if `--profile` chose the profile, otherwise below it. */
function chooseSchemas(
  chosen: ChosenProfile | undefined,
  files: readonly ConfigFile[],
  { env, cwd }: ConfigSurroundings,
): SchemasSetting | undefined {
  const own = chosen?.profile.schemas
  const ofProfile = own && { value: own, from: chosen?.profile.file ?? '', mustExist: false, isOfProfile: true }
  if (ofProfile && chosen?.from === '--profile') return ofProfile
  if (env.CRBUS_SCHEMAS) {
    return { value: resolve(cwd, env.CRBUS_SCHEMAS), from: 'CRBUS_SCHEMAS', mustExist: true, isOfProfile: false }
  }
  const ofFile = firstOf(files, 'schemas')
  return ofProfile || (ofFile && { ...ofFile, mustExist: false, isOfProfile: false })
}

function chooseMaxBatchBytes(chosen: ChosenProfile | undefined, flags: BusFlags): Setting<number> | undefined {
  const given = flags['max-batch-bytes']
  if (given !== undefined) return { value: given, from: '--max-batch-bytes' }
  const own = chosen?.profile.maxBatchBytes
  return own === undefined ? undefined : { value: own, from: chosen?.profile.file ?? '' }
}

/**
 * Returns the strictest guard of the bus. The guard of the profile in force applies to every bus. The guard of any other
 * profile applies if that profile has the same bus.
 */
function guardOf(profile: Profile | undefined, bus: BusAddress, defined: readonly Profile[]): Guard | undefined {
  const guarded = defined.filter(({ guard }) => guard !== undefined)
  const own = guarded.filter(({ name }) => name === profile?.name)
  const same = guarded.filter((one) => one.bus !== undefined && isSameBus(one.bus, bus))
  const guarding = [...own, ...same]
  const strictest = guarding.find(({ guard }) => guard === 'read-only') ?? guarding[0]
  if (strictest?.guard === undefined) return undefined
  const { name, file, guard } = strictest
  return { kind: guard, profile: name, file, isByAddress: name !== profile?.name }
}
