import { escapedText } from '../json-text.ts'
import { libraryType } from '../library-types.ts'
import type { Fields, NamedType, Type } from '../model.ts'
import { formatType } from '../type-text.ts'
import type { Selection } from './select-types.ts'

/** The default line width of rustfmt. */
const WIDTH = 100
const INDENT = '    '

/**
 * Renders the selected types as Rust declarations, with comments for their source locations and event types. Attributes and other
 * details that do not affect the bytes are left out.
 */
export function showRust({ topic, root, isPayload, types, events, narrowed }: Selection): string {
  const eventsOf = (name: string, variant: string) =>
    events.filter((event) => event.enum === name && event.variant === variant).map(({ eventType }) => eventType)
  const blocks = [...types].map(([name, type]) => {
    const lines = type.kind === 'struct' ? structLines(name, type.fields) : enumLines(name, type, eventsOf, narrowed)
    return [...(type.at === '' ? [] : [`// ${escapedText(type.at)}`]), ...lines].join('\n')
  })
  const head = isPayload
    ? `${escapedText(topic)}: the payload is ${root}, in bincode`
    : `${root} of ${escapedText(topic)}`
  return `// ${head}\n\n${blocks.join('\n\n')}\n`
}

function structLines(name: string, fields: Fields): string[] {
  if (fields.kind === 'fields') return [`struct ${name} {`, ...fieldLines(fields, INDENT), '}']
  return [`struct ${name}${tupleText(fields)};${unreadableNote(fields)}`]
}

function enumLines(
  name: string,
  { variants }: Extract<NamedType, { kind: 'enum' }>,
  eventsOf: (name: string, variant: string) => readonly string[],
  narrowed: Selection['narrowed'],
): string[] {
  const lines = variants.flatMap((variant) => {
    const note = eventsOf(name, variant.name).map((eventType) => `event ${escapedText(eventType)}`)
    return variantLines(escapedText(variant.name), variant.fields, note.length === 0 ? '' : ` // ${note.join(', ')}`)
  })
  const omitted = (narrowed.get(name) ?? variants.length) - variants.length
  const rest = omitted === 0 ? [] : [`${INDENT}// … and ${omitted} more ${omitted === 1 ? 'variant' : 'variants'}`]
  return [`enum ${name} {`, ...lines, ...rest, '}']
}

function variantLines(name: string, fields: Fields, note: string): string[] {
  if (fields.kind !== 'fields') return [`${INDENT}${name}${tupleText(fields)},${note || unreadableNote(fields)}`]
  const parts = fields.fields.map((field) => `${fieldName(field.name)}: ${formatType(field.type)}`)
  const line = `${INDENT}${name} { ${parts.join(', ')} },`
  const isShort = parts.length < 3 && line.length <= WIDTH / 2 && unreadableNote(fields) === ''
  if (parts.length === 0) return [`${INDENT}${name} {},${note}`]
  if (isShort) return [`${line}${note}`]
  return [`${INDENT}${name} {${note}`, ...fieldLines(fields, INDENT + INDENT), `${INDENT}},`]
}

const fieldLines = ({ fields }: Extract<Fields, { kind: 'fields' }>, indent: string): string[] =>
  fields.map(({ name, type }) => `${indent}${fieldName(name)}: ${formatType(type)},${unreadableIn([type])}`)

function tupleText(fields: Fields): string {
  return fields.kind === 'tuple' ? `(${fields.items.map(formatType).join(', ')})` : ''
}

function unreadableNote(fields: Fields): string {
  if (fields.kind === 'unit') return ''
  return unreadableIn(fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type))
}

/** Returns a comment if one of the types cannot be read from its bytes, or an empty text. */
function unreadableIn(types: readonly Type[]): string {
  const isUnreadable = (type: Type): boolean => {
    switch (type.kind) {
      case 'known':
        return libraryType(type.name)?.wire === undefined
      case 'option':
      case 'sequence':
      case 'array':
        return isUnreadable(type.item)
      case 'map':
        return isUnreadable(type.key) || isUnreadable(type.value)
      case 'result':
        return isUnreadable(type.ok) || isUnreadable(type.error)
      case 'tuple':
        return type.items.some(isUnreadable)
      default:
        return false
    }
  }
  return types.some(isUnreadable) ? ' // cannot be read from bincode' : ''
}

/** Words of Rust that a field can only have as a name with `r#` in front. */
const keywords = new Set(
  'as async await break const continue dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return static struct trait true type unsafe use where while yield'.split(
    ' ',
  ),
)

const fieldName = (name: string): string => (keywords.has(name) ? `r#${name}` : escapedText(name))
