import { compileFilter, type FilterRequest } from '../../operations/events/event-filter.ts'
import type { Reading, ViewCodec } from '../../operations/events/event-view.ts'
import type { SchemaLocation } from '../../operations/schemas/find.ts'
import { openSchemas } from '../../operations/schemas/open.ts'
import type { Config } from '../config/config.ts'
import { codecsOf } from '../config/topic-format.ts'
import { UsageError } from '../errors.ts'
import { run } from '../suggestions.ts'

/** Compiles the conditions of a transfer. Throws `UsageError` for an invalid expression. */
export async function toFilter(conditions: FilterRequest) {
  const compiled = await compileFilter(conditions)
  if (!compiled.ok) throw new UsageError(`--where: ${compiled.reason}`, [run('crbus help where')])
  return compiled
}

/** Returns how payloads are decoded, as `tail` does without a registry. */
export async function openReading(
  { codec, schema }: { readonly codec?: ViewCodec | undefined; readonly schema?: string | undefined },
  location: SchemaLocation,
  config: Config,
): Promise<Reading> {
  return {
    codec,
    schemas: await openSchemas(location, schema),
    // --schema also says how payloads are written, so it overrides the configured codecs.
    topics: schema === undefined ? codecsOf(config) : undefined,
    eventTopics: new Set<string>(),
  }
}
