import type { Schema } from '../../schema/model.ts'
import { findSchemas, type SchemaPlace } from './find.ts'

export type ReadSchema =
  | { readonly ok: true; readonly schema: Schema }
  | { readonly ok: false; readonly reason: string; readonly suggestions: readonly string[] }

/**
 * The one schema a command is about: the named one, the only one of the project, or the only one that knows an event
 * type.
 */
export async function readSchema(
  place: SchemaPlace,
  named: string | undefined,
  eventType?: string,
): Promise<ReadSchema> {
  const found = await findSchemas(place, named)
  if (!found.ok) return { ok: false, reason: found.reason, suggestions: ['--schema schemas/order-events.json'] }
  const { files } = found
  if (files.length === 0) {
    return { ok: false, reason: 'this project has no schemas yet', suggestions: ['crbus schema import PATH'] }
  }
  const knowing = files.filter(({ schema }) => eventType !== undefined && schema.events.has(eventType))
  const [only, ...others] = files.length === 1 || knowing.length === 0 ? files : knowing
  if (only !== undefined && others.length === 0) return { ok: true, schema: only.schema }
  return {
    ok: false,
    reason: `there are ${files.length} schemas: which?`,
    suggestions: files.map(({ path }) => `--schema ${path}`),
  }
}
