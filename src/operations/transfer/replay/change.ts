import { EventBusError } from '../../../bus/errors.ts'
import type { EventMetadata, SerializedEvent } from '../../../bus/event.ts'
import { positionName } from '../../../bus/names/names.ts'
import type { Header } from '../../../bus/record.ts'
import { toMetadata } from '../../../codecs/envelope.ts'
import { encodeRecord } from '../../../codecs/event-record.ts'
import { parseJsonKeys } from '../../../codecs/json/parse-json-keys.ts'
import { valueJson } from '../../../codecs/json.ts'
import { encodePayload } from '../../../codecs/payload.ts'
import { asBuffer } from '../../../codecs/text-cache.ts'
import type { EventView } from '../../events/event-view.ts'
import { type CompiledExpression, compileExpression } from '../../events/expression.ts'
import type { SchemaSet } from '../../schemas/compiled.ts'
import { isNamedCodec, namedEncoder } from '../../schemas/named-payload.ts'
import { fromCel } from './from-cel.ts'
import { masker } from './mask.ts'
import { type Changed, changeAt, type FieldPath, parseFieldPath } from './path.ts'

/** The changes of a replay. */
export interface ChangeRequest {
  /** `PATH=EXPRESSION` */
  readonly set: readonly string[]
  /** `PATH` */
  readonly mask: readonly string[]
  readonly maskKey: string
  readonly schemas: SchemaSet | undefined
}

/** Key, value and headers of a record after the changes. */
interface ChangedParts {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
}

/** Returns the changed parts of an event. Throws `REFUSED` for an event that cannot be changed. */
export type ChangeEvent = (view: EventView) => ChangedParts

export type CompiledChanges =
  | { readonly ok: true /** Absent: nothing is changed. */; readonly change: ChangeEvent | undefined }
  /** `of` is the change that is invalid. */
  | { readonly ok: false; readonly of: 'set' | 'mask'; readonly text: string; readonly reason: string }

/** One change, whose field gets a new value. */
interface Step {
  readonly path: FieldPath
  readonly apply: (view: EventView, value: unknown) => Changed
}

/** Compiles the changes of a replay. `reason` says why a path or an expression is invalid. */
export async function compileChanges({ set, mask, maskKey, schemas }: ChangeRequest): Promise<CompiledChanges> {
  const steps: Step[] = []
  for (const text of set) {
    const at = text.indexOf('=')
    const path = at === -1 ? undefined : parseFieldPath(text.slice(0, at).trim())
    if (path === undefined) return { ok: false, of: 'set', text, reason: 'is not PATH=EXPRESSION' }
    const compiled = await compileExpression(text.slice(at + 1))
    if (!compiled.ok) return { ok: false, of: 'set', text, reason: compiled.reason }
    steps.push({ path, apply: setter(compiled) })
  }
  const toPseudonym = masker(maskKey)
  for (const text of mask) {
    const path = parseFieldPath(text)
    if (path === undefined) return { ok: false, of: 'mask', text, reason: 'is not a path' }
    steps.push({ path, apply: (_, value) => toPseudonym(value) })
  }
  if (steps.length === 0) return { ok: true, change: undefined }
  return { ok: true, change: (view) => changeEvent(view, steps, schemas) }
}

const setter =
  ({ evaluate }: Extract<CompiledExpression, { ok: true }>) =>
  (view: EventView): Changed => {
    const result = evaluate(view)
    return result.ok ? { ok: true, value: fromCel(result.value) } : { ok: false, reason: result.reason() }
  }

function changeEvent(view: EventView, steps: readonly Step[], schemas: SchemaSet | undefined): ChangedParts {
  const { record, envelope } = view
  const refuse = (reason: string) =>
    new EventBusError('REFUSED', `${positionName(record)} cannot be changed: ${reason}`, { topic: record.topic })
  const ofKey = steps.filter(({ path }) => path.root === 'key')
  const inEvent = steps.filter(({ path }) => path.root !== 'key')
  const key = changeKey(view, ofKey)
  if (typeof key === 'string') throw refuse(key)
  const { value, headers } = record
  // A tombstone has nothing to change.
  if (value === null || inEvent.length === 0) return { key: key.bytes, value, headers }
  const changed = envelope?.ok ? changeEnvelope(view, inEvent, schemas) : changePlain(view, inEvent)
  if (typeof changed === 'string') throw refuse(changed)
  return { key: key.bytes, ...changed }
}

function changeKey(view: EventView, steps: readonly Step[]): { readonly bytes: Uint8Array | null } | string {
  const { key } = view.record
  if (steps.length === 0 || key === null) return { bytes: key }
  let text: unknown = asBuffer(key).toString('utf8')
  for (const { path, apply } of steps) {
    const changed = apply(view, text)
    if (!changed.ok) return `${path.text} ${changed.reason}`
    text = changed.value
  }
  return typeof text === 'string' ? { bytes: Buffer.from(text) } : 'the new key is not text'
}

