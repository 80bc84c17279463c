import type { Attributes } from '@opentelemetry/api'
import type { SerializedEvent } from '../bus/event.ts'
import type { Position } from '../bus/record.ts'
import { messageId } from '../codecs/message-id.ts'

// The names are those of OpenTelemetry's semantic conventions for messaging, and names that only crbus has.
// https://opentelemetry.io/docs/specs/semconv/messaging/

/** Attributes of a bus. `kind` is `memory`, `embedded` or `kafka`. */
export const ofBus = (kind: string): Attributes => ({ 'messaging.system': kind === 'kafka' ? kind : `crbus_${kind}` })

/** Attributes of an operation, such as `send`. */
export const ofOperation = (operation: 'send' | 'receive' | 'process', topic: string | undefined): Attributes => ({
  'messaging.operation.name': operation,
  'messaging.operation.type': operation,
  ...(topic === undefined ? undefined : { 'messaging.destination.name': topic }),
})

/** Attributes that identify a message and its conversation. They never include the payload or the key. */
export function ofEvent(event: SerializedEvent): Attributes {
  const { correlationId, causationId } = event.metadata ?? {}
  return {
    'crbus.event_type': event.eventType,
    'messaging.message.body.size': event.data?.byteLength,
    ...idOf(event),
    ...(correlationId === undefined ? undefined : { 'messaging.message.conversation_id': correlationId }),
    ...(causationId === undefined ? undefined : { 'crbus.causation_id': causationId }),
  }
}

export const ofPosition = ({ topic, partition, offset }: Position): Attributes => ({
  'messaging.destination.name': topic,
  'messaging.destination.partition.id': String(partition),
  'messaging.kafka.offset': Number(offset),
})

/** The attribute for the message id, which the events that the message causes have as causation id. */
function idOf(event: SerializedEvent): Attributes {
  try {
    return { 'messaging.message.id': messageId(event) }
  } catch {
    // No envelope can hold this event. The bus reports that.
    return {}
  }
}

/** The kind of a failure: the code of an error of crbus or Node, which says more than its class; else the name of the error. */
export function ofError(error: unknown): Attributes {
  if (error === undefined) return {}
  const { code, name = 'Error' } = (error ?? {}) as { readonly code?: unknown; readonly name?: string }
  return { 'error.type': typeof code === 'string' ? code : name }
}
