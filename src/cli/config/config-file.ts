import { closeSync, openSync, readSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { topicNameError } from '../../bus/names/names.ts'
import { namesLike } from '../../bus/names/names-like.ts'
import { duration } from '../../bus/time/duration.ts'
import { causeOf } from '../../files/cause.ts'
import { UsageError } from '../errors.ts'
import { type BusAddress, brokersOf } from './bus-address.ts'
import { findRepeatedKey } from './repeated-key.ts'
import { parseStore, type StoreAddress } from './store-address.ts'

/** What protects a bus from changes; see `guard.ts`. */
export type GuardKind = 'read-only' | 'protected'

/** Whose file it is: found in a project, and perhaps written by a stranger, or the user's own. */
export type Origin = 'project' | 'user'

/** A bus and what belongs to it, under a name. */
export interface Profile {
  readonly name: string
  /** The file that says so. */
  readonly file: string
  readonly origin: Origin
  /** Absent: whichever bus there would be without the profile. */
  readonly bus: BusAddress | undefined
  readonly store: StoreAddress | { readonly kind: 'env'; readonly variable: string } | undefined
  readonly guard: GuardKind | undefined
  /** The largest record batch that is read from brokers, these or others. */
  readonly maxBatchBytes: number | undefined
}

export interface TopicSettings {
  readonly partitions: number | undefined
  readonly replication: number | undefined
  /** Milliseconds. */
  readonly retention: number | undefined
  /** How payloads are written. */
  readonly codec: TopicCodec | undefined
  readonly envelope: (typeof topicEnvelopes)[number] | undefined
  /** The schema file of its payloads, an absolute path. Absent: the one in the folder of schemas that names the topic. */
  readonly schema: string | undefined
  /** What records are keyed by: their event type (the default), or the aggregate that the field `id` names. */
  readonly key: (typeof recordKeys)[number] | undefined
  /** The field of payloads that names the aggregate. */
  readonly id: string | undefined
}

export const topicCodecs = ['cbor', 'json', 'bincode'] as const
/** Formats of envelopes that a topic may have. */
export const topicEnvelopes = ['bincode', 'cbor'] as const
/** What the records of a topic may be keyed by. */
export const recordKeys = ['type', 'aggregate'] as const
/** A codec of payloads that a service writes a topic with. */
export type TopicCodec = (typeof topicCodecs)[number]

/** One file, read. Paths are absolute. */
export interface ConfigFile {
  readonly path: string
  readonly origin: Origin
  /** Why nothing of it counts; it is empty then. Absent: it counts. */
  readonly ignored?: string | undefined
  /** Of the user's file: environment variables that a project's file may name as well, for a store. */
  readonly allowEnv: readonly string[]
  /** Of the user's file: folders whose `crbus.json` counts although another user owns it. */
  readonly allowFolders: readonly string[]
  /** The profile that goes when none is named. */
  readonly profile: string | undefined
  readonly profiles: ReadonlyMap<string, Profile>
  readonly schemas: string | undefined
  readonly templates: string | undefined
  readonly topics: ReadonlyMap<string, TopicSettings>
}

/** Reads a configuration file. `UsageError` names the file and the first key that is wrong. */
export function readConfigFile(path: string, origin: Origin): ConfigFile {
  const place = { file: path, key: '', origin }
  const { profile, profiles, schemas, templates, topics, allow } = readTop(parse(path), place)
  return {
    path,
    origin,
    allowEnv: allow?.env ?? [],
    allowFolders: allow?.folders ?? [],
    profile,
    profiles: new Map([...(profiles ?? [])].map(([name, keys]) => [name, toProfile(name, place, keys)])),
    schemas,
    templates,
    topics: new Map([...(topics ?? [])].map(([topic, keys]) => [topic, toTopicSettings(keys)])),
  }
}

/** A file of the project that does not count: what it says is not even parsed. */
export const ignoredFile = (path: string, reason: string): ConfigFile => ({
  path,
  origin: 'project',
  ignored: reason,
  allowEnv: [],
  allowFolders: [],
  profile: undefined,
  profiles: new Map(),
  schemas: undefined,
  templates: undefined,
  topics: new Map(),
})

/** A file of a thousand topics has a tenth of it. */
const MAX_FILE_BYTES = 1024 * 1024

function parse(path: string): unknown {
  let bytes: Buffer
  try {
    bytes = readStart(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${causeOf(error, path)}`)
  }
  if (bytes.length > MAX_FILE_BYTES) throw new UsageError(`${path} is larger than 1 MiB, the most that crbus reads`)
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${whyBroken(text, (error as Error).message)}`)
  }
  const repeated = findRepeatedKey(text)
  // A reader sees the first, JavaScript takes the last.
  if (repeated !== undefined) {
    throw new UsageError(`${path} has the key "${repeated.key}" twice in one object, again at line ${repeated.line}`)
  }
  return value
}

/** A file, or one byte more of it than the limit. The size that a file is said to have need not be true. */
function readStart(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(MAX_FILE_BYTES + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null)
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

/** Node's message may quote the file, and that a password: only its reason is kept, and the place. */
function whyBroken(text: string, message: string): string {
  const [reason] = message.split(/ in JSON at position |, (?:\.\.\.)?"| of JSON input/, 1)
  const position = / in JSON at position (\d+)/.exec(message)?.[1]
  const before = text.slice(0, position === undefined ? firstBroken(text) : Number(position)).split('\n')
  return `${reason} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

/** The first character that cannot be where it is, for which Node gives no position; else the end. */
function firstBroken(text: string): number {
  let [sound, broken] = [0, text.length + 1]
  while (broken - sound > 1) {
    const middle = Math.floor((sound + broken) / 2)
    if (hasBadToken(text.slice(0, middle))) broken = middle
    else sound = middle
  }
  return broken - 1
}

function hasBadToken(text: string): boolean {
  try {
    JSON.parse(text)
    return false
  } catch (error) {
    return (error as Error).message.startsWith('Unexpected token')
  }
}

/** A place in a file: `profiles.prod.brokers`, empty for the whole. */
interface Place {
  readonly file: string
  readonly key: string
  readonly origin: Origin
}

/** Takes a value for what it must be, or throws what is wrong with it. */
type Read<T> = (value: unknown, place: Place) => T

// Values are not repeated in what is said of them: one may be a password.
const wrong = ({ file, key }: Pick<Place, 'file' | 'key'>, what: string, ...suggestions: string[]): UsageError =>
  new UsageError(`${file}: ${key === '' ? 'the file' : key} ${what}`, suggestions)

const text: Read<string> = (value, place) => {
  if (typeof value !== 'string' || value.trim() === '') throw wrong(place, 'must be a text that is not empty')
  return value
}

const path: Read<string> = (value, place) => {
  const given = text(value, place)
  // On Windows it names another host, which would be sent the user's name and a proof of the password.
  if (place.origin === 'project' && /^[\\/]{2}/.test(given)) {
    throw wrong(place, "begins with two slashes, as the path of another host does, which a project's file cannot name")
  }
  return resolve(dirname(place.file), given)
}

const brokers: Read<string> = (value, place) => {
  const given = text(value, place)
  if (brokersOf(given) === undefined) throw wrong(place, 'must be host:port, several separated by commas')
  return given
}

const yesOrNo: Read<boolean> = (value, place) => {
  if (typeof value !== 'boolean') throw wrong(place, 'must be true or false')
  return value
}

const count: Read<number> = (value, place) => {
  if (!Number.isSafeInteger(value) || Number(value) < 1) throw wrong(place, 'must be a whole number from 1 on')
  return Number(value)
}

const oneOf =
  <T extends string>(...allowed: readonly T[]): Read<T> =>
  (value, place) => {
    const found = allowed.find((one) => one === value)
    if (found !== undefined) return found
    throw wrong(place, `must be ${allowed.map((one) => JSON.stringify(one)).join(' or ')}`)
  }

const time: Read<number> = (value, place) => {
  const length = duration(text(value, place))
  if (!length) throw wrong(place, 'must be a time', '"7d"', '"12h30m"')
  return length
}

const store: Read<NonNullable<Profile['store']>> = (value, place) => {
  const given = text(value, place)
  if (given.startsWith('env:')) {
    return { kind: 'env', variable: variable(given.slice('env:'.length), place) }
  }
  const address = parseStore(given, dirname(place.file))
  if (address === undefined) throw wrong(place, 'is no event store', ...STORES)
  if (address.kind === 'sqlite') path(given, place)
  if (address.kind !== 'postgres' || place.origin === 'user') return address
  const file = FILE_PARAMETERS.find((name) => parametersOf(address.url).has(name))
  if (file === undefined) return address
  throw wrong(
    place,
    `has ${file}, by which a file would be read; an address in a project's file cannot have it`,
    ...OWN,
  )
}

/** Parameters by which `pg` reads a file wherever it is, such as the key that lets its owner in. */
const FILE_PARAMETERS = ['sslcert', 'sslkey', 'sslrootcert']

const parametersOf = (url: string): URLSearchParams => new URL(url).searchParams

const OWN = ['set CRBUS_STORE to this address', 'a profile in ~/.config/crbus/config.json']

const variable: Read<string> = (value, place) => {
  const given = text(value, place)
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(given)) throw wrong(place, 'names no environment variable', STORES[0])
  return given
}

const STORES = ['"env:DATABASE_URL"', '"postgres://user@host/database"', '"events.db"'] as const

type Shape<Keys extends Readonly<Record<string, Read<unknown>>>> = {
  readonly [Key in keyof Keys]: ReturnType<Keys[Key]> | undefined
}

/** An object of these keys, each of which may be missing, and of no others. */
const shape =
  <Keys extends Readonly<Record<string, Read<unknown>>>>(keys: Keys): Read<Shape<Keys>> =>
  (value, place) => {
    const known = Object.keys(keys)
    const read = entriesOf(value, place).map(([name, own]) => {
      const at = below(place, name)
      if (!known.includes(name)) {
        const [near] = namesLike(name, known)
        const meant = near === undefined ? '' : `; did you mean '${near}'?`
        throw wrong(at, `is no key of crbus${meant}`, `one of ${known.join(', ')}`)
      }
      return [name, keys[name]?.(own, at)] as const
    })
    return Object.fromEntries(read) as Shape<Keys>
  }

/** An object whose keys are names of the user's. */
const named =
  <T>(check: (name: string) => string | undefined, read: Read<T>): Read<ReadonlyMap<string, T>> =>
  (value, place) =>
    new Map(
      entriesOf(value, place).map(([name, own]) => {
        const at = below(place, name)
        const reason = check(name)
        if (reason !== undefined) throw wrong(at, reason)
        return [name, read(own, at)]
      }),
    )

const below = ({ key, ...place }: Place, name: string): Place => ({
  ...place,
  key: key === '' ? name : `${key}.${name}`,
})

const list =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value, place) => {
    if (!Array.isArray(value)) throw wrong(place, 'must be a list')
    return value.map((item, index) => read(item, below(place, String(index))))
  }

