import type { EventMetadata, SerializedEvent, TraceContext } from '../bus/event.ts'
import { toMetadata } from './envelope.ts'
import { parseJson } from './json.ts'
import { toTraceContext } from './trace-headers.ts'

const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

/** The field of stored metadata that holds the trace. Rust services do not read it. */
const TRACE_FIELD = 'crbus_trace'

/**
 * Serializes metadata to JSON for the event store, as Composable Rust's `EventMetadata::to_json` does: the four fields under
 * Rust's names, null when absent, and the fields of `extra` beside them. The trace is an additional field. Bigints become
 * numbers with all digits, bytes become base64. Returns null when there are neither metadata nor a trace. Throws a `TypeError`
 * for values that JSON cannot represent, such as a circular reference.
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
  if (traced !== undefined) refuseRepeated({ [TRACE_FIELD]: 'present' }, extra)
  return JSON.stringify({ ...known, ...extra, ...traced }, toJsonValue)
}

/** Serializes only the extra fields, to a JSON object. Throws like {@link writeMetadata}. */
export function writeExtra(extra: Readonly<Record<string, unknown>>, metadata: EventMetadata): string {
  const { correlationId, causationId, userId, timestamp } = metadata
  refuseRepeated({ correlation_id: correlationId, causation_id: causationId, user_id: userId, timestamp }, extra)
  return JSON.stringify(extra, toJsonValue)
}

/** Throws when a known field that is present occurs among the extra fields too. */
function refuseRepeated(known: Readonly<Record<string, string | null | undefined>>, extra: object): void {
  for (const name in known) {
    const isPresent = known[name] !== null && known[name] !== undefined
    if (isPresent && Object.hasOwn(extra, name)) {
      throw new TypeError(`metadata has ${name} twice, once among the extra fields`)
    }
  }
}

/** A replacer for `JSON.stringify`. */
function toJsonValue(this: unknown, name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawJSON(value.toString())
  // `value` of a Buffer is the object that `Buffer.toJSON` returned.
  const original = (this as Readonly<Record<string, unknown>>)[name]
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value
}

/**
 * Parses JSON of {@link writeMetadata}. As in Rust, metadata is null when the text is not a JSON object. Integers beyond 2^53
 * become bigints.
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
