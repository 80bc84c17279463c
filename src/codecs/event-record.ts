import type { EventMetadata, SerializedEvent } from '../bus/event.ts'
import type { BusRecord, Header } from '../bus/record.ts'
import { type DecodedEnvelope, decodeEnvelope, encodeEnvelope, toMetadata } from './envelope.ts'
import { decodeJson } from './json.ts'
import { writeExtra } from './metadata-json.ts'
import { readTraceHeaders, traceHeaders } from './trace-headers.ts'

/**
 * The record header that carries metadata beyond the four fields (`extra`, such as `saga_id`) beside a bincode envelope,
 * whose layout is Rust's and has no place for it: a JSON object in UTF-8. Rust's event bus reads values alone, so it
 * reads the same event; a Rust service that wants the fields reads the header from the record.
 */
const EXTRA_HEADER = 'crbus-extra'

/** Metadata are names and ids. A broker takes a record of 1 MB by default. */
const MAX_EXTRA_BYTES = 64 * 1024

type EncodedRecord =
  | { readonly ok: true; readonly value: Uint8Array; readonly headers: readonly Header[] }
  | { readonly ok: false; readonly reason: string }

const none: readonly Header[] = []

/** Writes an event as the value of a record and the headers that belong to it. */
export function encodeRecord(event: SerializedEvent, format: 'bincode' | 'cbor'): EncodedRecord {
  const extra = format === 'bincode' ? event?.metadata?.extra : undefined
  const isPlain = extra === undefined || Object.values(extra).every((value) => value === undefined)
  const encoded = encodeEnvelope(isPlain ? event : withoutExtra(event), format)
  if (!encoded.ok) return encoded
  const trace = event.trace === undefined ? none : traceHeaders(event.trace)
  if (isPlain) return { ok: true, value: encoded.bytes, headers: trace }
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
    return { ok: false, reason: `extra metadata have ${bytes.length} bytes; ${MAX_EXTRA_BYTES} are allowed` } as const
  } catch (error) {
    return { ok: false, reason: (error as Error).message } as const
  }
}

/**
 * Reads a record's value as an event, with the metadata that the header `crbus-extra` adds. A field of the envelope goes
 * before one of the header; a header that is not a JSON object is ignored.
 */
export function decodeRecord({ value, headers }: { value: Uint8Array } & Pick<BusRecord, 'headers'>): DecodedEnvelope {
  const decoded = decodeEnvelope(value)
  if (!decoded.ok || headers.length === 0) return decoded
  const added = extraIn(headers)
  if (added === undefined) return decoded
  const { event } = decoded
  const extra = { ...added.extra, ...event.metadata?.extra }
  const said = Object.entries(event.metadata ?? {}).filter(([, field]) => field !== undefined)
  const metadata = { ...added, ...Object.fromEntries(said), ...(Object.keys(extra).length === 0 ? {} : { extra }) }
  return { ...decoded, event: { ...event, metadata } }
}

/**
 * Returns the event with the trace context of its record's headers, for subscribers that continue the trace. Apart from
 * {@link decodeRecord}, since an event that is copied keeps its headers as they are.
 */
export function withTraceContext(event: SerializedEvent, headers: readonly Header[]): SerializedEvent {
  const trace = readTraceHeaders(headers)
  return trace === undefined ? event : { ...event, trace }
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