/** A key that gives rights to projects, so a project cannot have it. */
const own =
  <T>(read: Read<T>): Read<T> =>
  (value, place) => {
    if (place.origin === 'user') return read(value, place)
    throw wrong(place, 'belongs into your own file, ~/.config/crbus/config.json: a project cannot give itself rights')
  }

function entriesOf(value: unknown, place: Place): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(place, 'must be an object')
  return Object.entries(value)
}

const profileKeys = shape({
  brokers,
  dataDir: path,
  store,
  readOnly: yesOrNo,
  protected: yesOrNo,
  maxBatchBytes: count,
})

const profile: typeof profileKeys = (value, place) => {
  const read = profileKeys(value, place)
  if (read.brokers !== undefined && read.dataDir !== undefined) {
    throw wrong(place, 'has both brokers and dataDir: a profile is one bus')
  }
  return read
}

const topicKeys = shape({
  partitions: count,
  replication: count,
  retention: time,
  codec: oneOf(...topicCodecs),
  envelope: oneOf(...topicEnvelopes),
  schema: path,
  key: oneOf(...recordKeys),
  id: text,
})

const topic: typeof topicKeys = (value, place) => {
  const read = topicKeys(value, place)
  if (read.key === 'aggregate' && read.id === undefined) {
    throw wrong(place, 'has the key "aggregate" without id, the field that names the aggregate', '"id": "order_id"')
  }
  if (read.schema !== undefined && (read.codec === 'cbor' || read.codec === 'json')) {
    throw wrong(place, `has a schema, which is for the codec "bincode", and the codec "${read.codec}"`)
  }
  return read
}

