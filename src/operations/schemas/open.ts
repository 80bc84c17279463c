import { EventBusError } from '../../bus/errors.ts'
import type { SchemaSet } from './compiled.ts'
import type { SchemaPlace } from './find.ts'

/**
 * The schemas that payloads are read and written by; `undefined` when the project has none. What compiles them is only
 * loaded when there are some.
 */
export async function openSchemas(place: SchemaPlace, named?: string): Promise<SchemaSet | undefined> {
  const { findSchemas } = await import('./find.ts')
  const found = await findSchemas(place, named)
  if (!found.ok) {
    throw new EventBusError('REFUSED', `the schema cannot be used: ${found.reason}`, {
      suggestions: ['crbus schema import PATH', 'crbus schema show --schema FILE'],
    })
  }
  if (found.files.length === 0) return undefined
  const { SchemaSet } = await import('./compiled.ts')
  return new SchemaSet(found.files.map(({ schema }) => schema))
}
