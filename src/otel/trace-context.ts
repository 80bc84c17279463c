import {
  type Context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api'
import type { SerializedEvent } from '../bus/event.ts'

type TraceFields = Pick<NonNullable<SerializedEvent['metadata']>, 'traceparent' | 'tracestate'>

/** Version 00 of W3C Trace Context; what later versions add is ignored. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/

/**
 * The context of the span that an event follows from, for a subscriber's own spans: a span that is started in it belongs to
 * the trace of the event. The root context where the event has no valid `traceparent`.
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
export function contextOf({ metadata }: Pick<SerializedEvent, 'metadata'>): Context {
  const spanContext = readSpanContext(metadata ?? {})
  return spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext)
}

/** The span that `traceparent` names. `undefined` where there is none, or an invalid one. */
export function readSpanContext({ traceparent, tracestate }: TraceFields): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  const spanContext: SpanContext = {
    traceId,
    spanId,
    // Only the first bit, "sampled", is defined.
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(tracestate === undefined ? undefined : { traceState: createTraceState(tracestate) }),
  }
  return isSpanContextValid(spanContext) ? spanContext : undefined
}

/** The fields that name a span. `undefined` for a span of no trace, which there is while no SDK is started. */
export function traceFieldsOf(span: Span): TraceFields | undefined {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  if (!isSpanContextValid(span.spanContext())) return undefined
  const traceparent = `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`
  const tracestate = traceState?.serialize()
  return { traceparent, tracestate: tracestate === '' ? undefined : tracestate }
}
