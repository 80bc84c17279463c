import { lstatSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import type { BusFlags } from '../process/context.ts'
import { type BusAddress, isSameBus } from './bus-address.ts'
import type { ConfigFile, Profile, TopicSettings } from './config-file.ts'
import type { Guard } from './guard.ts'
import type { StoreAddress } from './store-address.ts'

/** A value in force and who says so: a flag, an environment variable, a file, or `default`. */
export interface Setting<T> {
  readonly value: T
  readonly from: string
}

/** What is in force for a command: flags before the environment, the project's file, the user's file, defaults. */
export interface Config {
  /** The files that were read. */
  readonly files: readonly string[]
  /** The project's file among them. It may be a stranger's: what it may do is said in README.md of this folder. */
  readonly project: string | undefined
  /** Which file was found and does not count, why, and what to do about it: a sentence. */
  readonly ignored: string | undefined
  /** All there are, by name. */
  readonly profiles: ReadonlyMap<string, { readonly isGuarded: boolean; readonly isInBothFiles: boolean }>
  readonly profile: Setting<string> | undefined
  readonly bus: Setting<BusAddress>
  /** Part of the address of a bus on brokers, and said apart from it. */
  readonly maxBatchBytes: Setting<number> | undefined
  readonly guard: Guard | undefined
  /** Where the event store is. It may hold a password: print `shownStore` of it. */
  readonly store: Setting<StoreAddress>
  /** A file or folder. What a file names need not be there yet. */
  readonly schemas: (Setting<string> & { readonly mustExist: boolean }) | undefined
  /** A folder. */
  readonly templates: Setting<string> | undefined
  /** What topics are to be like, by name. */
  readonly topics: ReadonlyMap<string, Setting<TopicSettings>>
}

export interface ConfigSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly cwd: string
}

const PROJECT_FILE = 'crbus.json'

/** Profiles that are named when none is like the one asked for. */
const MAX_SUGGESTIONS = 5

/**
 * A folder of the XDG specification, which says that a relative one is ignored: it would be another one in each working
 * directory, and a project could put a file of its own into it.
 */
export const xdgFolder = (given: string | undefined, usual: string): string =>
  given !== undefined && isAbsolute(given) ? given : usual

const userFile = ({ env, home }: ConfigSurroundings): string =>
  join(xdgFolder(env.XDG_CONFIG_HOME, join(home, '.config')), 'crbus', 'config.json')

/**
 * The project's file, in the working directory or the nearest folder above that has one, then the user's. Where there is
 * none, what reads them is not loaded. A project's file of another user is ignored.
 */
export async function readConfigFiles(surroundings: ConfigSurroundings): Promise<ConfigFile[]> {
  const project = projectFile(surroundings.cwd)
  const own = userFile(surroundings)
  const isOwn = isFile(own)
  if (project === undefined && !isOwn) return []
  const { ignoredFile, readConfigFile } = await import('./config-file.ts')
  const ownFiles = isOwn ? [readConfigFile(own, 'user')] : []
  if (project === undefined) return ownFiles
  const stranger = strangerOwning(project, surroundings)
  const isAllowed = ownFiles.some(({ allowFolders }) => allowFolders.includes(dirname(project)))
  if (stranger === undefined || isAllowed) return [readConfigFile(project, 'project'), ...ownFiles]
  return [ignoredFile(project, `it belongs to another user (uid ${stranger})`), ...ownFiles]
}

/**
 * The user id of who owns a file, unless that is this user or root. A folder that others may write to, such as /tmp, is
 * above many working directories. Where users have no ids, as on Windows, it is always `undefined`.
 */
function strangerOwning(path: string, { env }: ConfigSurroundings): number | undefined {
  const user = process.geteuid?.()
  if (user === undefined) return undefined
  // Under sudo the files are those of the user who typed it.
  const trusted = [user, 0, ...(user === 0 && /^\d+$/.test(env.SUDO_UID ?? '') ? [Number(env.SUDO_UID)] : [])]
  // Of a link, who made it has chosen the file, and who owns the file what is in it.
  return [lstatSync(path).uid, ...ownerBehind(path)].find((uid) => !trusted.includes(uid))
}

