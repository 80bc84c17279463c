import { escapedText } from '../json-text.ts'
import type { Fields, NamedType, Type } from '../model.ts'
import { formatType } from '../type-text.ts'
import type { EventVariant, Selection } from './select-types.ts'
import { type ValueType, type ValueTypes, valueTypesOf } from './value-type.ts'

/** Longer lines are split. */
const WIDTH = 100

/**
 * Renders the types of the JSON values that the decoder returns as a TypeScript module without imports. An integer that may be a
 * string of digits is `number | string`. The last type maps the event types to the contents of their variants. The first line
 * of the module names `writtenBy` as its author.
 */
export function showTypeScript({ topic, root, isPayload, types, events }: Selection, writtenBy: string): string {
  const values = valueTypesOf(types)
  const taken = new Set(reserved)
  const names = new Map([...types.keys()].map((name) => [name, freeName(pascal(name), taken)]))
  const nameOf = (name: string): string => names.get(name) ?? 'never'
  const dataTypes = new Map(
    [...types]
      .flatMap(([name, type]) => dataTypesOf(name, type, events))
      .map(({ name, variant }) => {
        const known = freeName(pascal(variant), taken, nameOf(name))
        return [variantKey(name, variant), known]
      }),
  )
  const writer: Writer = { values, nameOf, dataTypeOf: (name, variant) => dataTypes.get(variantKey(name, variant)) }
  const blocks = [...types].flatMap(([name, type]) =>
    type.kind === 'struct' ? [structText(writer, name, type)] : enumTexts(writer, name, type),
  )
  if (events.length > 0) blocks.push(eventsText(writer, freeName(eventsName(topic), taken), types, events))
  const head = isPayload
    ? `${escapedText(topic)}: the payload is ${nameOf(root)}`
    : `${nameOf(root)} of ${escapedText(topic)}`
  return `// ${head}; written by ${writtenBy}\n\n${blocks.join('\n\n')}\n`
}

/** What rendering a type needs. Names are the names of Rust types. */
interface Writer {
  readonly values: ValueTypes
  readonly nameOf: (name: string) => string
  /** The name of the interface for the contents of a variant, if it has one. */
  readonly dataTypeOf: (name: string, variant: string) => string | undefined
}

const variantKey = (name: string, variant: string): string => `${name} ${variant}`

/** Returns the variants that are events and have fields. Each gets an interface of its own, because services use these types. */
function dataTypesOf(name: string, type: NamedType, events: readonly EventVariant[]) {
  if (type.kind === 'struct') return []
  const ownVariants = type.variants.filter(
    ({ name: variant, fields }) =>
      fields.kind === 'fields' &&
      fields.fields.length > 0 &&
      events.some((event) => event.enum === name && event.variant === variant),
  )
  return ownVariants.map((variant) => ({ name, variant: variant.name }))
}

function structText(writer: Writer, name: string, { at, fields }: NamedType & { kind: 'struct' }): string {
  return `${sourceComment(at)}${declaration(writer, writer.nameOf(name), fields, writer.values.ofName(name))}`
}

function declaration(writer: Writer, name: string, fields: Fields, value: ValueType): string {
  if (fields.kind === 'fields' && fields.fields.length > 0) {
    return `export interface ${name} {\n${fieldLines(writer, fields, '  ')}\n}`
  }
  const [item, ...more] = fields.kind === 'tuple' ? fields.items : []
  const note = item !== undefined && more.length === 0 ? rustNote(item) : ''
  return `export type ${name} = ${textOf(writer, value)}${note}`
}

function enumTexts(writer: Writer, name: string, { at, variants }: NamedType & { kind: 'enum' }): string[] {
  const dataTypes = variants.flatMap((variant) => {
    const own = writer.dataTypeOf(name, variant.name)
    return own === undefined
      ? []
      : [`${sourceComment(at)}${declaration(writer, own, variant.fields, writer.values.ofFields(variant.fields))}`]
  })
  const members = variants.map(({ name: variant, fields }) => {
    if (fields.kind === 'unit') return quoted(variant)
    const dataType = writer.dataTypeOf(name, variant)
    if (dataType !== undefined) return `{ ${property(variant)}: ${dataType} }`
    const member = `{ ${property(variant)}: ${textOf(writer, writer.values.ofFields(fields))} }`
    if (member.length < WIDTH || fields.kind !== 'fields') return member
    return `{\n      ${property(variant)}: {\n${fieldLines(writer, fields, '        ')}\n      }\n    }`
  })
  const head = `${sourceComment(at)}export type ${writer.nameOf(name)} =`
  const line = ` ${members.length === 0 ? 'never' : members.join(' | ')}`
  const isPlain = members.length < 2 || variants.every(({ fields }) => fields.kind === 'unit')
  const isShort = isPlain && line.length < WIDTH - 30 && !line.includes('\n')
  const text = isShort ? line : members.map((member) => `\n  | ${member}`).join('')
  return [`${head}${text}`, ...dataTypes]
}

