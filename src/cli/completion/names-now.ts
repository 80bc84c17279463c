import type { EventBus } from '../../bus/event-bus.ts'
import { within } from '../../bus/time/within.ts'
import { knownEventTypes } from '../../operations/publish/example-event.ts'
import { openSchemas } from '../../operations/schemas/open.ts'
import type { BusFlags, Config } from '../config/config.ts'
import type { Context } from '../process/context.ts'
import { schemaLocationOf } from '../schema-location.ts'
import { keyOfBus, NamesCache } from './names-cache.ts'
import { mayConnect } from './refresh-names.ts'
import { sagaNames } from './saga-names.ts'
import type { LiveKind } from './value-kind.ts'

/** How long reading the names may take: the error of a script must not wait for brokers that do not answer. */
const MAX_WAIT_MS = 1500

/** What selects the names. */
export interface NamesRequest {
  readonly context: Context
  /** The flags that select the bus, the schemas and the descriptions of sagas. */
  readonly flags: BusFlags & { readonly schema?: string | undefined; readonly descriptions?: string | undefined }
  /** The group whose topics are wanted. Absent: the topics of the bus. */
  readonly group?: string | undefined
  /** The topics whose event types are wanted. Empty: all event types of the schemas. */
  readonly topics: readonly string[]
}

export type FoundNames = Partial<Record<LiveKind, readonly string[]>>

type KindOfBus = Exclude<LiveKind, 'profile' | 'saga'>

/**
 * Reads the names that a command line could have, for an error. Reports no failure: names that are not found in time are missing from
 * the answer, or as old as the cache of completion.
 */
export async function namesNow(kinds: ReadonlySet<LiveKind>, request: NamesRequest): Promise<FoundNames> {
  const found: FoundNames = {}
  const timeout = AbortSignal.timeout(MAX_WAIT_MS)
  await within(timeout, addNames(found, kinds, request, timeout)).catch(() => {})
  return { ...found }
}

async function addNames(
  found: FoundNames,
  kinds: ReadonlySet<LiveKind>,
  request: NamesRequest,
  timeout: AbortSignal,
): Promise<void> {
  const { context, flags } = request
  const config = await context.config(flags)
  if (kinds.has('saga')) found.saga = await sagaNames(config, context, flags.descriptions)
  if (kinds.has('profile')) found.profile = [...config.profiles.keys()].sort()
  const ofBus = [...kinds].filter((kind) => kind !== 'profile' && kind !== 'saga')
  if (ofBus.length === 0) return
  addCached(found, ofBus, context, config)
  // The user asked for this bus with the command line, so the brokers of a project's file may be asked, as by the command itself.
  if (!mayConnect(context, config, true)) return
  // Closing does not end an attempt to connect, which would keep the process alive.
  const bus = await context.openBus(config.bus.value, { timeout: MAX_WAIT_MS })
  const close = () => bus.close().catch(() => {})
  timeout.addEventListener('abort', close)
  try {
    if (timeout.aborted) return
    const add = async (kind: KindOfBus) => {
      const names = await read[kind](bus, request, config)
      // Without a topic and without schemas, only the cache has event types.
      if (names.length > 0 || kind !== 'eventType') found[kind] = names
    }
    // A user who may not list groups still sees topics.
    await Promise.allSettled(ofBus.map(add))
  } finally {
    timeout.removeEventListener('abort', close)
    await close()
  }
}

function addCached(found: FoundNames, kinds: readonly KindOfBus[], { cacheFolder }: Context, { bus }: Config): void {
  const { topics, groups, eventTypes } = new NamesCache(cacheFolder).read(keyOfBus(bus.value))
  const cached = { topic: topics, group: groups, eventType: eventTypes }
  for (const kind of kinds) found[kind] = (cached[kind] ?? []).filter((name) => !name.startsWith('__'))
}

const read: Readonly<
  Record<KindOfBus, (bus: EventBus, request: NamesRequest, config: Config) => Promise<readonly string[]>>
> = {
  topic: async ({ admin }, { group }) => {
    const committed = group === undefined ? [] : await admin.committedOffsets(group).catch(() => [])
    if (committed.length > 0) return [...new Set(committed.map(({ topic }) => topic))].sort()
    const topics = await admin.listTopics()
    return topics.flatMap(({ topic, internal }) => (internal ? [] : [topic])).sort()
  },
  group: async ({ admin }) => (await admin.listGroups()).map(({ group }) => group).sort(),
  eventType: async (bus, { topics, context, flags }, config) =>
    knownEventTypes(bus, topics, await openSchemas(schemaLocationOf(config, context.cwd), flags.schema)),
}
