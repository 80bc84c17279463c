import type { EventMetadata, SerializedEvent, TraceContext } from '../bus/event.ts'
import { toMetadata } from './envelope.ts'
import { parseJson } from './json.ts'
import { toTraceContext } from './trace-headers.ts'

/** Metadata as JSON, the way Composable Rust's `EventMetadata::to_json` writes it into the event store. */

const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

/** The field of stored metadata that holds the trace. Rust services do not read it. */
const TRACE_FIELD = 'crbus_trace'

/**
 * Writes the four fields under Rust's names, null when absent, those of `extra` beside them, and the trace in a field of its
 * own. Bigints become numbers of as many digits and bytes base64. Returns null when there is nothing to write; throws a
 * `TypeError` on what JSON cannot say (a circle).
 */
export function writeMetadata(metadata: EventMetadata | null, given?: TraceContext): string | null {
  const trace = given && toTraceContext(given)
  const traced = trace && { [TRACE_FIELD]: trace }
  if (metadata === null) return traced === undefined ? null : JSON.stringify(traced)
  const { correlationId, causationId, userId, timestamp, extra } = metadata
  const known = {
    correlation_id: correlationId ?? null,
    causation_id: causationId ?? null,
    user_id: userId ?? null,
    timestamp: timestamp ?? null,
  }
  if (extra === undefined) return JSON.stringify(traced === undefined ? known : { ...known, ...traced })
  refuseRepeated(known, extra)
  if (traced !== undefined) refuseRepeated({ [TRACE_FIELD]: 'said' }, extra)
  return JSON.stringify({ ...known, ...extra, ...traced }, inJson)
}

/** The extra fields alone, as a JSON object. Throws as {@link writeMetadata} does. */
export function writeExtra(extra: Readonly<Record<string, unknown>>, metadata: EventMetadata): string {
  const { correlationId, causationId, userId, timestamp } = metadata
  refuseRepeated({ correlation_id: correlationId, causation_id: causationId, user_id: userId, timestamp }, extra)
  return JSON.stringify(extra, inJson)
}

function refuseRepeated(known: Readonly<Record<string, string | null | undefined>>, extra: object): void {
  for (const name in known) {
    const isSaid = known[name] !== null && known[name] !== undefined
    if (isSaid && Object.hasOwn(extra, name)) {
      throw new TypeError(`metadata names ${name} twice, once among the extra fields`)
    }
  }
}

function inJson(this: unknown, name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawJSON(value.toString())
  // A Buffer has been made an object of numbers by its own `toJSON` by now.
  const original = (this as Readonly<Record<string, unknown>>)[name]
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value
}

/**
 * Reads what {@link writeMetadata} wrote. The metadata is null where the text holds none, as Rust reads it too. Numbers
 * beyond 2^53 are bigints.
 */
export function readMetadata(text: string | null): Pick<SerializedEvent, 'metadata' | 'trace'> {
  const parsed = text === null ? undefined : parseJson(text)
  const value = parsed?.ok ? parsed.value : null
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return { metadata: null }
  const all = value as Readonly<Record<string, unknown>>
  const trace = Object.hasOwn(all, TRACE_FIELD) ? toTraceContext(all[TRACE_FIELD]) : undefined
  if (trace === undefined) return { metadata: toMetadata(all) }
  const { [TRACE_FIELD]: _, ...fields } = all
  return { metadata: Object.keys(fields).length === 0 ? null : toMetadata(fields), trace }
}