/** Renders the interface that maps each event type to the contents of its variant. */
function eventsText(writer: Writer, name: string, types: Selection['types'], events: readonly EventVariant[]): string {
  const lines = events.map(({ eventType, enum: of, variant }) => {
    const type = types.get(of)
    const fields = type?.kind === 'enum' ? type.variants.find((one) => one.name === variant)?.fields : undefined
    const contents =
      writer.dataTypeOf(of, variant) ?? textOf(writer, writer.values.ofFields(fields ?? { kind: 'unit' }))
    return `  ${quoted(eventType)}: ${contents}`
  })
  return `/** The contents of the variant of each event type. */\nexport interface ${name} {\n${lines.join('\n')}\n}`
}

/** The name of the interface for the event types of a topic: `order-events` → `OrderEvents`. */
const eventsName = (topic: string): string => {
  const name = pascal(topic)
  return name.endsWith('Events') ? name : `${name}Events`
}

const fieldLines = (writer: Writer, { fields }: Fields & { kind: 'fields' }, indent: string): string =>
  fields
    .map(({ name, type }) => {
      const text = textOf(writer, writer.values.ofType(type))
      return `${indent}${property(name)}: ${text}${rustNote(type)}`
    })
    .join('\n')

function textOf(writer: Writer, value: ValueType): string {
  const inner = (item: ValueType): string => textOf(writer, item)
  switch (value.kind) {
    case 'null':
      return 'null'
    case 'bool':
      return 'boolean'
    case 'char':
    case 'text':
    case 'bytes':
      return 'string'
    case 'float':
      return `number | 'NaN' | 'inf' | '-inf' | \`NaN(0x\${string})\``
    case 'integer':
      return value.max > Number.MAX_SAFE_INTEGER ? 'number | string' : 'number'
    case 'option':
      return `${inner(value.item)} | null`
    case 'some':
      return `{ Some: ${inner(value.item)} } | null`
    case 'list': {
      const { length } = value
      // A longer array is shown as a list, because a long tuple is hard to read.
      if (length !== undefined && length <= 8) return `[${Array(length).fill(inner(value.item)).join(', ')}]`
      return listOf(inner(value.item))
    }
    case 'tuple':
      return `[${value.items.map(inner).join(', ')}]`
    case 'object':
      return objectText(value.fields.map((field) => [field.name, inner(field.value)]))
    case 'record':
      if (value.key.kind === 'ref') return `{ [key in ${inner(value.key)}]?: ${inner(value.value)} }`
      return `{ [key: string]: ${inner(value.value)} }`
    case 'pairs':
      return `[${inner(value.key)}, ${inner(value.value)}][]`
    case 'variants': {
      const members = value.variants.map((variant) =>
        variant.value === undefined ? quoted(variant.name) : objectText([[variant.name, inner(variant.value)]]),
      )
      return members.length === 0 ? 'never' : members.join(' | ')
    }
    case 'ref':
      return writer.nameOf(value.name)
    case 'never':
      return 'never'
  }
}

const listOf = (item: string): string => (/[|&]/.test(item) ? `(${item})[]` : `${item}[]`)

const objectText = (parts: readonly (readonly [name: string, text: string])[]): string =>
  parts.length === 0
    ? '{ [name: string]: never }'
    : `{ ${parts.map(([name, text]) => `${property(name)}: ${text}`).join('; ')} }`

/** Returns a comment with the Rust type, if the TypeScript type does not show all of it, such as the size of an integer. */
const rustNote = (type: Type): string => (isFullyShown(type) ? '' : ` // ${formatType(type)}`)

/** Whether the TypeScript type says as much as the Rust type. */
function isFullyShown(type: Type): boolean {
  switch (type.kind) {
    case 'unit':
    case 'bool':
    case 'String':
    case 'named':
      return true
    case 'option':
      return isFullyShown(type.item)
    case 'sequence':
      return type.name === 'Vec' && isFullyShown(type.item)
    case 'tuple':
      return type.items.every(isFullyShown)
    case 'result':
      return isFullyShown(type.ok) && isFullyShown(type.error)
    default:
      return false
  }
}

/** The source location of a type as a comment. */
const sourceComment = (at: string): string => (at === '' ? '' : `/** ${escapedText(at).replaceAll('*/', '*\\/')} */\n`)

const identifier = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u
const property = (name: string): string => (identifier.test(name) ? name : quoted(name))

const quoted = (text: string): string => `'${escapedText(text).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

/** Converts a name to an identifier: `orders::Page<LineItem>` → `OrdersPageLineItem`. A valid identifier stays unchanged. */
function pascal(name: string): string {
  if (identifier.test(name)) return name
  const words = name.split(/[^\p{ID_Continue}]+/u).filter((word) => word !== '')
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return identifier.test(joined) ? joined : `T${joined}`
}

/** Returns a name that is not taken yet: the name itself, or with the prefix, or with a number. Marks the result as taken. */
function freeName(name: string, taken: Set<string>, prefix = ''): string {
  let found = taken.has(name) && prefix !== '' ? `${prefix}${name}` : name
  for (let count = 2; taken.has(found); count += 1) found = `${prefix}${name}${count}`
  taken.add(found)
  return found
}

/** Words that TypeScript does not allow as the name of a type. */
const reserved =
  'any as async await bigint boolean break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in infer instanceof interface is keyof let never new null number object package private protected public readonly return static string super switch symbol this throw true try type typeof undefined unique unknown var void while with yield'.split(
    ' ',
  )