function ownerBehind(link: string): number[] {
  try {
    return [statSync(link).uid]
  } catch {
    // It leads nowhere, which reading it says.
    return []
  }
}

function projectFile(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const path = join(folder, PROJECT_FILE)
    if (isFile(path)) return path
    if (dirname(folder) === folder) return undefined
  }
}

/** Whether there is a file, or a link that leads to none: passing over it would do something else than what was meant. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? isLink(path)
  } catch (error) {
    // A folder that this user may not look into counts as one without a file.
    return (error as NodeJS.ErrnoException).code === 'ELOOP' && isLink(path)
  }
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

/** Decides what is in force. `UsageError` when flags, environment or files do not fit together. */
export async function resolveConfig(
  found: readonly ConfigFile[],
  flags: BusFlags,
  surroundings: ConfigSurroundings,
): Promise<Config> {
  const files = found.filter(({ ignored }) => ignored === undefined)
  const defined = files.flatMap(({ profiles }) => [...profiles.values()])
  const ignored = found.find((file) => file.ignored !== undefined)
  const chosen = await chooseProfile(files, defined, ignored, flags, surroundings)
  const bus = chooseBus(chosen, flags, surroundings)
  const { env, cwd } = surroundings
  const first = <Key extends 'schemas' | 'templates'>(key: Key): Setting<string> | undefined =>
    files.flatMap(({ path, [key]: value }) => (value === undefined ? [] : [{ value, from: path }]))[0]
  const schemas = env.CRBUS_SCHEMAS
    ? { value: resolve(cwd, env.CRBUS_SCHEMAS), from: 'CRBUS_SCHEMAS' }
    : first('schemas')
  return {
    files: files.map(({ path }) => path),
    project: files.find(({ origin }) => origin === 'project')?.path,
    ignored: ignored && whyIgnored(ignored),
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
    store: await chooseStore(chosen, bus.value, files, flags, surroundings),
    schemas: schemas && { ...schemas, mustExist: schemas.from === 'CRBUS_SCHEMAS' },
    templates: first('templates'),
    topics: new Map(
      files
        .toReversed()
        .flatMap(({ path, topics }) => [...topics].map(([topic, value]) => [topic, { value, from: path }])),
    ),
  }
}

const whyIgnored = ({ path, ignored }: ConfigFile): string =>
  `${path} is ignored: ${ignored}; if you trust it, list its folder in ~/.config/crbus/config.json: "allow": { "folders": ["${dirname(path)}"] }`

interface Chosen {
  readonly profile: Profile
  readonly from: string
}

async function chooseProfile(
  files: readonly ConfigFile[],
  defined: readonly Profile[],
  ignored: ConfigFile | undefined,
  flags: BusFlags,
  surroundings: ConfigSurroundings,
): Promise<Chosen | undefined> {
  const file = files.find(({ profile }) => profile !== undefined)
  const [name, from] =
    flags.profile !== undefined
      ? [flags.profile, '--profile']
      : surroundings.env.CRBUS_PROFILE
        ? [surroundings.env.CRBUS_PROFILE, 'CRBUS_PROFILE']
        : [file?.profile, file?.path ?? '']
  if (name === undefined) return undefined
  // A profile is whole in one file: the user's password must not go to the brokers that a project names.
  const profile = defined.find((one) => one.name === name)
  if (profile !== undefined) return { profile, from }
  if (ignored !== undefined) {
    throw new UsageError(`${from} names profile '${name}', which is not known, and ${whyIgnored(ignored)}`)
  }
  if (files.length === 0) {
    const looked = `there is no ${PROJECT_FILE} in ${surroundings.cwd} or above, and no ${userFile(surroundings)}`
    throw new UsageError(`${from} names profile '${name}', and ${looked}`)
  }
  const names = [...new Set(defined.map((one) => one.name))]
  const { namesLike } = await import('../../bus/names/names-like.ts')
  const [near] = namesLike(name, names)
  throw new UsageError(
    `${from} names profile '${name}', which ${files.map(({ path }) => path).join(' and ')} ${files.length === 1 ? 'does' : 'do'} not have`,
    (near === undefined ? names.slice(0, MAX_SUGGESTIONS) : [near]).map((one) => `--profile ${one}`),
  )
}

