import type { SerializedEvent } from '../../bus/event.ts'
import { aCount, checkFields } from '../../bus/options.ts'
import { decodeCbor, type EncodedBytes, encodeCbor } from '../../codecs/cbor/cbor.ts'
import { decodeJson } from '../../codecs/json.ts'
import { encodePayload } from '../../codecs/payload.ts'
import type { Action } from '../action.ts'
import type { EventCodec } from './codec.ts'
import { otherCodec } from './other-codec.ts'

/** The version that each action type is encoded with. */
export type ActionVersions<A extends Action> = Readonly<Record<A['type'], number>>

interface Format {
  readonly name: 'CBOR' | 'JSON'
  readonly encode: (fields: object) => EncodedBytes
  readonly decode: (bytes: Uint8Array) => { readonly ok: true; readonly value: unknown } | Failure
}
type Failure = { readonly ok: false; readonly reason: string }

/**
 * Creates a codec that encodes actions as CBOR. The event type is `{type}.v{version}`, the data a map of the other fields. An
 * action whose type is not listed, such as a command for another aggregate, is encoded as version 1. Events of the listed types
 * are decoded. An event of an earlier version is returned as it was written, for the reducer to handle; a later version than
 * the listed one is an error.
 *
 * Integers beyond 2^53 - 1 are decoded as bigint, dates as Date, bytes as Uint8Array. Fields that are `undefined` are left out.
 *
 * @example
 * ```ts
 * import { cborCodec } from 'crbus'
 *
 * type OrderAction = { type: 'PlaceOrder' | 'OrderPlaced'; order_id: string }
 *
 * const codec = cborCodec<OrderAction>({ PlaceOrder: 1, OrderPlaced: 2 })
 * const event = codec.encode({ type: 'OrderPlaced', order_id: 'o-1' })
 * event.eventType // => 'OrderPlaced.v2'
 * codec.decode({ ...event, metadata: null }) // => { type: 'OrderPlaced', order_id: 'o-1' }
 * ```
 */
export function cborCodec<A extends Action>(types: ActionVersions<A>): EventCodec<A> {
  return plainCodec(types, { name: 'CBOR', encode: encodeCbor, decode: decodeCbor })
}

/**
 * Creates a codec that encodes actions as JSON, for readers without CBOR; otherwise like {@link cborCodec}. Dates are decoded
 * as text, integers beyond 2^53 - 1 as bigint.
 *
 * @example
 * ```ts
 * import { jsonCodec } from 'crbus'
 *
 * const codec = jsonCodec<{ type: 'OrderPlaced'; order_id: string }>({ OrderPlaced: 1 })
 * const { eventType, data } = codec.encode({ type: 'OrderPlaced', order_id: 'o-1' })
 * eventType // => 'OrderPlaced.v1'
 * Buffer.from(data).toString() // => '{"order_id":"o-1"}'
 * ```
 */
export function jsonCodec<A extends Action>(types: ActionVersions<A>): EventCodec<A> {
  return plainCodec(types, {
    name: 'JSON',
    encode: (fields) => encodePayload(fields, 'json'),
    decode: decodeJson,
  })
}

function plainCodec<A extends Action>(versions: ActionVersions<A>, format: Format): EventCodec<A> {
  const known = new Map<string, number>(Object.entries(versions ?? {}))
  const checks = Object.fromEntries([...known.keys()].map((type) => [type, aCount()]))
  checkFields(`the ${format.name} codec`, versions, checks)
  return {
    types: new Set(known.keys()),
    encode({ type, ...fields }) {
      const eventVersion = known.get(type) ?? 1
      const encoded = format.encode(fields)
      if (!encoded.ok) throw new TypeError(`${type} ${encoded.reason}`)
      return { eventType: `${type}.v${eventVersion}`, eventVersion, data: encoded.bytes }
    },
    decode(event) {
      const type = event.eventType.replace(/\.v\d+$/, '')
      const version = known.get(type)
      if (version === undefined) return undefined
      if (event.eventVersion > version)
        throw new TypeError(`${event.eventType} is newer than version ${version}, the newest that this codec knows`)
      return { ...fieldsOf(event, format), type } as unknown as A
    },
  }
}

function fieldsOf({ eventType, data }: SerializedEvent, { name, decode }: Format): object {
  const decoded = decode(data)
  if (!decoded.ok) {
    const other = otherCodec(data, name === 'CBOR' ? 'cbor' : 'json')
    throw new TypeError(`the payload of ${eventType} is ${decoded.reason}${other}`)
  }
  const { value } = decoded
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
  if (!isMap) throw new TypeError(`the payload of ${eventType} must be a ${name} ${name === 'JSON' ? 'object' : 'map'}`)
  return value
}
