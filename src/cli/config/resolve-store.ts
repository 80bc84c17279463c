import { join, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'
import type { BusAddress } from './bus-address.ts'
import type { BusFlags, ChosenProfile, ConfigSurroundings } from './config.ts'
import type { ConfigFile, Profile } from './config-file.ts'
import { xdgFolder } from './find-config-files.ts'
import type { Setting } from './setting.ts'
import type { StoreAddress } from './store-address.ts'

/** Returns the default folder of the embedded bus and its event store. */
export const dataFolder = ({ env, home }: Pick<ConfigSurroundings, 'env' | 'home'>): string =>
  join(xdgFolder(env.XDG_DATA_HOME, join(home, '.local', 'share')), 'crbus')

/** Decides which event store is in force, in the order that `resolveConfig` documents. */
export async function resolveStore(
  chosen: ChosenProfile | undefined,
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
    // The value may hold a password, so the message does not repeat it.
    throw new UsageError('--store is neither postgres://… nor a path', [
      flag('--store postgres://user:password@host/database', 'with %2F for a / in the password'),
      flag('--store data/store.db'),
    ])
  }
  const own = chosen && (await storeOfProfile(chosen.profile, files, surroundings))
  if (own && chosen.from === '--profile') return own
  if (env.CRBUS_STORE) return { value: await storeInVariable('CRBUS_STORE', surroundings), from: 'CRBUS_STORE' }
  // Rust services use DATABASE_URL for their store. Other programs use it for databases of any kind.
  if (/^postgres(ql)?:/i.test(env.DATABASE_URL ?? '')) {
    return { value: await storeInVariable('DATABASE_URL', surroundings), from: 'DATABASE_URL' }
  }
  if (own) return own
  const folder = bus.kind === 'embedded' ? bus.folder : resolve(cwd, env.CRBUS_DATA_DIR || dataFolder(surroundings))
  return { value: { kind: 'sqlite', path: join(folder, 'store.db') }, from: 'default' }
}

async function storeOfProfile(
  { file, origin, store }: Profile,
  files: readonly ConfigFile[],
  surroundings: ConfigSurroundings,
): Promise<Setting<StoreAddress> | undefined> {
  if (store === undefined) return undefined
  if (store.kind !== 'env') {
    const isFromProjectOnly =
      store.kind === 'postgres' && origin === 'project' && !(await isNamedByUser(store.url, files, surroundings))
    return { value: isFromProjectOnly ? { ...store, isFromProjectOnly } : store, from: file }
  }
  const { variable } = store
  const isAllowed =
    origin === 'user' || STORE_VARIABLE.test(variable) || files.some(({ allowEnv }) => allowEnv.includes(variable))
  const value: StoreAddress = isAllowed
    ? await storeInVariable(variable, surroundings, STORE_FILE)
    : { kind: 'unknown', variable, reason: VARIABLE_NOT_ALLOWED }
  const problem = value.kind === 'unknown' ? ` ${value.reason}` : ''
  return { value, from: `${file} (env:${variable}${problem})` }
}

/** Environment variables with names for the address of a store. Any other variable may hold an unrelated secret. */
const STORE_VARIABLE = /^CRBUS_|DATABASE_URL/

const VARIABLE_NOT_ALLOWED =
  'is not read: a project\'s file may name only CRBUS_… and …DATABASE_URL…, or a variable that "allow": { "env": […] } of ~/.config/crbus/config.json lists'

/** Whether the user's environment or own file also names this Postgres server, so that it may get the user's password. */
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

/** Reads a store address from an environment variable. Returns a problem instead of throwing it, because most commands need no store. */
async function storeInVariable(
  variable: string,
  { env, cwd }: ConfigSurroundings,
  allowedPath = ANY_PATH,
): Promise<StoreAddress> {
  const text = env[variable]
  if (!text) return { kind: 'unknown', variable, reason: 'is not set' }
  const { parseStore } = await import('./store-address.ts')
  const address = parseStore(text, cwd)
  if (address !== undefined && (address.kind !== 'sqlite' || allowedPath.pattern.test(text))) return address
  return { kind: 'unknown', variable, reason: `is neither postgres://… nor ${allowedPath.name}` }
}

const ANY_PATH = { pattern: /^/, name: 'a path' }

/** Paths allowed in a variable that a file names. The variable may hold a password, which must not become a file name. */
const STORE_FILE = { pattern: /\.(?:db|sqlite3?)$/i, name: 'a path that ends in .db or .sqlite' }
