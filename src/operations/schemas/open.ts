import { EventBusError } from '../../bus/errors.ts'
import { operationHints } from '../hints.ts'
import type { SchemaSet } from './compiled.ts'
import type { SchemaLocation } from './find.ts'

/**
 * Opens the schemas of a project, or those in the file or folder `named`. `undefined` if the project has none; the schema
 * compiler is then not loaded. Throws `REFUSED` if a schema cannot be used.
 */
export async function openSchemas(location: SchemaLocation, named?: string): Promise<SchemaSet | undefined> {
  const { findSchemas } = await import('./find.ts')
  const found = await findSchemas(location, named)
  if (!found.ok) {
    throw new EventBusError('REFUSED', `the schema cannot be used: ${found.reason}`, {
      hints: [operationHints.importSchema(), operationHints.showSchema()],
    })
  }
  if (found.files.length === 0) return undefined
  const { SchemaSet } = await import('./compiled.ts')
  return new SchemaSet(found.files.map(({ schema }) => schema))
}
