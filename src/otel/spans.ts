import {
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { diagnostics, type PublishMessage, type ReceivedMessage } from '../bus/diagnostics.ts'
import { eventProblem, type SerializedEvent } from '../bus/event.ts'
import { readTraceHeaders } from '../codecs/trace-headers.ts'
import { type CommitMessage, type HandleMessage, runtimeDiagnostics } from '../saga/reports/diagnostics.ts'
import { ofBus, ofError, ofEvent, ofOperation, ofPosition } from './attributes.ts'
import { listen, on, together } from './listen.ts'
import { publishedPositions } from './published-positions.ts'
import { readSpanContext, traceContextOf } from './trace-context.ts'

/** The default limit of the SDK for the links of a span. */
const MAX_LINKS = 128

/**
 * Records spans of buses, aggregates and sagas. Returns a function that stops the recording.
 *
 * - `send TOPIC` for each published event, in the trace of the event where it has one (a message of an outbox), else in the
 *   active span. The record carries its context in `traceparent`.
 * - `receive TOPIC` for each batch that is delivered to a subscriber, with links to the traces of its events.
 * - `process TOPIC` for each message of an aggregate or a saga until it is settled, in the trace of the message; `timer NAME`
 *   for a timer, and `process NAME` for a command that was sent within the process. Appended events, messages and timers
 *   carry its context.
 * - `commit NAME` in each of those, while the store writes.
 */
export function traceMessages(tracer: Tracer): () => void {
  const handled = new WeakMap<HandleMessage, Span>()
  return together([
    tracePublishing(tracer),
    traceReceiving(tracer),
    traceHandling(tracer, handled),
    traceCommits(tracer, handled),
  ])
}

function tracePublishing(tracer: Tracer): () => void {
  const sent = new WeakMap<PublishMessage, readonly (Span | undefined)[]>()
  const start = (message: PublishMessage) => {
    const { kind, topic } = message
    const active = context.active()
    const attributes = { ...ofBus(kind), ...ofOperation('send', topic) }
    const spans: (Span | undefined)[] = []
    sent.set(message, spans)
    message.events = message.events.map((event) => {
      // The bus will refuse this event, so it gets no span.
      if (eventProblem(event) !== undefined) {
        spans.push(undefined)
        return event
      }
      const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, parentOf(event, active))
      spans.push(span)
      if (span.isRecording()) span.setAttributes(ofEvent(event))
      return withTrace(event, span)
    })
  }
  const end = (message: PublishMessage) => {
    const { error } = message
    const positions = publishedPositions(message)
    for (const [index, span] of (sent.get(message) ?? []).entries()) {
      const position = positions[index]
      if (position !== undefined) span?.setAttributes(ofPosition(position))
      else if (error !== undefined) fail(span, error)
      span?.end()
    }
  }
  return listen(diagnostics.publish, { start, asyncEnd: end })
}

/**
 * Returns the event with the context of a span. Copies the fields by name, because a spread would drop the getters of a class.
 */
function withTrace(event: SerializedEvent, span: Span): SerializedEvent {
  const trace = traceContextOf(span)
  if (trace === undefined) return event
  const { eventType, eventVersion, data, metadata } = event
  return { eventType, eventVersion, data, metadata, trace }
}

function traceReceiving(tracer: Tracer): () => void {
  return on(diagnostics.received, ({ kind, group, received }: ReceivedMessage) => {
    const [first] = received
    if (first === undefined) return
    const { topic, partition } = first.record
    const attributes = {
      ...ofBus(kind),
      ...ofOperation('receive', topic),
      'messaging.destination.partition.id': String(partition),
      'messaging.consumer.group.name': group,
      'messaging.batch.message_count': received.length,
    }
    const links: Link[] = []
    for (const { record } of received) {
      if (links.length === MAX_LINKS) break
      const spanContext = readSpanContext(readTraceHeaders(record.headers))
      if (spanContext !== undefined) links.push({ context: spanContext })
    }
    tracer.startSpan(`receive ${topic}`, { kind: SpanKind.CLIENT, attributes, links }).end()
  })
}

function traceHandling(tracer: Tracer, handled: WeakMap<HandleMessage, Span>): () => void {
  const start = (message: HandleMessage) => {
    const { name, group, event, position, isTimer } = message
    const attributes = {
      ...ofOperation('process', position?.topic),
      ...(position === undefined ? undefined : ofPosition(position)),
      'messaging.consumer.group.name': group,
      'crbus.name': name,
    }
    const spanName = isTimer ? `timer ${name}` : `process ${position?.topic ?? name}`
    const isLocal = position === undefined && !isTimer
    const parent = parentOf(event, isLocal ? context.active() : ROOT_CONTEXT)
    const span = tracer.startSpan(spanName, { kind: SpanKind.CONSUMER, attributes }, parent)
    handled.set(message, span)
    message.trace = traceContextOf(span) ?? message.trace
    if (span.isRecording()) span.setAttributes(ofEvent(event))
  }
  const failed = (message: HandleMessage) => handled.get(message)?.recordException(asException(message.error))
  const end = (message: HandleMessage) => {
    const { outcome, streamId, rejected, error } = message
    const span = handled.get(message)
    if (outcome !== undefined) span?.setAttribute('crbus.outcome', outcome)
    if (streamId !== undefined) span?.setAttribute('crbus.stream_id', streamId)
    if (rejected !== undefined) span?.setAttribute('crbus.rejected', rejected)
    if (outcome === 'dead letter' || (outcome === 'abandoned' && error !== undefined)) setFailed(span, error)
    span?.end()
  }
  return listen(runtimeDiagnostics.handle, { start, error: failed, asyncEnd: end })
}

function traceCommits(tracer: Tracer, handled: WeakMap<HandleMessage, Span>): () => void {
  /** For each commit of a call, one span per message, each a child of the span of its message. */
  const spans = new WeakMap<CommitMessage, readonly (readonly Span[])[]>()
  const start = (message: CommitMessage) => {
    const attributes = { 'crbus.name': message.name, 'crbus.commit.count': message.commits.length }
    const startIn = (parent: Span) =>
      tracer.startSpan(`commit ${message.name}`, { attributes }, trace.setSpan(ROOT_CONTEXT, parent))
    spans.set(
      message,
      message.commits.map((messages) => messages.flatMap((message) => handled.get(message) ?? []).map(startIn)),
    )
  }
  const end = (message: CommitMessage) => {
    for (const [index, list] of (spans.get(message) ?? []).entries()) {
      const result = message.result?.[index]
      const error = result === undefined || result.ok ? message.error : result.error
      for (const span of list) {
        if (error !== undefined) fail(span, error)
        span.end()
      }
    }
  }
  return listen(runtimeDiagnostics.commit, { start, asyncEnd: end })
}

function parentOf({ trace: own }: SerializedEvent, otherwise: Context): Context {
  const spanContext = readSpanContext(own)
  return spanContext === undefined ? otherwise : trace.setSpanContext(ROOT_CONTEXT, spanContext)
}

function fail(span: Span | undefined, error: unknown): void {
  span?.recordException(asException(error))
  setFailed(span, error)
}

function setFailed(span: Span | undefined, error: unknown): void {
  span?.setAttributes(ofError(error)).setStatus({ code: SpanStatusCode.ERROR, message: asException(error).message })
}

const asException = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
