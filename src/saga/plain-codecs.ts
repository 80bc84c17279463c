import type { SerializedEvent } from '../bus/event.ts'
import { aCount, checkFields } from '../bus/options.ts'
import { decodeCbor, type Encoded, encodeCbor } from '../codecs/cbor.ts'
import { decodeJson } from '../codecs/json.ts'
import { encodePayload } from '../codecs/payload.ts'
import type { EventCodec } from './codec.ts'
import { otherCodec } from './other-codec.ts'
import type { Action } from './reducer.ts'

/** The version each action is written as. */
export type ActionVersions<A extends Action> = Readonly<Record<A['type'], number>>

interface Format {
  readonly name: 'CBOR' | 'JSON'
  readonly encode: (fields: object) => Encoded
  readonly decode: (bytes: Uint8Array) => { readonly ok: true; readonly value: unknown } | Failure
}
type Failure = { readonly ok: false; readonly reason: string }

/**
 * Actions as CBOR: the event type is `{type}.v{version}`, the data a map of the other fields. An action that is not
 * listed (another aggregate's command) is written as version 1. What is read is the listed types up to the listed version:
 * an old event comes as it was written, and the reducer knows its own past; a newer one is refused, not misread.
 *
 * Integers beyond 2^53 - 1 come as bigint, dates as Date, bytes as Uint8Array; a field that is `undefined` is left out.
 */
export function cborCodec<A extends Action>(types: ActionVersions<A>): EventCodec<A> {
  return plainCodec(types, { name: 'CBOR', encode: encodeCbor, decode: decodeCbor })
}

/** The same as JSON, for readers without CBOR. Dates come as text; integers beyond 2^53 - 1 as bigint. */
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
      if (event.eventVersion > version) throw new TypeError(`${event.eventType} is newer than version ${version}`)
      return { ...fieldsOf(event, format), type } as unknown as A
    },
  }
}

function fieldsOf({ eventType, data }: SerializedEvent, { name, decode }: Format): object {
  const decoded = decode(data)
  if (!decoded.ok) {
    const other = otherCodec(data, name === 'CBOR' ? 'cbor' : 'json')
    throw new TypeError(`the data of ${eventType} is ${decoded.reason}${other}`)
  }
  const { value } = decoded
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
  if (!isMap) throw new TypeError(`the data of ${eventType} is no map of fields, but other ${name}`)
  return value
}
