import type { SerializedEvent } from '../bus/event.ts'
import { decodeCbor, encodeCbor } from '../codecs/cbor/cbor.ts'
import type { Action } from './action.ts'
import { withClock } from './aggregate.ts'
import type { EventCodec } from './codecs/codec.ts'
import type { StreamHandler } from './engine/stream-handler.ts'
import type { Clock, Step } from './reducer.ts'
import { type EarlierSaga, type Saga, sagaHandler } from './saga.ts'

/** The state of a conversation, and the version of the saga that the state belongs to. */
export interface Versioned<State> {
  readonly version: number
  readonly state: State
}

/** The event in the stream of a conversation that migrates it to a later version. */
export interface SagaMigrated extends Action {
  readonly type: typeof MIGRATED
  readonly to: number
}

const MIGRATED = 'crbus.SagaMigrated'
const MIGRATED_EVENT = `${MIGRATED}.v1`
/** The extra metadata field in which the first event of a conversation records its version. */
const VERSION_FIELD = 'saga_version'

/**
 * Creates the handler by which the engine runs a saga: every conversation is reduced by the version it began with, up to the
 * event that migrates it. Throws a `TypeError` for version numbers that are not whole numbers from 1, and for earlier
 * versions that are not before `version`.
 */
export function versionedHandler<State, A extends Action, Env>(
  saga: Saga<State, A, Env>,
  env: Env,
): StreamHandler<Versioned<State>, A | SagaMigrated> {
  const handler = sagaHandler(saga, env)
  const { version: current, all } = versionsOf(saga)
  return {
    ...handler,
    initial: { version: current, state: saga.initial },
    mark: current === 1 ? undefined : { [VERSION_FIELD]: current },
    codec: withMigrations(saga.codec),
    begin(streamId, first) {
      const version = beganWith(first)
      const found = all.get(version)
      if (found !== undefined) return { version, state: found.initial as State }
      throw new Error(
        version > current
          ? `${streamId} began with version ${version} of saga ${saga.name}, which is later than version ${current} of this code: run the later release`
          : `${streamId} began with version ${version} of saga ${saga.name}, which this code does not have: add versions: { ${version}: … } with the initial state and the reducer of that version`,
      )
    },
    reduce(before, action, at): Step<Versioned<State>, A | SagaMigrated> {
      if (isMigration(action)) return migrate(saga, before, action.to)
      const { reduce } = all.get(before.version) as Rules
      const { state, effects } = reduce(before.state, action, withClock(env, at)) as Step<State, A>
      return { state: state === before.state ? before : { version: before.version, state }, effects }
    },
  }
}

/** Whether conversations that began with version `from` can be migrated to the current version of the saga. */
export function canMigrate<State, A extends Action, Env>(saga: Saga<State, A, Env>, from: number): boolean {
  const { version, versions } = versionsOf(saga)
  return (
    from < version && versions.every((earlier) => earlier < from || saga.versions?.[earlier]?.migrate !== undefined)
  )
}

/** Reads the version that a conversation began with from its first event. */
export function beganWith({ metadata }: SerializedEvent): number {
  const version = metadata?.extra?.[VERSION_FIELD]
  return version === undefined ? 1 : Number(version)
}

/**
 * Creates the event that migrates a stream, with the correlation id and the trace of the stream's first event. The same
 * arguments give an equal event, so that a conversation is migrated once.
 */
export function migrationEvent(
  streamId: string,
  to: number,
  first?: Pick<SerializedEvent, 'metadata' | 'trace'>,
): SerializedEvent {
  const { correlationId, userId } = first?.metadata ?? {}
  const metadata = { causationId: streamId, correlationId, userId }
  return { ...encodeMigration({ type: MIGRATED, to }), metadata, trace: first?.trace }
}

/** Reads the version that a stored migration event leads to. */
export function migratedTo({ data, eventType }: SerializedEvent): number {
  const decoded = decodeCbor(data)
  const to = decoded.ok ? (decoded.value as { to?: unknown } | null)?.to : undefined
  if (typeof to === 'number') return to
  throw new TypeError(`the payload of ${eventType} has no number in the field 'to', the version that it leads to`)
}

/** The initial state and the reducer of one version. */
type Rules = {
  readonly initial: unknown
  readonly reduce: (state: unknown, action: Action, env: Clock) => Step<unknown>
}

/** Returns the current version and the rules of all versions. Throws a `TypeError` for invalid version numbers. */
function versionsOf<State, A extends Action, Env>(saga: Saga<State, A, Env>) {
  const { name, version = 1, versions = {} } = saga
  const earlier = Object.entries(versions).map(([number, rules]): [number, Rules] => [Number(number), rules as Rules])
  for (const [number] of [...earlier, [version]] as [number][]) {
    if (Number.isSafeInteger(number) && number >= 1) continue
    throw new TypeError(`invalid version ${number} of saga ${name}: versions are whole numbers from 1`)
  }
  const late = earlier.find(([number]) => number >= version)
  if (late) throw new TypeError(`versions of saga ${name} lists ${late[0]}, which is not before its version ${version}`)
  return {
    version,
    /** The earlier versions, in order. */
    versions: earlier.map(([number]) => number).sort((a, b) => a - b),
    all: new Map<number, Rules>([...earlier, [version, saga as unknown as Rules]]),
  }
}

/**
 * Migrates a state version by version up to `to`, or not at all when one of the `migrate` functions returns `undefined`.
 */
function migrate<State, A extends Action, Env>(
  saga: Saga<State, A, Env>,
  before: Versioned<State>,
  to: number,
): Step<Versioned<State>, A> {
  const { version: current, versions } = versionsOf(saga)
  let { version, state } = before as Versioned<unknown>
  while (version < to) {
    const earlier: EarlierSaga | undefined = saga.versions?.[version]
    if (earlier?.migrate === undefined) {
      throw new Error(
        `the conversation was migrated to version ${to}, and versions: { ${version}: … } of saga ${saga.name} has no migrate: add it again`,
      )
    }
    const migrated = earlier.migrate(state as never)
    if (migrated === undefined) return { state: before, effects: [] }
    state = migrated
    version = versions.find((later) => later > version) ?? current
  }
  if (version === before.version) return { state: before, effects: [] }
  return {
    state: { version, state: state as State },
    effects: version === current ? (saga.resume?.(state as State) ?? []) : [],
  }
}

const isMigration = (action: Action): action is SagaMigrated => action.type === MIGRATED

const encodeMigration = ({ to }: SagaMigrated) => {
  const encoded = encodeCbor({ to })
  if (!encoded.ok) throw new TypeError(`${MIGRATED} ${encoded.reason}`)
  return { eventType: MIGRATED_EVENT, eventVersion: 1, data: encoded.bytes }
}

/** Adds the migration event to the types that a codec knows. */
function withMigrations<A extends Action>(codec: EventCodec<A>): EventCodec<A | SagaMigrated> {
  return {
    types: codec.types,
    encode: (action) => (isMigration(action) ? encodeMigration(action) : codec.encode(action)),
    decode: (event) =>
      event.eventType === MIGRATED_EVENT ? { type: MIGRATED, to: migratedTo(event) } : codec.decode(event),
  }
}
