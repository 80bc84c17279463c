import type { EventBus } from '../../bus/event-bus.ts'
import { isGlob } from '../../bus/names/glob.ts'
import { namesLike } from '../../bus/names/names-like.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import { seenEvents } from '../topics/seen-events.ts'
import { topicMatcher } from './choose-topics.ts'

/** An event type that neither the newest events nor the schemas of the topics have, and the event types with similar names. */
export interface UnseenType {
  readonly eventType: string
  readonly similar: readonly string[]
}

/** How many event types are suggested for one. */
const MAX_SIMILAR = 3
/** The most topics that are searched for event types before the first event is shown. Each takes a read of its newest events. */
const MAX_TOPICS = 20

/**
 * Finds the event types that are probably misspelled: they are not among the newest events of the topics nor in their schemas, and
 * others have similar names. `topics` may be globs; if they match more than {@link MAX_TOPICS} topics, no event type is checked. Globs
 * of event types are not checked. A topic that cannot be read counts as empty, because its reader reports the error.
 */
export async function findMisspelledTypes(
  bus: EventBus,
  { topics, types = [] }: { readonly topics: readonly string[]; readonly types?: readonly string[] | undefined },
  schemas: SchemaSet | undefined,
): Promise<readonly UnseenType[]> {
  const exact = types.filter((type) => !/[*?]/.test(type))
  if (exact.length === 0) return []
  const read = await topicsOf(bus, topics)
  if (read.length > MAX_TOPICS) return []
  const known = new Set<string>()
  for (const topic of read) {
    for (const eventType of schemas?.ofTopic(topic)?.schema.events.keys() ?? []) known.add(eventType)
    for (const { eventType } of await seenEvents(bus, topic).catch(() => [])) known.add(eventType)
  }
  const byName = Map.groupBy(known, withoutVersion)
  return exact
    .filter((eventType) => !known.has(eventType))
    .map((eventType) => {
      const names = namesLike(withoutVersion(eventType), byName.keys())
      return { eventType, similar: names.flatMap((name) => byName.get(name) ?? []).slice(0, MAX_SIMILAR) }
    })
    .filter(({ similar }) => similar.length > 0)
}

async function topicsOf(bus: EventBus, texts: readonly string[]): Promise<readonly string[]> {
  const matches = topicMatcher(texts)
  if (matches === undefined) return texts
  const all = await bus.admin.listTopics().catch(() => [])
  const matching = all.filter(matches).map(({ topic }) => topic)
  return [...new Set([...texts.filter((text) => !isGlob(text)), ...matching])]
}

const withoutVersion = (eventType: string): string => eventType.replace(/\.v\d+$/, '')
