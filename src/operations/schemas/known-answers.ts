import { type ImportedSchema, type ImportRequest, importSchema } from '../../schema/import/import-schema.ts'
import type { Answers } from '../../schema/model.ts'
import { findSchemas, type SchemaPlace } from './find.ts'

/** What was answered when a topic's schema was imported before. */
export type KnownAnswers = (topic: string) => Answers | undefined

/**
 * Imports a schema with what is known of its topic beside what is answered now, which goes before it. Which topic it is
 * shows when the source has been read: where something is known, it is read once more.
 */
export function importSource(request: ImportRequest, known: KnownAnswers = () => undefined): ImportedSchema {
  const found = importSchema(request)
  const topic = found.ok ? found.schema.topic : found.topic
  const before = topic === undefined ? undefined : known(topic)
  if (before === undefined || before.map.size + before.assume.size === 0) return found
  const map = new Map([...before.map, ...(request.answers?.map ?? [])])
  const assume = new Map([...before.assume, ...(request.answers?.assume ?? [])])
  return importSchema({ ...request, answers: { map, assume } })
}

/** The answers in the schemas of a project. One with a schema that cannot be read has none: it may not be needed. */
export async function answersIn(place: SchemaPlace): Promise<KnownAnswers> {
  const found = await findSchemas(place)
  return (topic) => (found.ok ? found.files.find(({ schema }) => schema.topic === topic)?.schema.answers : undefined)
}
