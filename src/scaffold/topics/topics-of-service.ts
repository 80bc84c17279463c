import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseName, spellings } from '../name.ts'
import { textIfThere } from '../plan/target.ts'
import type { KnownAction, KnownTopic } from './topic.ts'
import { topicFromTypeScript } from './topic-from-typescript.ts'
import { fromValue } from './topic-types.ts'

/** Describes the topics of the aggregates of a TypeScript service: `src/order/actions.ts` defines `order-events`. */
export function topicsOfAggregates(root: string): readonly KnownTopic[] {
  return foldersIn(join(root, 'src')).flatMap((folder) => {
    const file = `src/${folder}/actions.ts`
    const name = parseName(folder)
    const text = textIfThere(root, file)
    return name === undefined || text === undefined ? [] : (topicFromTypeScript(text, name, file) ?? [])
  })
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))
  } catch {
    // A service without sources has no aggregates.
    return []
  }
}

/** The fields of an event type in events that were read from a topic, each with an example value. */
interface Seen {
  readonly eventType: string
  readonly fields: ReadonlyMap<string, unknown>
}

/** Describes a topic by events that were read from it. Leaves out event types whose names do not consist of words. */
export function topicFromSeen(topic: string, seen: readonly Seen[]): KnownTopic {
  const events = seen.flatMap(({ eventType, fields }): KnownAction[] => {
    const text = eventType.replace(/\.v\d+$/, '')
    const name = parseName(text)
    if (name === undefined || spellings.pascal(name) !== text) return []
    const known = [...fields].filter(([field]) => /^[A-Za-z_]\w*$/.test(field) && field !== 'type')
    return [{ name, fields: known.map(([field, value]) => ({ name: field, type: fromValue(value) })) }]
  })
  return { topic, events, commands: [], source: `events on ${topic}` }
}
