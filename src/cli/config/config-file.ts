import { dirname } from 'node:path'
import { topicNameError } from '../../bus/names/names.ts'
import type { ServiceDeclaration } from '../../operations/topology/services.ts'
import { type BusAddress, protocolOf } from './bus-address.ts'
import { type ColorChoice, colorChoices } from './color.ts'
import { readJsonFile } from './read-json-file.ts'
import {
  brokers,
  count,
  invalid,
  type KeyPath,
  type KeyProblem,
  list,
  named,
  type Origin,
  oneOf,
  path,
  type Read,
  shape,
  text,
  time,
  userOnly,
  yesOrNo,
} from './read-keys.ts'
import { type RegistrySetting, registry } from './registry/registry-setting.ts'
import { sasl, tls } from './security/profile-keys.ts'
import { merged, protocolSettings, type Sourced } from './security/settings.ts'
import { parseStore, type StoreAddress } from './store-address.ts'

/** The protection of a bus against changes; see `guard.ts`. */
export type GuardKind = 'read-only' | 'protected'

/** A named bus with its event store and guard. */
export interface Profile {
  readonly name: string
  /** The file that defines the profile. */
  readonly file: string
  readonly origin: Origin
  /** Absent: the bus that would be used without the profile. */
  readonly bus: BusAddress | undefined
  readonly store: StoreAddress | { readonly kind: 'env'; readonly variable: string } | undefined
  readonly guard: GuardKind | undefined
  /** The largest record batch to read, in bytes. Also applies to brokers that a flag or the environment names. */
  readonly maxBatchBytes: number | undefined
  /** TLS and login of the brokers. */
  readonly security: Sourced
  /** The id that the cluster must have. */
  readonly clusterId: string | undefined
  /** The folder of schemas, or a schema file: an absolute path. Overrides that of the files. */
  readonly schemas: string | undefined
  /** The Schema Registry of the topics. */
  readonly registry: RegistrySetting | undefined
  readonly color: ColorChoice | undefined
}

export interface TopicSettings {
  readonly partitions: number | undefined
  readonly replication: number | undefined
  /** Milliseconds. */
  readonly retention: number | undefined
  /** The codec of payloads. */
  readonly codec: TopicCodec | undefined
  readonly envelope: (typeof topicEnvelopes)[number] | undefined
  /** The schema file of payloads, an absolute path. Absent: the file in the folder of schemas that names the topic. */
  readonly schema: string | undefined
  /** The record key: the event type (the default), or the id of the aggregate, from the payload field `id`. */
  readonly key: (typeof recordKeys)[number] | undefined
  /** The payload field with the id of the aggregate. */
  readonly id: string | undefined
}

export const topicCodecs = ['cbor', 'json', 'msgpack', 'bincode'] as const
/** The envelope formats that a topic may have. */
export const topicEnvelopes = ['bincode', 'cbor'] as const
/** What a record key may be: the event type or the id of the aggregate. */
export const recordKeys = ['type', 'aggregate'] as const
/** A codec that a service may use for the payloads of a topic. */
export type TopicCodec = (typeof topicCodecs)[number]

/** The content of one configuration file. Paths are absolute. */
export interface ConfigFile {
  readonly path: string
  readonly origin: Origin
  /** Why the file is ignored. If so, it has no settings. Absent: the file is in force. */
  readonly ignored?: string | undefined
  /** From the user's file: further environment variables that a project's file may name for a store. */
  readonly allowEnv: readonly string[]
  /** From the user's file: folders whose `crbus.json` is in force although another user owns it. */
  readonly allowFolders: readonly string[]
  /** The default profile. */
  readonly profile: string | undefined
  readonly profiles: ReadonlyMap<string, Profile>
  readonly schemas: string | undefined
  readonly templates: string | undefined
  readonly topics: ReadonlyMap<string, TopicSettings>
  readonly services: ReadonlyMap<string, ServiceDeclaration>
}

/** Reads a configuration file. `UsageError` names the file and the first key that is wrong. */
export const readConfigFile = (path: string, origin: Origin): ConfigFile =>
  parseConfigFile(readJsonFile(path), path, origin)

/**
 * Checks the content of a configuration file and returns its settings. `problems` collects the problems of all keys; without it, the
 * first one is thrown.
 */
export function parseConfigFile(content: unknown, path: string, origin: Origin, problems?: KeyProblem[]): ConfigFile {
  const top = { file: path, key: '', origin, problems }
  const { profile, profiles, schemas, templates, topics, services, allow } = readTop(content, top)
  return {
    path,
    origin,
    allowEnv: allow?.env ?? [],
    allowFolders: allow?.folders ?? [],
    profile,
    profiles: new Map([...(profiles ?? [])].map(([name, keys]) => [name, toProfile(name, top, keys)])),
    schemas,
    templates,
    topics: new Map([...(topics ?? [])].map(([topic, keys]) => [topic, toTopicSettings(keys)])),
    services: new Map([...(services ?? [])].map(([name, keys]) => [name, toService(keys)])),
  }
}

