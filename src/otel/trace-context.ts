import {
  type Context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  TraceFlags,
  trace as traces,
} from '@opentelemetry/api'
import type { SerializedEvent, TraceContext } from '../bus/event.ts'
import { parseTraceparent, toTraceContext } from '../codecs/trace-headers.ts'

/**
 * Returns the context of the span that an event follows from, for a subscriber's own spans: a span that is started in it
 * belongs to the trace of the event. Returns the root context when the event has no valid trace.
 *
 * @example
 * ```ts
 * import { trace } from '@opentelemetry/api'
 * import type { SerializedEvent } from 'crbus'
 * import { contextOf } from 'crbus/otel'
 *
 * const tracer = trace.getTracer('shipping')
 * export async function ship(event: SerializedEvent): Promise<void> {
 *   const span = tracer.startSpan('ship order', {}, contextOf(event))
 *   // … ship it …
 *   span.end()
 * }
 * ```
 */
export function contextOf({ trace }: Pick<SerializedEvent, 'trace'>): Context {
  const spanContext = readSpanContext(trace)
  return spanContext === undefined ? ROOT_CONTEXT : traces.setSpanContext(ROOT_CONTEXT, spanContext)
}

/** Reads the span context of a trace context. `undefined` without a trace context, and for an invalid one. */
export function readSpanContext(trace: TraceContext | undefined): SpanContext | undefined {
  const { traceparent, tracestate } = toTraceContext(trace) ?? {}
  const parent = parseTraceparent(traceparent)
  if (parent === undefined) return undefined
  const { traceId, spanId, flags } = parent
  const spanContext = { traceId, spanId, traceFlags: flags & TraceFlags.SAMPLED, isRemote: true }
  return tracestate === undefined ? spanContext : { ...spanContext, traceState: createTraceState(tracestate) }
}

/** Creates the trace context of a span. `undefined` for a span without a trace, such as any span before an SDK is started. */
export function traceContextOf(span: Span): TraceContext | undefined {
  const spanContext = span.spanContext()
  if (!isSpanContextValid(spanContext)) return undefined
  const { traceId, spanId, traceFlags, traceState } = spanContext
  const traceparent = `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`
  const tracestate = traceState?.serialize()
  return tracestate ? { traceparent, tracestate } : { traceparent }
}