/** A profile that was asked for by a flag goes before what the environment says, any other after it. */
function chooseBus(
  chosen: Chosen | undefined,
  flags: BusFlags,
  { env, home, cwd }: ConfigSurroundings,
): Setting<BusAddress> {
  // What an unset variable in a script makes of `-b "$BROKERS"` must not write to a local file.
  if (flags.brokers !== undefined && flags.brokers.trim() === '') {
    throw new UsageError('--brokers is empty', ['-b 127.0.0.1:9092', 'leave --brokers out to use the local file'])
  }
  if (flags['data-dir'] === '') throw new UsageError('--data-dir is empty', ['--data-dir .crbus'])
  const maxBatchBytes = chooseMaxBatchBytes(chosen, flags)
  const limit = maxBatchBytes === undefined ? {} : { maxBatchBytes: maxBatchBytes.value }
  const kafka = (brokers: string, from: string) => ({ value: { kind: 'kafka', brokers, ...limit }, from }) as const
  const embedded = (folder: string, from: string) =>
    ({ value: { kind: 'embedded', folder: resolve(cwd, folder) }, from }) as const
  if (flags.brokers !== undefined) return kafka(flags.brokers, '--brokers')
  if (flags['data-dir'] !== undefined) return embedded(flags['data-dir'], '--data-dir')
  const bus = chosen?.profile.bus
  const value = bus?.kind === 'kafka' ? { ...bus, ...limit } : bus
  const isOwn = chosen !== undefined && value !== undefined && !(flags.embedded && value.kind === 'kafka')
  const own = isOwn ? { value, from: chosen.profile.file } : undefined
  if (own && chosen?.from === '--profile') return own
  if (!flags.embedded && env.CRBUS_BROKERS) return kafka(env.CRBUS_BROKERS, 'CRBUS_BROKERS')
  if (!flags.embedded && env.REDPANDA_BROKERS) return kafka(env.REDPANDA_BROKERS, 'REDPANDA_BROKERS')
  if (env.CRBUS_DATA_DIR) return embedded(env.CRBUS_DATA_DIR, 'CRBUS_DATA_DIR')
  return own ?? embedded(userFolder({ env, home }), 'default')
}

function chooseMaxBatchBytes(chosen: Chosen | undefined, flags: BusFlags): Setting<number> | undefined {
  const given = flags['max-batch-bytes']
  if (given !== undefined) return { value: given, from: '--max-batch-bytes' }
  const own = chosen?.profile.maxBatchBytes
  return own === undefined ? undefined : { value: own, from: chosen?.profile.file ?? '' }
}

const userFolder = ({ env, home }: Pick<ConfigSurroundings, 'env' | 'home'>): string =>
  join(xdgFolder(env.XDG_DATA_HOME, join(home, '.local', 'share')), 'crbus')

/** As with the bus, a profile that was asked for by a flag goes before what the environment says, any other after it. */
async function chooseStore(
  chosen: Chosen | undefined,
  bus: BusAddress,
  files: readonly ConfigFile[],
  flags: BusFlags,
  surroundings: ConfigSurroundings,
): Promise<Setting<StoreAddress>> {
  const { env, cwd } = surroundings
  if (flags.store !== undefined) {
    const { parseStore } = await import('./store-address.ts')
    const value = parseStore(flags.store, cwd)
    if (value !== undefined) return { value, from: '--store' }
    // It may hold a password, and is not repeated.
    throw new UsageError('--store is neither postgres://… nor a path', [
      '--store postgres://user:password@host/database, with %2F for a / in the password',
      '--store data/store.db',
    ])
  }
  const own = chosen && (await storeOf(chosen.profile, files, surroundings))
  if (own && chosen.from === '--profile') return own
  if (env.CRBUS_STORE) return { value: await storeIn('CRBUS_STORE', surroundings), from: 'CRBUS_STORE' }
  // The Rust services' name for it, which others use for databases of any kind.
  if (/^postgres(ql)?:/i.test(env.DATABASE_URL ?? '')) {
    return { value: await storeIn('DATABASE_URL', surroundings), from: 'DATABASE_URL' }
  }
  if (own) return own
  const folder = bus.kind === 'embedded' ? bus.folder : resolve(cwd, env.CRBUS_DATA_DIR || userFolder(surroundings))
  return { value: { kind: 'sqlite', path: join(folder, 'store.db') }, from: 'default' }
}