const readTop = shape({
  profile: text,
  profiles: named(
    (name) =>
      /^[A-Za-z0-9._-]+$/.test(name) ? undefined : 'may hold only letters, digits, dot, underscore and hyphen',
    profile,
  ),
  schemas: path,
  templates: path,
  topics: named((topic) => topicNameError(topic)?.message, topic),
  allow: own(shape({ env: list(variable), folders: list(path) })),
})

function toProfile(name: string, { file, origin }: Place, keys: ReturnType<typeof profileKeys>): Profile {
  const embedded = keys.dataDir === undefined ? undefined : ({ kind: 'embedded', folder: keys.dataDir } as const)
  return {
    name,
    file,
    origin,
    bus: keys.brokers === undefined ? embedded : { kind: 'kafka', brokers: keys.brokers },
    store: keys.store,
    guard: keys.readOnly ? 'read-only' : keys.protected ? 'protected' : undefined,
    maxBatchBytes: keys.maxBatchBytes,
  }
}

/** Every key, `undefined` where the file does not have it. */
const toTopicSettings = (keys: Partial<TopicSettings>): TopicSettings => ({
  partitions: keys.partitions,
  replication: keys.replication,
  retention: keys.retention,
  codec: keys.codec,
  envelope: keys.envelope,
  schema: keys.schema,
  key: keys.key,
  id: keys.id,
})
