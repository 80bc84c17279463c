import type { ImportRequest } from '../../schema/import/import-request.ts'
import { type ImportedSchema, importSchema } from '../../schema/import/import-schema.ts'
import type { Answers } from '../../schema/model.ts'
import { findSchemas, type SchemaLocation } from './find.ts'

/** Returns the answers that were given when the schema of a topic was imported before; `undefined` if there are none. */
export type KnownAnswers = (topic: string) => Answers | undefined

/**
 * Imports a schema with the answers in the request and, for other questions, the known answers for its topic. The topic is not
 * known before the source is read, so the source is read a second time if there are known answers.
 */
export function importSource(request: ImportRequest, known: KnownAnswers = () => undefined): ImportedSchema {
  const found = importSchema(request)
  const topic = found.ok ? found.schema.topic : found.topic
  const earlier = topic === undefined ? undefined : known(topic)
  if (earlier === undefined || earlier.map.size + earlier.assume.size === 0) return found
  const map = new Map([...earlier.map, ...(request.answers?.map ?? [])])
  const assume = new Map([...earlier.assume, ...(request.answers?.assume ?? [])])
  return importSchema({ ...request, answers: { map, assume } })
}

/**
 * Reads the answers in the schemas of a project. An unreadable schema is not an error here, because the answers may not be
 * needed.
 */
export async function answersIn(location: SchemaLocation): Promise<KnownAnswers> {
  const found = await findSchemas(location)
  return (topic) => (found.ok ? found.files.find(({ schema }) => schema.topic === topic)?.schema.answers : undefined)
}
