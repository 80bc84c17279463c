import type { Hint } from '../../bus/hints.ts'
import type { Schema } from '../../schema/model.ts'
import { operationHints } from '../hints.ts'
import { findSchemas, type SchemaLocation } from './find.ts'

export type SelectedSchema =
  | { readonly ok: true; readonly schema: Schema }
  | { readonly ok: false; readonly reason: string; readonly hints: readonly Hint[] }

/**
 * Selects the schema that a command uses: the only one in the file or folder `named` or in the project, or, if there are several,
 * the only one with the event type.
 */
export async function selectSchema(
  location: SchemaLocation,
  named: string | undefined,
  eventType?: string,
): Promise<SelectedSchema> {
  const found = await findSchemas(location, named)
  if (!found.ok) {
    const hints = [operationHints.nameSchema('schemas/order-events.json'), operationHints.importSchema()]
    return { ok: false, reason: found.reason, hints }
  }
  const { files } = found
  if (files.length === 0) {
    return { ok: false, reason: 'this project has no schemas yet', hints: [operationHints.importSchema()] }
  }
  const matching = files.filter(({ schema }) => eventType !== undefined && schema.events.has(eventType))
  const [only, ...others] = files.length === 1 || matching.length === 0 ? files : matching
  if (only !== undefined && others.length === 0) return { ok: true, schema: only.schema }
  return {
    ok: false,
    reason: `this project has ${files.length} schemas: name one`,
    hints: files.map(({ path }) => operationHints.nameSchema(path)),
  }
}