/** Returns a project's file that is ignored. It has no settings, because its content is not even parsed. */
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
  services: new Map(),
})

const store: Read<NonNullable<Profile['store']>> = (value, at) => {
  const given = text(value, at)
  if (given.startsWith('env:')) return { kind: 'env', variable: variable(given.slice('env:'.length), at) }
  const address = parseStore(given, dirname(at.file))
  if (address === undefined) throw invalid(at, 'is not the address of an event store', ...STORES)
  if (address.kind === 'sqlite') path(given, at)
  if (address.kind !== 'postgres' || at.origin === 'user') return address
  const parameters = new URL(address.url).searchParams
  const file = FILE_PARAMETERS.find((name) => parameters.has(name))
  if (file === undefined) return address
  throw invalid(
    at,
    `has the parameter ${file}, which names a file to read; a project's crbus.json must not do that`,
    ...OWN_STORE,
  )
}

/** Parameters of a Postgres URL that make `pg` read a file, such as a private key. */
const FILE_PARAMETERS = ['sslcert', 'sslkey', 'sslrootcert']

const OWN_STORE = ['set CRBUS_STORE to this address', 'move the profile to ~/.config/crbus/config.json']

const STORES = ['"env:DATABASE_URL"', '"postgres://user@host/database"', '"events.db"'] as const

const variable: Read<string> = (value, at) => {
  const given = text(value, at)
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(given)) throw invalid(at, 'must name an environment variable', STORES[0])
  return given
}

const profileKeys = shape({
  brokers,
  dataDir: path,
  store,
  readOnly: yesOrNo,
  protected: yesOrNo,
  maxBatchBytes: count,
  tls,
  sasl,
  clusterId: text,
  schemas: path,
  registry,
  color: oneOf(...colorChoices),
})

const profile: typeof profileKeys = (value, at) => {
  const read = profileKeys(value, at)
  if (read.brokers !== undefined && read.dataDir !== undefined) {
    throw invalid(at, 'has both brokers and dataDir, but a profile names one bus')
  }
  const ofBrokers = (['tls', 'sasl', 'clusterId'] as const).find((key) => read[key] !== undefined)
  if (read.dataDir !== undefined && ofBrokers !== undefined) {
    throw invalid(at, `has ${ofBrokers}, which belongs to brokers, but its bus is the folder of dataDir`)
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

const topic: typeof topicKeys = (value, at) => {
  const read = topicKeys(value, at)
  if (read.key === 'aggregate' && read.id === undefined) {
    throw invalid(
      at,
      'has "key": "aggregate" but no "id", the payload field with the id of the aggregate',
      '"id": "order_id"',
    )
  }
  return read
}

/** The event types of topics, by topic. */
const typesOfTopics = named((topic) => topicNameError(topic)?.message, list(text))

const service = shape({ group: text, consumes: typesOfTopics, publishes: typesOfTopics })

/** Returns why a text cannot be the name of a service. */
const serviceNameError = (name: string): string | undefined =>
  name.trim() === '' ? 'is empty, but a service needs a name' : undefined

/** Returns why a text cannot be the name of a profile. */
export const profileNameError = (name: string): string | undefined =>
  /^[A-Za-z0-9._-]+$/.test(name) && name !== '__proto__'
    ? undefined
    : 'may contain only letters, digits, dots, underscores and hyphens'

const readTop = shape({
  /** The JSON Schema of the file, for editors. */
  $schema: text,
  profile: text,
  profiles: named(profileNameError, profile),
  schemas: path,
  templates: path,
  topics: named((topic) => topicNameError(topic)?.message, topic),
  services: named(serviceNameError, service),
  allow: userOnly(shape({ env: list(variable), folders: list(path) })),
})

function toProfile(name: string, { file, origin }: KeyPath, keys: ReturnType<typeof profileKeys>): Profile {
  const embedded = keys.dataDir === undefined ? undefined : ({ kind: 'embedded', folder: keys.dataDir } as const)
  return {
    name,
    file,
    origin,
    bus: keys.brokers === undefined ? embedded : { kind: 'kafka', brokers: keys.brokers },
    store: keys.store,
    guard: keys.readOnly ? 'read-only' : keys.protected ? 'protected' : undefined,
    maxBatchBytes: keys.maxBatchBytes,
    security: merged([
      keys.tls ?? {},
      keys.sasl ?? {},
      protocolSettings(protocolOf(keys.brokers ?? '') ?? '', file) ?? {},
    ]),
    clusterId: keys.clusterId,
    schemas: keys.schemas,
    registry: keys.registry,
    color: keys.color,
  }
}

/** Returns all settings of a topic, with `undefined` for a key that the file does not have. */
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

const toService = ({ group, consumes, publishes }: ReturnType<typeof service>): ServiceDeclaration => ({
  group,
  consumes: consumes ?? new Map(),
  publishes: publishes ?? new Map(),
})