/** Applies the steps to a value. Returns the reason if one fails. */
function applySteps(view: EventView, value: unknown, steps: readonly Step[]): Changed {
  let changed: Changed = { ok: true, value }
  for (const { path, apply } of steps) {
    changed = changeAt(changed.value, path.names, (field) => apply(view, field))
    if (!changed.ok) return { ok: false, reason: `${path.text} ${changed.reason}` }
  }
  return changed
}

type NewValue = Omit<ChangedParts, 'key'> | string

function changeEnvelope(view: EventView, steps: readonly Step[], schemas: SchemaSet | undefined): NewValue {
  const { envelope, record } = view
  if (!envelope?.ok) return 'it is not an event'
  const { format, event } = envelope
  if (format !== 'bincode-w3' && format !== 'cbor') return `its envelope, ${format}, cannot be written`
  const data = changeData(view, event, { steps: steps.filter(({ path }) => path.root === 'data'), schemas })
  if (typeof data === 'string') return data
  const metadata = changeMetadata(
    view,
    event.metadata,
    steps.filter(({ path }) => path.root === 'metadata'),
  )
  if (typeof metadata === 'string') return metadata
  const encoded = encodeRecord({ ...event, data, metadata }, format === 'cbor' ? 'cbor' : 'bincode')
  if (!encoded.ok) return encoded.reason
  const replaced = new Set(encoded.headers.map(([name]) => name))
  return {
    value: encoded.value,
    headers: [...record.headers.filter(([name]) => !replaced.has(name)), ...encoded.headers],
  }
}

function changeMetadata(
  view: EventView,
  metadata: EventMetadata | null,
  steps: readonly Step[],
): EventMetadata | null | string {
  if (steps.length === 0) return metadata
  const { correlationId, causationId, userId, timestamp, extra } = metadata ?? {}
  const known = { correlation_id: correlationId, causation_id: causationId, user_id: userId, timestamp }
  const fields = { ...extra, ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) }
  const changed = applySteps(view, fields, steps)
  if (!changed.ok) return changed.reason
  const fieldsNow = changed.value as Readonly<Record<string, unknown>>
  const wrong = Object.keys(known).find((name) => name in fieldsNow && typeof fieldsNow[name] !== 'string')
  if (wrong !== undefined) return `metadata.${wrong} must be text`
  // Without metadata, and with nothing set, the event keeps none.
  return metadata === null && Object.keys(fieldsNow).length === 0 ? null : toMetadata(fieldsNow)
}

interface DataChange {
  readonly steps: readonly Step[]
  readonly schemas: SchemaSet | undefined
}

function changeData(view: EventView, event: SerializedEvent, { steps, schemas }: DataChange): Uint8Array | string {
  if (steps.length === 0) return event.data
  const { payload, bincodeJson } = view
  if (bincodeJson !== undefined) {
    const encoder = schemas?.withId(bincodeJson.schema)?.encoder
    if (encoder === undefined) return `the schema ${bincodeJson.schema} is not in this project`
    const value = parseJsonKeys(bincodeJson.json)
    const same = encoder.encode(value)
    // What JSON cannot represent would be lost in the fields that are not changed.
    if (!same.ok || !asBuffer(same.bytes).equals(event.data)) return 'its data cannot be encoded again exactly'
    const changed = applySteps(view, value, steps)
    if (!changed.ok) return changed.reason
    const encoded = encoder.encode(parseJsonKeys(valueJson(changed.value)))
    return encoded.ok ? encoded.bytes : `data${encoded.path === '' ? '' : `.${encoded.path}`}: ${encoded.reason}`
  }
  if (!payload?.ok) return `its data cannot be decoded: ${payload?.reason ?? 'no codec fits'}`
  if (!isNamedCodec(payload.codec)) return `its data is ${payload.codec}, which has no fields`
  const isBySchema = 'schema' in payload && payload.codec !== 'json'
  const encode = isBySchema ? namedEncoder(view, schemas) : undefined
  if (isBySchema && encode === undefined) return 'its data cannot be encoded again exactly'
  const changed = applySteps(view, payload.value, steps)
  if (!changed.ok) return changed.reason
  const encoded = encode ? encode(changed.value) : encodePayload(changed.value, payload.codec)
  return encoded.ok ? encoded.bytes : `data: ${encoded.reason}`
}

/** Changes the value of a record without an envelope. */
function changePlain(view: EventView, steps: readonly Step[]): NewValue {
  const { payload, record } = view
  if (steps.some(({ path }) => path.root === 'metadata')) return 'it has no metadata'
  if (!payload?.ok) return `it cannot be decoded: ${payload?.reason ?? 'no codec fits'}`
  if (!isNamedCodec(payload.codec)) return `it is ${payload.codec}, which has no fields`
  const changed = applySteps(view, payload.value, steps)
  if (!changed.ok) return changed.reason
  const encoded = encodePayload(changed.value, payload.codec)
  return encoded.ok ? { value: encoded.bytes, headers: record.headers } : encoded.reason
}
