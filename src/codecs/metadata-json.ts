import type { EventMetadata } from '../bus/event.ts'
import { toMetadata } from './envelope.ts'
import { parseJson } from './json.ts'

/** Metadata as JSON, the way Composable Rust's `EventMetadata::to_json` writes it into the event store. */

const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

/**
 * The four fields under Rust's names, null when absent, the trace context where there is one, and the fields of `extra`
 * beside them. Bigints become numbers of as many digits and bytes base64. Throws a `TypeError` on what JSON cannot say (a
 * circle).
 */
export function writeMetadata(metadata: EventMetadata): string {
  const { correlationId, causationId, userId, timestamp, traceparent, tracestate, extra } = metadata
  const known = {
    correlation_id: correlationId ?? null,
    causation_id: causationId ?? null,
    user_id: userId ?? null,
    timestamp: timestamp ?? null,
    // JSON leaves out what is undefined.
    traceparent,
    tracestate,
  }
  if (extra === undefined) return JSON.stringify(known)
  refuseRepeated(known, extra)
  return JSON.stringify({ ...known, ...extra }, inJson)
}

/** The extra fields alone, as a JSON object. Throws as {@link writeMetadata} does. */
export function writeExtra(extra: Readonly<Record<string, unknown>>, metadata: EventMetadata): string {
  const { correlationId, causationId, userId, timestamp } = metadata
  refuseRepeated({ correlation_id: correlationId, causation_id: causationId, user_id: userId, timestamp }, extra)
  return JSON.stringify(extra, inJson)
}

function refuseRepeated(known: Readonly<Record<string, string | null | undefined>>, extra: object): void {
  const isSaid = (text: string | null | undefined) => text !== null && text !== undefined
  const twice = Object.entries(known).find(([name, text]) => isSaid(text) && Object.hasOwn(extra, name))
  if (twice) throw new TypeError(`metadata names ${twice[0]} twice, once among the extra fields`)
}

function inJson(this: unknown, name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawJSON(value.toString())
  // A Buffer has been made an object of numbers by its own `toJSON` by now.
  const original = (this as Readonly<Record<string, unknown>>)[name]
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value
}

/** The metadata a text says; null when it says none, as Rust reads it too. Numbers beyond 2^53 are bigints. */
export function readMetadata(text: string): EventMetadata | null {
  const parsed = parseJson(text)
  if (!parsed.ok || parsed.value === null || typeof parsed.value !== 'object' || Array.isArray(parsed.value))
    return null
  return toMetadata(parsed.value as Record<string, unknown>)
}
