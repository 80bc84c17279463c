import type { EventBus } from '../../bus/event-bus.ts'
import { within } from '../../bus/time/within.ts'
import { findSchemas } from '../../operations/schemas/find.ts'
import { seenEvents } from '../../operations/topics/seen-events.ts'
import type { BusFlags, Config } from '../config/config.ts'
import { refuseWithoutConsent } from '../config/trust/given-consent.ts'
import type { Context } from '../process/context.ts'
import { schemaLocationOf } from '../schema-location.ts'
import { keyOfBus, keyOfSchemas, NamesCache } from './names-cache.ts'

/** How long reading the names may take. Brokers that do not answer must not keep the process. */
const MAX_REFRESH_MS = 10_000

/** How many topics are searched for event types, and how many of the newest events of each are read. */
const MAX_SEARCHED_TOPICS = 20
const MAX_READ_EVENTS = 200

/** Reads the names of the bus and of the schemas into the cache. Runs in a background process, and reports no failure. */
export async function refreshNames(context: Context, flags: BusFlags): Promise<void> {
  const config = await context.config(flags)
  const cache = new NamesCache(context.cacheFolder)
  await within(AbortSignal.timeout(MAX_REFRESH_MS), readNames(context, config, cache))
}

async function readNames(context: Context, config: Config, cache: NamesCache): Promise<void> {
  const { cwd } = context
  const found = await findSchemas(schemaLocationOf(config, cwd))
  const ofSchemas = found.ok ? found.files.flatMap(({ schema }) => [...schema.events.keys()]) : []
  cache.write(keyOfSchemas(config, cwd), { eventTypes: [...new Set(ofSchemas)] })
  const key = keyOfBus(config.bus.value)
  if (!mayConnect(context, config, cache.has(key))) return
  const bus = await context.openBus(config.bus.value)
  try {
    const [topics, groups] = await Promise.all([bus.admin.listTopics(), bus.admin.listGroups()])
    const names = topics.map(({ topic }) => topic)
    cache.write(key, { topics: names, groups: groups.map(({ group }) => group) })
    const searched = topics.filter(({ internal }) => !internal).slice(0, MAX_SEARCHED_TOPICS)
    cache.write(key, {
      eventTypes: await eventTypesOn(
        bus,
        searched.map(({ topic }) => topic),
      ),
    })
  } finally {
    await bus.close()
  }
}

async function eventTypesOn(bus: EventBus, topics: readonly string[]): Promise<readonly string[]> {
  const types = new Set<string>()
  for (const topic of topics) {
    for (const { eventType } of await seenEvents(bus, topic, MAX_READ_EVENTS)) types.add(eventType)
  }
  return [...types]
}

/**
 * Whether reading names may lead to a connection. A program or a keyring that has a secret may ask the user something. Brokers that only
 * the project's file names are not asked for a key press until a command of the user has listed their names (`isListed`).
 */
export function mayConnect({ stateFolder }: Context, { bus, consent, project }: Config, isListed: boolean): boolean {
  if (consent !== undefined) refuseWithoutConsent(consent, consent.bus, stateFolder)
  if (bus.value.kind === 'embedded') return true
  if (holdsInteractiveSecret(bus.value.security)) return false
  return project === undefined || !bus.from.startsWith(project) || isListed
}

/** Whether a secret of the connection comes from a program or a keyring. */
function holdsInteractiveSecret(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if ('kind' in value && (value.kind === 'command' || value.kind === 'keyring')) return true
  return Object.values(value).some(holdsInteractiveSecret)
}
