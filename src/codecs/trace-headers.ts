import type { EventMetadata } from '../bus/event.ts'
import type { Header } from '../bus/record.ts'

// The record headers of W3C Trace Context, https://www.w3.org/TR/trace-context/, which tracers of every language know.

type TraceContext = Pick<EventMetadata, 'traceparent' | 'tracestate'>

/** `version-traceid-parentid-flags`. Versions after 00 may add fields. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/
/** No version defines a longer one; 00 has 55 characters. */
const MAX_TRACEPARENT_LENGTH = 256
/** What W3C asks every participant to pass on. */
const MAX_TRACESTATE_LENGTH = 512
const PRINTABLE_ASCII = /^[ -~]*$/

/** The headers of an event's trace context. None where it has none, or an invalid one. */
export function traceHeaders({ traceparent, tracestate }: TraceContext): readonly Header[] {
  if (traceparent === undefined || !isTraceparent(traceparent)) return []
  const parent: Header = ['traceparent', Buffer.from(traceparent, 'latin1')]
  if (tracestate === undefined || !isTracestate(tracestate)) return [parent]
  return [parent, ['tracestate', Buffer.from(tracestate, 'latin1')]]
}

/** Reads the trace context of a record. `undefined` where there is none, or an invalid one, which W3C says to ignore. */
export function readTraceHeaders(headers: readonly Header[]): TraceContext | undefined {
  const traceparent = textOf(headers, 'traceparent', MAX_TRACEPARENT_LENGTH)
  if (traceparent === undefined || !isTraceparent(traceparent)) return undefined
  const tracestate = textOf(headers, 'tracestate', MAX_TRACESTATE_LENGTH)
  return tracestate === undefined || !isTracestate(tracestate) ? { traceparent } : { traceparent, tracestate }
}

function textOf(headers: readonly Header[], wanted: string, maxLength: number): string | undefined {
  const bytes = headers.findLast(([name]) => name === wanted)?.[1]
  if (bytes === undefined || bytes === null || bytes.length > maxLength) return undefined
  return Buffer.from(bytes).toString('latin1')
}

const isTraceparent = (text: string): boolean =>
  text.length <= MAX_TRACEPARENT_LENGTH && PRINTABLE_ASCII.test(text) && TRACEPARENT.test(text)

const isTracestate = (text: string): boolean => text.length <= MAX_TRACESTATE_LENGTH && PRINTABLE_ASCII.test(text)
