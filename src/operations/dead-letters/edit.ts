import type { Header } from '../../bus/record.ts'
import { encodeRecord } from '../../codecs/event-record.ts'
import { parseJson, valueJson } from '../../codecs/json.ts'
import type { EventView } from '../events/event-view.ts'
import { encodeData, readEventData } from '../publish/event-data.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import { namedEncoder } from '../schemas/named-payload.ts'

/** Why a payload cannot be edited. src/ui/dead-letters/letter-words.ts has the sentence for each code. */
export type NotEditable =
  /** The record has no value. */
  | { readonly code: 'tombstone' }
  /** No codec or schema decodes the payload. */
  | { readonly code: 'undecodable'; readonly reason: string }
  /** Encoding the decoded value again gives other bytes. */
  | { readonly code: 'not-exact'; readonly codec: string }
  /** crbus does not write this kind of envelope. */
  | { readonly code: 'old-envelope'; readonly envelope: string }

export type Editable =
  | { readonly ok: true; readonly text: string; readonly encode: (text: string) => Encoded }
  | ({ readonly ok: false } & NotEditable)

/** The value and the headers of a record with another payload, or why the text is not a payload. */
type Encoded =
  | {
      readonly ok: true
      readonly isChanged: boolean
      readonly value: Uint8Array
      readonly headers: readonly Header[]
      /** The new payload in the form of {@link Editable}. */
      readonly text: string
    }
  | { readonly ok: false; readonly reason: string }

/** Returns the payload of an event as JSON text, and a function that encodes another text as the payload was encoded. */
export function editablePayload(view: EventView, schemas: SchemaSet | undefined): Editable {
  const { envelope, payload, record } = view
  if (record.value === null) return { ok: false, code: 'tombstone' }
  if (payload === undefined || !payload.ok) {
    return { ok: false, code: 'undecodable', reason: payload?.ok === false ? payload.reason : '' }
  }
  if (payload.codec === 'bytes') return { ok: false, code: 'undecodable', reason: 'it is neither JSON, CBOR nor text' }
  if (envelope?.ok && envelope.format !== 'bincode-w3' && envelope.format !== 'cbor') {
    return { ok: false, code: 'old-envelope', envelope: envelope.format }
  }
  const isExact =
    payload.codec === 'json' ||
    namedEncoder(view, schemas) !== undefined ||
    payload.canonical ||
    view.bincodeJson?.isExact === true ||
    ((payload.codec === 'cbor' || payload.codec === 'msgpack') && !('schema' in payload) && isPlain(payload.value))
  if (!isExact) return { ok: false, code: 'not-exact', codec: payload.codec }
  const own = envelope?.ok ? envelope.event.data : record.value
  const text = textOf(view, own)
  return { ok: true, text, encode: (edited) => encodeEdited(edited, text, view, schemas) }
}

/** Whether a payload is JSON that is edited as it is, because parsing it would lose something, such as digits. */
const isRawJson = (payload: EventView['payload']): boolean =>
  payload?.ok === true && payload.codec === 'json' && !payload.canonical

/** Returns a payload as indented JSON, or as it is. */
function textOf({ payload, bincodeJson }: EventView, own: Uint8Array): string {
  if (bincodeJson !== undefined) return valueJson(JSON.parse(bincodeJson.json), 2)
  if (!payload?.ok) return ''
  return isRawJson(payload) ? Buffer.from(own).toString('utf8').trim() : valueJson(payload.value, 2)
}

function encodeEdited(text: string, original: string, view: EventView, schemas: SchemaSet | undefined): Encoded {
  const { envelope, payload, bincodeJson, record } = view
  const parsed = parseJson(text)
  if (!parsed.ok) return parsed
  if (!payload?.ok) return { ok: false, reason: 'the payload was not decoded' }
  const { codec } = payload
  const isRaw = isRawJson(payload)
  // In one form, so that the difference has only changed fields.
  const shown = isRaw ? text.trim() : valueJson(parsed.value, 2)
  const before = parseJson(original)
  const isChanged = !before.ok || valueJson(parsed.value) !== valueJson(before.value)
  const encode = isRaw ? undefined : namedEncoder(view, schemas)
  const bytes = encode
    ? encode(parsed.value)
    : bincodeJson !== undefined && envelope?.ok
      ? readEventData(
          { data: parsed.value, codec: 'bincode', schema: bincodeJson.schema },
          settings(record.topic, schemas),
          envelope.event.eventType,
        )
      : isRaw
        ? ({ ok: true, bytes: Buffer.from(text.trim()) } as const)
        : encodeData(parsed.value, codec === 'cbor' || codec === 'msgpack' || codec === 'text' ? codec : 'json')
  if (!bytes.ok) return { ok: false, reason: bytes.reason }
  const data = bytes.bytes
  if (!envelope?.ok) return { ok: true, isChanged, value: data, headers: [], text: shown }
  const encoded = encodeRecord({ ...envelope.event, data }, envelope.format === 'cbor' ? 'cbor' : 'bincode')
  return encoded.ok ? { ...encoded, isChanged, text: shown } : encoded
}

/** Whether a value consists of what JSON has, so that its text says everything. CBOR also has bytes, dates and large integers. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.values(value).every(isPlain)
}

const settings = (topic: string, schemas: SchemaSet | undefined) =>
  ({ topic, schemas, envelope: 'bincode', metadata: null, headers: [] }) as const
