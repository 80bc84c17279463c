import { compareText } from '../bus/compare.ts'
import type { Body, Fields, Schema, SerdeForm } from './model.ts'
import { SCHEMA_FILE_VERSION } from './schema-file.ts'
import { formatType } from './type-text.ts'

/** The maximum line width: the default of rustfmt. */
const MAX_WIDTH = 100

/**
 * Writes a schema as the text of a schema file. Types and events are sorted by name; fields and variants keep the order of
 * their declaration. Each variant has its own line, so that a diff of two files shows only what changed in Rust.
 *
 * @example
 * ```ts
 * import { readSchemaFile, type Schema, writeSchemaFile } from 'crbus'
 *
 * const schema: Schema = {
 *   topic: 'order-events',
 *   root: 'OrderEvent',
 *   events: new Map([['OrderShipped.v1', 'OrderShipped']]),
 *   types: new Map([
 *     ['OrderEvent', { kind: 'enum', at: '', variants: [{ name: 'OrderShipped', fields: { kind: 'unit' } }] }],
 *   ]),
 * }
 * const file = readSchemaFile(writeSchemaFile(schema))
 * file.ok && file.schema // => schema
 * ```
 */
export function writeSchemaFile({ topic, root, events, types, integers, answers }: Schema): string {
  const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => compareText(a, b))
  const namedTypes = sorted(types).map(([name, type]): Entry => {
    const at: Entry[] = type.at === '' ? [] : [['at', type.at]]
    const serde: Entry[] = type.serde ? [['serde', serdeToJson(type.serde)]] : []
    const whole = object([...at, ...serde, bodyToJson(type)])
    return [name, type.kind === 'enum' || type.serde?.body ? multiline(whole) : whole]
  })
  const answerMaps = [
    ['map', answers?.map ?? new Map()],
    ['assume', answers?.assume ?? new Map()],
  ] as const
  const answerParts = answerMaps.flatMap(([name, map]): Entry[] =>
    map.size === 0 ? [] : [[name, multiline(object(sorted(map)))]],
  )
  const file = object([
    ['crbus_schema', SCHEMA_FILE_VERSION],
    ['topic', topic],
    ['root', root],
    ...(integers === undefined ? [] : [['integers', integers] as const]),
    ...(answerParts.length === 0 ? [] : [['answers', object(answerParts)] as const]),
    ['events', multiline(object(sorted(events)))],
    ['types', multiline(object(namedTypes))],
  ])
  return `${layOut(multiline(file), 0, 0)}\n`
}

/** JSON whose objects are lists of entries, because JavaScript objects sort keys that look like numbers. */
type Entry = readonly [string, Json]
type Json =
  | string
  | number
  | true
  | null
  | { readonly list: readonly Json[]; readonly isMultiline?: boolean }
  | { readonly entries: readonly Entry[]; readonly isMultiline?: boolean }

const object = (entries: readonly Entry[]) => ({ entries })

/** Marks a list or an object, so that each of its parts is written on a line of its own, even if all would fit on one line. */
const multiline = <T extends object>(json: T): T & { isMultiline: boolean } => ({ ...json, isMultiline: true })

function bodyToJson(body: Body): Entry {
  if (body.kind === 'struct') return ['struct', fieldsToJson(body.fields)]
  const variants = body.variants.map((variant) => object([[variant.name, fieldsToJson(variant.fields)]]))
  return ['enum', multiline({ list: variants })]
}

function serdeToJson({ body, tagValue, aliases, names, ...form }: SerdeForm): Json {
  const { tag, content, untagged, flatten, optional, other } = form
  const parts: readonly (readonly [string, Json | undefined])[] = [
    ['tag', tag],
    ['tag_value', tagValue],
    ['content', content],
    ['untagged', typeof untagged === 'object' ? { list: untagged } : untagged],
    ['names', names && object([...names])],
    ['aliases', aliases && object([...aliases].map(([name, list]) => [name, { list }]))],
    ['flatten', flatten && { list: flatten }],
    ['optional', optional && { list: optional }],
    ['other', other],
    ...(body ? [bodyToJson(body)] : []),
  ]
  const entries = parts.filter((part): part is Entry => part[1] !== undefined)
  return body ? multiline(object(entries)) : object(entries)
}

function fieldsToJson(fields: Fields): Json {
  if (fields.kind === 'unit') return null
  if (fields.kind === 'tuple') return { list: fields.items.map(formatType) }
  return object(fields.fields.map(({ name, type }): Entry => [name, formatType(type)]))
}

/**
 * Formats a value that starts at `column`, on a line indented by `indent`: on one line if it fits, else one line for each
 * part.
 */
function layOut(json: Json, indent: number, column: number): string {
  const flat = onOneLine(json)
  // A comma may follow, so the line must have room for one more character.
  if (flat !== undefined && column + flat.length < MAX_WIDTH) return flat
  if (json === null || typeof json !== 'object') return JSON.stringify(json)
  const parts =
    'list' in json
      ? json.list.map((item) => layOut(item, indent + 2, indent + 2))
      : json.entries.map(([key, value]) => {
          const name = `${JSON.stringify(key)}: `
          return name + layOut(value, indent + 2, indent + 2 + name.length)
        })
  const [first, last] = 'list' in json ? '[]' : '{}'
  const lineBreak = `\n${' '.repeat(indent)}`
  return `${first}${parts.map((part) => `${lineBreak}  ${part}`).join(',')}${lineBreak}${last}`
}

/** Formats a value on one line. Returns `undefined` if the value, or a part inside, is marked as multiline. */
function onOneLine(json: Json): string | undefined {
  if (json === null || typeof json !== 'object') return JSON.stringify(json)
  const parts =
    'list' in json
      ? json.list.map(onOneLine)
      : json.entries.map(([key, value]) => {
          const text = onOneLine(value)
          return text === undefined ? undefined : `${JSON.stringify(key)}: ${text}`
        })
  if (parts.length === 0) return 'list' in json ? '[]' : '{}'
  if (json.isMultiline || parts.includes(undefined)) return undefined
  return 'list' in json ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`
}
