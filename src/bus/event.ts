/**
 * An event as it travels on the bus. The first four fields are those of Composable Rust's `SerializedEvent` since 2025-11-21,
 * in the same order.
 */
export interface SerializedEvent {
  /** For example `OrderPlaced.v1`. Any string is valid: some services publish names with spaces and braces. */
  readonly eventType: string
  /** A signed 32-bit integer. Normally the number after `.v` at the end of `eventType`; see {@link versionOf}. */
  readonly eventVersion: number
  /** The payload: bincode from Rust services, CBOR or JSON from TypeScript ones. Opaque to the bus. */
  readonly data: Uint8Array
  /** The conversation, the cause and the user of the event, or `null`. */
  readonly metadata: EventMetadata | null
  /**
   * The trace that the event belongs to. It is sent in record headers, not in the envelope, whose bytes equal those of a Rust
   * service. It is not part of the message id. A service passes it on to the messages that result from the event. `crbus/otel`
   * sets it.
   */
  readonly trace?: TraceContext | undefined
}

/** A span in the format of W3C Trace Context. */
export interface TraceContext {
  /** `version-traceid-spanid-flags` in lower-case hexadecimal. An invalid value is ignored. */
  readonly traceparent: string
  /** Data of tracing systems: at most 512 printable characters. */
  readonly tracestate?: string | undefined
}

/** The conversation, the cause and the user of an event. An absent field is `None` in Rust. */
export interface EventMetadata {
  /** Shared by all events of one conversation (one checkout, one saga). */
  readonly correlationId?: string | undefined
  /** The id of the event or command that caused this event. */
  readonly causationId?: string | undefined
  /** The id of the user on whose behalf the event was published. */
  readonly userId?: string | undefined
  /** When the event happened according to its publisher, in RFC 3339. The record has a separate timestamp. */
  readonly timestamp?: string | undefined
  /**
   * Free-form fields such as `saga_id`. CBOR and JSON envelopes hold them. A bincode envelope cannot, so they are sent in the
   * record header `crbus-extra`, as far as JSON can represent them; a Rust service reads the event without them, and may
   * read the header.
   */
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Creates an event with the version that its type ends with, as Rust's `SerializedEvent::new` does. Throws a `TypeError` when
 * an argument has the wrong type.
 *
 * @example
 * ```ts
 * import { serializedEvent } from 'crbus'
 *
 * const data = Buffer.from(JSON.stringify({ order_id: 'o-1', total: 100 }))
 * const event = serializedEvent('OrderPlaced.v2', data, { correlationId: 'checkout-1' })
 * event.eventVersion // => 2
 * ```
 */
export function serializedEvent(
  eventType: string,
  data: Uint8Array,
  metadata: EventMetadata | null = null,
): SerializedEvent {
  const problem = eventProblem({ eventType, eventVersion: 1, data, metadata })
  if (problem !== undefined) throw new TypeError(problem)
  return { eventType, eventVersion: versionOf(eventType), data, metadata }
}

const textFields = ['correlationId', 'causationId', 'userId', 'timestamp'] as const

/**
 * Explains why a value is not an event, for callers in JavaScript; `undefined` for a valid event. Every publish calls it, so
 * it must stay fast.
 */
export function eventProblem(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null) return 'an event must be an object; create it with serializedEvent'
  const { eventType, data, metadata } = event as Readonly<Record<keyof SerializedEvent, unknown>>
  if (typeof eventType !== 'string')
    return `eventType must be a string, not ${eventType === undefined ? 'undefined' : `a ${typeof eventType}`}`
  if (!(data instanceof Uint8Array)) return `the data of ${eventType} must be bytes: a Uint8Array or Buffer`
  if (metadata === null || metadata === undefined) return undefined
  if (typeof metadata !== 'object') return `the metadata of ${eventType} must be an object or null`
  for (const name of textFields) {
    const text = (metadata as EventMetadata)[name]
    if (text !== undefined && typeof text !== 'string') return `the ${name} of ${eventType} must be a string`
  }
  const { extra } = metadata as EventMetadata
  if (extra !== undefined && (typeof extra !== 'object' || extra === null)) {
    return `the extra metadata of ${eventType} must be an object`
  }
  return undefined
}

const I32_MIN = -(2 ** 31)
const I32_MAX = 2 ** 31 - 1

/**
 * Returns the version in an event type: the integer after its last `.v`, else 1.
 *
 * Follows Rust's `extract_version` exactly: `A.v2` is 2, `A.v1.v2` is 2, `A.v+3` is 3, `A.v007` is 7. A suffix that does
 * not parse as an `i32` (`A.vX`, `A.v2-beta`, `A.v99999999999`) gives 1.
 *
 * @example
 * ```ts
 * import { versionOf } from 'crbus'
 *
 * versionOf('OrderPlaced.v2') // => 2
 * versionOf('OrderPlaced') // => 1
 * ```
 */
export function versionOf(eventType: string): number {
  const marker = eventType.lastIndexOf('.v')
  if (marker === -1) return 1
  const digits = eventType.slice(marker + 2)
  if (!/^[+-]?[0-9]+$/.test(digits)) return 1
  const version = Number(digits)
  // `+ 0` turns the -0 that "-0" parses to into 0.
  return version < I32_MIN || version > I32_MAX ? 1 : version + 0
}
