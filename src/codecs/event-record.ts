import type { EventMetadata, SerializedEvent } from '../bus/event.ts'
import type { BusRecord, Header } from '../bus/record.ts'
import { type DecodedEnvelope, decodeEnvelope, encodeEnvelope, toMetadata } from './envelope.ts'
import { decodeJson } from './json.ts'
import { writeExtra } from './metadata-json.ts'
import { readTraceHeaders, traceHeaders } from './trace-headers.ts'

/**
 * The record header for metadata beyond the four fields (`extra`, such as `saga_id`): a JSON object in UTF-8. A bincode
 * envelope has Rust's layout, which cannot hold them. Rust's event bus ignores headers and reads the same event; a Rust
 * service that needs the fields reads the header from the record.
 */
export const EXTRA_HEADER = 'crbus-extra'

/** Metadata are names and ids. For comparison: brokers accept records of 1 MB by default. */
const MAX_EXTRA_BYTES = 64 * 1024

type EncodedRecord =
  | { readonly ok: true; readonly value: Uint8Array; readonly headers: readonly Header[] }
  | { readonly ok: false; readonly reason: string }

const NO_HEADERS: readonly Header[] = []

/** Encodes an event as the value and the headers of a record. */
export function encodeRecord(event: SerializedEvent, format: 'bincode' | 'cbor'): EncodedRecord {
  // A caller in JavaScript may pass no event. `encodeEnvelope` reports that.
  const extra = format === 'bincode' ? event?.metadata?.extra : undefined
  const hasExtra = extra !== undefined && Object.values(extra).some((value) => value !== undefined)
  const encoded = encodeEnvelope(hasExtra ? withoutExtra(event) : event, format)
  if (!encoded.ok) return encoded
  const trace = event.trace === undefined ? NO_HEADERS : traceHeaders(event.trace)
  if (!hasExtra) return { ok: true, value: encoded.bytes, headers: trace }
  const written = encodeExtra(extra, event.metadata)
  if (!written.ok) return written
  return { ok: true, value: encoded.bytes, headers: [...trace, [EXTRA_HEADER, written.bytes]] }
}

function withoutExtra(event: SerializedEvent): SerializedEvent {
  const { extra: _, ...metadata } = event.metadata ?? {}
  return { ...event, metadata }
}

function encodeExtra(extra: NonNullable<EventMetadata['extra']>, metadata: EventMetadata | null) {
  try {
    const bytes = Buffer.from(writeExtra(extra, metadata ?? {}))
    if (bytes.length <= MAX_EXTRA_BYTES) return { ok: true, bytes } as const
    return { ok: false, reason: `extra metadata has ${bytes.length} bytes; ${MAX_EXTRA_BYTES} are allowed` } as const
  } catch (error) {
    return { ok: false, reason: (error as Error).message } as const
  }
}

/**
 * Decodes the event of a record, including the metadata in the header `crbus-extra`. A field of the envelope takes precedence
 * over a field of the header; a header that is not a JSON object is ignored.
 */
export function decodeRecord({ value, headers }: { value: Uint8Array } & Pick<BusRecord, 'headers'>): DecodedEnvelope {
  const decoded = decodeEnvelope(value)
  if (!decoded.ok || headers.length === 0) return decoded
  const added = extraIn(headers)
  if (added === undefined) return decoded
  const { event } = decoded
  const extra = { ...added.extra, ...event.metadata?.extra }
  const present = Object.entries(event.metadata ?? {}).filter(([, field]) => field !== undefined)
  const metadata = { ...added, ...Object.fromEntries(present), ...(Object.keys(extra).length === 0 ? {} : { extra }) }
  return { ...decoded, event: { ...event, metadata } }
}

/**
 * Adds to an event the trace context in the headers of its record, for subscribers that continue the trace.
 * {@link decodeRecord} leaves it out, because a copied event keeps the headers of its record.
 */
export function withTraceContext(event: SerializedEvent, headers: readonly Header[]): SerializedEvent {
  const trace = readTraceHeaders(headers)
  return trace === undefined ? event : { ...event, trace }
}

/** Whether metadata of an event are in the headers of its record, so that its envelope alone does not have them all. */
export function hasExtraHeader(headers: readonly Header[]): boolean {
  for (const [name] of headers) if (name === EXTRA_HEADER) return true
  return false
}

function extraIn(headers: readonly Header[]): EventMetadata | undefined {
  const bytes = headers.findLast(([name]) => name === EXTRA_HEADER)?.[1]
  if (bytes === undefined || bytes === null || bytes.length > MAX_EXTRA_BYTES) return undefined
  const parsed = decodeJson(bytes)
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
    return undefined
  }
  return toMetadata(parsed.value as Readonly<Record<string, unknown>>)
}