/**
 * The profile in force guards whatever bus is named beside it, and every profile guards its own bus, however that was
 * come by. The stricter of several holds.
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

async function storeOf(
  { file, origin, store }: Profile,
  files: readonly ConfigFile[],
  surroundings: ConfigSurroundings,
): Promise<Setting<StoreAddress> | undefined> {
  if (store === undefined) return undefined
  if (store.kind !== 'env') {
    const isStrangers =
      store.kind === 'postgres' && origin === 'project' && !(await isNamedByUser(store.url, files, surroundings))
    return { value: isStrangers ? { ...store, isStrangers } : store, from: file }
  }
  const { variable } = store
  const isMeant = origin === 'user' || MEANT_FOR_STORES.test(variable)
  const value: StoreAddress =
    isMeant || files.some(({ allowEnv }) => allowEnv.includes(variable))
      ? await storeIn(variable, surroundings, STORE_FILE)
      : { kind: 'unknown', variable, reason: NOT_MEANT }
  const but = value.kind === 'unknown' ? ` ${value.reason}` : ''
  return { value, from: `${file} (env:${variable}${but})` }
}

/** Variables that hold the address of a store by their name; any other may hold a secret that is for something else. */
const MEANT_FOR_STORES = /^CRBUS_|DATABASE_URL/

const NOT_MEANT =
  'is not read, since a project\'s file may name only CRBUS_… and …DATABASE_URL…, or what "allow": { "env": […] } of ~/.config/crbus/config.json lists'

/** Whether the user's environment or own file names the server of a Postgres: then what is the user's may go there. */
async function isNamedByUser(url: string, files: readonly ConfigFile[], { env }: ConfigSurroundings): Promise<boolean> {
  const { serverOf } = await import('./store-address.ts')
  const ofFile = files
    .filter(({ origin }) => origin === 'user')
    .flatMap(({ profiles }) => [...profiles.values()])
    .map(({ store }) => (store?.kind === 'postgres' ? store.url : store?.kind === 'env' ? env[store.variable] : ''))
  const named = [env.CRBUS_STORE, env.DATABASE_URL, ...ofFile].map((text) =>
    /^postgres(ql)?:\/\//i.test(text ?? '') ? serverOf(text ?? '') : undefined,
  )
  const ofLibpq = env.PGHOST ? `${env.PGHOST}:${env.PGPORT || 5432}`.toLowerCase() : undefined
  const server = serverOf(url)
  return server !== undefined && [...named, ofLibpq].includes(server)
}

/** What an environment variable names. A command that needs no store needs none to be known. */
async function storeIn(
  variable: string,
  { env, cwd }: ConfigSurroundings,
  path = { pattern: /(?:)/, name: 'a path' },
): Promise<StoreAddress> {
  const text = env[variable]
  if (!text) return { kind: 'unknown', variable, reason: 'is not set' }
  const { parseStore } = await import('./store-address.ts')
  const address = parseStore(text, cwd)
  if (address !== undefined && (address.kind !== 'sqlite' || path.pattern.test(text))) return address
  return { kind: 'unknown', variable, reason: `is neither postgres://… nor ${path.name}` }
}

/** For a variable that a file names. It may hold a password, of which no file name must be made. */
const STORE_FILE = { pattern: /\.(?:db|sqlite3?)$/i, name: 'a path that ends in .db or .sqlite' }
