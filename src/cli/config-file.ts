import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { duration } from '../bus/duration.ts'
import { topicNameError } from '../bus/names.ts'
import { namesLike } from '../bus/names-like.ts'
import { type BusAddress, brokersOf } from './bus-address.ts'
import { UsageError } from './errors.ts'
import { parseStore, type StoreAddress } from './store-address.ts'

/** What protects a bus from changes; see `guard.ts`. */
export type GuardKind = 'read-only' | 'protected'

/** A bus and what belongs to it, under a name. */
export interface Profile {
  readonly name: string
  /** The file that says so. */
  readonly file: string
  /** Absent: whichever bus there would be without the profile. */
  readonly bus: BusAddress | undefined
  readonly store: StoreAddress | { readonly kind: 'env'; readonly variable: string } | undefined
  readonly guard: GuardKind | undefined
}

export interface TopicSettings {
  readonly partitions: number | undefined
  readonly replication: number | undefined
  /** Milliseconds. */
  readonly retention: number | undefined
}

/** One file, read. Paths are absolute. */
export interface ConfigFile {
  readonly path: string
  /** The profile that goes when none is named. */
  readonly profile: string | undefined
  readonly profiles: ReadonlyMap<string, Profile>
  readonly schemas: string | undefined
  readonly templates: string | undefined
  readonly topics: ReadonlyMap<string, TopicSettings>
}

/** Reads a configuration file. `UsageError` names the file and the first key that is wrong. */
export function readConfigFile(path: string): ConfigFile {
  const { profile, profiles, schemas, templates, topics } = readTop(parse(path), { file: path, key: '' })
  return {
    path,
    profile,
    profiles: new Map([...(profiles ?? [])].map(([name, keys]) => [name, toProfile(name, path, keys)])),
    schemas,
    templates,
    topics: new Map(
      [...(topics ?? [])].map(([topic, { partitions, replication, retention }]) => [
        topic,
        { partitions, replication, retention },
      ]),
    ),
  }
}

function parse(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '')
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${whyBroken(text, (error as Error).message)}`)
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
}

/** Takes a value for what it must be, or throws what is wrong with it. */
type Read<T> = (value: unknown, place: Place) => T

// Values are not repeated in what is said of them: one may be a password.
const wrong = ({ file, key }: Place, what: string, ...suggestions: string[]): UsageError =>
  new UsageError(`${file}: ${key === '' ? 'the file' : key} ${what}`, suggestions)

const text: Read<string> = (value, place) => {
  if (typeof value !== 'string' || value.trim() === '') throw wrong(place, 'must be a text that is not empty')
  return value
}

const path: Read<string> = (value, place) => resolve(dirname(place.file), text(value, place))

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
  if (!Number.isInteger(value) || Number(value) < 1) throw wrong(place, 'must be a whole number from 1 on')
  return Number(value)
}

const time: Read<number> = (value, place) => {
  const length = duration(text(value, place))
  if (!length) throw wrong(place, 'must be a time', '"7d"', '"12h30m"')
  return length
}

const store: Read<NonNullable<Profile['store']>> = (value, place) => {
  const given = text(value, place)
  if (given.startsWith('env:')) {
    const variable = given.slice('env:'.length)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) throw wrong(place, 'names no environment variable', STORES[0])
    return { kind: 'env', variable }
  }
  const address = parseStore(given, dirname(place.file))
  if (address === undefined) throw wrong(place, 'is no event store', ...STORES)
  return address
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

const below = ({ file, key }: Place, name: string): Place => ({ file, key: key === '' ? name : `${key}.${name}` })

function entriesOf(value: unknown, place: Place): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(place, 'must be an object')
  return Object.entries(value)
}

const profileKeys = shape({ brokers, dataDir: path, store, readOnly: yesOrNo, protected: yesOrNo })

const profile: typeof profileKeys = (value, place) => {
  const read = profileKeys(value, place)
  if (read.brokers !== undefined && read.dataDir !== undefined) {
    throw wrong(place, 'has both brokers and dataDir: a profile is one bus')
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
  topics: named(
    (topic) => topicNameError(topic)?.message,
    shape({ partitions: count, replication: count, retention: time }),
  ),
})

function toProfile(name: string, file: string, keys: ReturnType<typeof profileKeys>): Profile {
  const embedded = keys.dataDir === undefined ? undefined : ({ kind: 'embedded', folder: keys.dataDir } as const)
  return {
    name,
    file,
    bus: keys.brokers === undefined ? embedded : { kind: 'kafka', brokers: keys.brokers },
    store: keys.store,
    guard: keys.readOnly ? 'read-only' : keys.protected ? 'protected' : undefined,
  }
}
