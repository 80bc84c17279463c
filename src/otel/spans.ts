import {
  type Context,
  context,
  type Link,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { diagnostics, type PublishMessage, type ReceivedMessage } from '../bus/diagnostics.ts'
import { AppendError } from '../bus/errors.ts'
import { eventProblem, type SerializedEvent } from '../bus/event.ts'
import { type CommitMessage, type HandleMessage, runtimeDiagnostics } from '../saga/diagnostics.ts'
import { ofBus, ofError, ofEvent, ofOperation, ofPosition } from './attributes.ts'
import { listen, on } from './listen.ts'
import { contextOf, readSpanContext, traceFieldsOf } from './trace-context.ts'

/** The most links of a span that the SDK keeps unless it is told otherwise. */
const MAX_LINKS = 128

/**
 * Makes spans of what buses, aggregates and sagas do. Returns a function that ends it.
 *
 * - `send TOPIC` for each published event, in the trace of the event where it has one (a message of an outbox), else in the
 *   active span. The record carries its context in `traceparent`.
 * - `receive TOPIC` for each batch that a subscriber is given, with links to the traces of its events.
 * - `process TOPIC` for each message of an aggregate or a saga until it is settled, in the trace of the message. Appended
 *   events, messages and timers carry its context.
 * - `commit NAME` in each of those, while the store writes.
 */
export function traceMessages(tracer: Tracer): () => void {
  const sent = new WeakMap<PublishMessage, readonly (Span | undefined)[]>()
  const handled = new WeakMap<HandleMessage, Span>()
  const commits = new WeakMap<CommitMessage, readonly Span[]>()

  const startSend = (message: PublishMessage) => {
    const { kind, topic } = message
    const active = context.active()
    const attributes = { ...ofBus(kind), ...ofOperation('send', topic) }
    const spans: (Span | undefined)[] = []
    message.events = message.events.map((event) => {
      // The bus refuses it.
      if (eventProblem(event) !== undefined) {
        spans.push(undefined)
        return event
      }
      const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, parentOf(event, active))
      if (span.isRecording()) span.setAttributes(ofEvent(event))
      spans.push(span)
      const fields = traceFieldsOf(span)
      return fields === undefined ? event : { ...event, metadata: { ...event.metadata, ...fields } }
    })
    sent.set(message, spans)
  }

  const endSend = (message: PublishMessage) => {
    const { result, error } = message
    // What became of the others when one of several events was refused.
    const positions = error instanceof AppendError ? error.append.positions : (result ?? [])
    for (const [index, span] of (sent.get(message) ?? []).entries()) {
      const position = positions[index]
      if (position !== undefined) span?.setAttributes(ofPosition(position))
      else if (error !== undefined) fail(span, error)
      span?.end()
    }
  }

  const receive = ({ kind, group, received }: ReceivedMessage) => {
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
    for (const one of received) {
      const spanContext = one.ok ? readSpanContext(one.event.metadata ?? {}) : undefined
      if (spanContext !== undefined && links.length < MAX_LINKS) links.push({ context: spanContext })
    }
    tracer.startSpan(`receive ${topic}`, { kind: SpanKind.CLIENT, attributes, links }).end()
  }

  const startHandle = (message: HandleMessage) => {
    const { name, group, event, position, isTimer } = message
    const attributes = {
      ...ofOperation('process', position?.topic),
      ...(position === undefined ? undefined : ofPosition(position)),
      'messaging.consumer.group.name': group,
      'crbus.name': name,
    }
    const spanName = isTimer ? `timer ${name}` : `process ${position?.topic ?? name}`
    const span = tracer.startSpan(spanName, { kind: SpanKind.CONSUMER, attributes }, parentOf(event, context.active()))
    if (span.isRecording()) span.setAttributes(ofEvent(event))
    handled.set(message, span)
    Object.assign(message, traceFieldsOf(span))
  }

  const failHandle = (message: HandleMessage) => handled.get(message)?.recordException(asException(message.error))

  const endHandle = (message: HandleMessage) => {
    const { outcome, streamId, rejected, error } = message
    const span = handled.get(message)
    if (outcome !== undefined) span?.setAttribute('crbus.outcome', outcome)
    if (streamId !== undefined) span?.setAttribute('crbus.stream_id', streamId)
    if (rejected !== undefined) span?.setAttribute('crbus.rejected', rejected)
    if (outcome === 'dead letter' || (outcome === 'abandoned' && error !== undefined)) setFailed(span, error)
    span?.end()
  }

  const startCommit = (message: CommitMessage) => {
    const attributes = { 'crbus.name': message.name, 'crbus.commit.message_count': message.handled.length }
    const spans = message.handled.flatMap((one) => {
      const parent = handled.get(one)
      if (parent === undefined) return []
      return tracer.startSpan(`commit ${message.name}`, { attributes }, trace.setSpan(context.active(), parent))
    })
    commits.set(message, spans)
  }

  const endCommit = (message: CommitMessage) => {
    for (const span of commits.get(message) ?? []) {
      if (message.error !== undefined) fail(span, message.error)
      span.end()
    }
  }

  const publish = { start: startSend, asyncEnd: endSend }
  const handle = { start: startHandle, error: failHandle, asyncEnd: endHandle }
  const commit = { start: startCommit, asyncEnd: endCommit }
  const stops = [
    listen(diagnostics.publish, publish),
    on(diagnostics.received, receive),
    listen(runtimeDiagnostics.handle, handle),
    listen(runtimeDiagnostics.commit, commit),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

const parentOf = (event: SerializedEvent, otherwise: Context): Context =>
  event.metadata?.traceparent === undefined ? otherwise : contextOf(event)

function fail(span: Span | undefined, error: unknown): void {
  span?.recordException(asException(error))
  setFailed(span, error)
}

function setFailed(span: Span | undefined, error: unknown): void {
  span?.setAttributes(ofError(error)).setStatus({ code: SpanStatusCode.ERROR, message: asException(error).message })
}

const asException = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
