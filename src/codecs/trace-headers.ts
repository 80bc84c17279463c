import type { TraceContext } from '../bus/event.ts'
import type { Header } from '../bus/record.ts'

// W3C Trace Context, https://www.w3.org/TR/trace-context/: its fields, and the record headers of the same names, which
// tracers of every language read and write.

/** The parts of a valid `traceparent`. */
export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
}

/** The first version. Later ones may add fields behind these. */
const VERSION_00_LENGTH = 55
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/
/** No version defines a longer one. */
const MAX_TRACEPARENT_LENGTH = 256
/** What W3C asks every participant to pass on. */
const MAX_TRACESTATE_LENGTH = 512
const PRINTABLE_ASCII = /^[ -~]*$/

/** Reads a `traceparent`. `undefined` where it is invalid, or is not a text. */
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
 * The trace context in fields of any origin. `undefined` where the `traceparent` is invalid; an invalid `tracestate` is left out.
 */
export function toTraceContext(fields: unknown): TraceContext | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined
  const { traceparent, tracestate } = fields as Readonly<Record<keyof TraceContext, unknown>>
  if (parseTraceparent(traceparent) === undefined) return undefined
  const valid = { traceparent: traceparent as string }
  return isTracestate(tracestate) ? { ...valid, tracestate } : valid
}

/** The headers of a trace context; none for an invalid one. */
export function traceHeaders(trace: TraceContext): readonly Header[] {
  const valid = Object.entries(toTraceContext(trace) ?? {}) as readonly (readonly [string, string])[]
  return valid.map(([name, text]): Header => [name, Buffer.from(text, 'latin1')])
}

/** Reads the trace context of a record. `undefined` where there is none, or an invalid one. */
export function readTraceHeaders(headers: readonly Header[]): TraceContext | undefined {
  if (headers.length === 0) return undefined
  const traceparent = textOf(headers, 'traceparent', MAX_TRACEPARENT_LENGTH)
  if (traceparent === undefined) return undefined
  return toTraceContext({ traceparent, tracestate: textOf(headers, 'tracestate', MAX_TRACESTATE_LENGTH) })
}

/** The last header of a name counts. */
function textOf(headers: readonly Header[], wanted: string, maxLength: number): string | undefined {
  const bytes = headers.findLast(([name]) => name === wanted)?.[1]
  if (bytes === undefined || bytes === null || bytes.length > maxLength) return undefined
  return Buffer.from(bytes).toString('latin1')
}
