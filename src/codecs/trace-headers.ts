import type { TraceContext } from '../bus/event.ts'
import type { Header } from '../bus/record.ts'

// W3C Trace Context (https://www.w3.org/TR/trace-context/): its fields and the record headers of the same names, which tracers
// in all languages use.

/** The parts of a valid `traceparent`. */
export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
}

/** Length in version 00. Later versions may append fields. */
const VERSION_00_LENGTH = 55
/** Version, trace id, span id and flags. Version ff and ids of zeros are invalid. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/
/** A limit of our own: no version defines a longer `traceparent`. */
const MAX_TRACEPARENT_LENGTH = 256
/** The length that W3C requires every participant to propagate. */
const MAX_TRACESTATE_LENGTH = 512
const PRINTABLE_ASCII = /^[ -~]*$/

/** Parses a `traceparent`; `undefined` when it is invalid or not a string. */
export function parseTraceparent(text: unknown): TraceParent | undefined {
  if (typeof text !== 'string' || text.length > MAX_TRACEPARENT_LENGTH || !PRINTABLE_ASCII.test(text)) return undefined
  const [, version, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === '00' && text.length > VERSION_00_LENGTH) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) }
}

const isTracestate = (text: unknown): text is string =>
  typeof text === 'string' && text.length <= MAX_TRACESTATE_LENGTH && PRINTABLE_ASCII.test(text)

/**
 * Reads a trace context from untrusted fields; `undefined` when the `traceparent` is invalid. Leaves out an invalid
 * `tracestate`.
 */
export function toTraceContext(fields: unknown): TraceContext | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined
  const { traceparent, tracestate } = fields as Readonly<Record<keyof TraceContext, unknown>>
  if (parseTraceparent(traceparent) === undefined) return undefined
  const valid = { traceparent: traceparent as string }
  return isTracestate(tracestate) ? { ...valid, tracestate } : valid
}

/** Returns the record headers for a trace context; empty when the context is invalid. */
export function traceHeaders(trace: TraceContext): readonly Header[] {
  const valid = Object.entries(toTraceContext(trace) ?? {}) as readonly (readonly [string, string])[]
  return valid.map(([name, text]): Header => [name, Buffer.from(text, 'latin1')])
}

/** Reads the trace context from record headers; `undefined` when it is missing or invalid. */
export function readTraceHeaders(headers: readonly Header[]): TraceContext | undefined {
  if (headers.length === 0) return undefined
  const traceparent = textOf(headers, 'traceparent', MAX_TRACEPARENT_LENGTH)
  if (traceparent === undefined) return undefined
  return toTraceContext({ traceparent, tracestate: textOf(headers, 'tracestate', MAX_TRACESTATE_LENGTH) })
}

/** Returns the text of the last header with this name; `undefined` when it is missing or longer than `maxLength`. */
function textOf(headers: readonly Header[], wanted: string, maxLength: number): string | undefined {
  const bytes = headers.findLast(([name]) => name === wanted)?.[1]
  if (bytes === undefined || bytes === null || bytes.length > maxLength) return undefined
  return Buffer.from(bytes).toString('latin1')
}
