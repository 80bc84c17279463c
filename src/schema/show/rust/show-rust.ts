import { escapedText } from '../../json-text.ts'
import type { Fields, NamedType } from '../../model.ts'
import type { Selection } from '../select-types.ts'
import { manifestLines } from './crates.ts'
import { Identifiers, rustString } from './identifiers.ts'
import { type FieldText, TypeWriter } from './type-writer.ts'

/** The default line width of rustfmt. */
const WIDTH = 100
const INDENT = '    '

type Variant = Extract<NamedType, { kind: 'enum' }>['variants'][number]

/**
 * Renders the selected types as Rust source that compiles: with derives, imports and the crates for Cargo.toml, and with comments
 * for source locations and event types. The types have the bytes of the original types, but not their attributes and pointers.
 */
export function showRust({ topic, root, isPayload, types, events, narrowed, before }: Selection): string {
  const writer = new TypeWriter(types)
  const notesOf = (name: string, variant: string) =>
    events.filter((event) => event.enum === name && event.variant === variant).map(({ eventType }) => eventType)
  const blocks = [...types].map(([name, type]) => {
    const identifier = writer.nameOf(name)
    const derives = writer.derives(writer.traits.derivesOf(name))
    const lines =
      type.kind === 'struct'
        ? structLines(identifier, type.fields, name, writer)
        : enumLines(identifier, type.variants, {
            ...{ name, writer, eventTypesOf: (variant) => notesOf(name, variant) },
            ...{ before: before.get(name) ?? [], total: narrowed.get(name) ?? type.variants.length },
          })
    const comments = [...(isSame(name, identifier) ? [] : [name]), ...(type.at === '' ? [] : [type.at])]
    return [...comments.map((text) => `// ${escapedText(text)}`), derives, ...lines].join('\n')
  })
  const { dependencies, imports, helpers } = writer.needs
  const head = isPayload
    ? `${escapedText(topic)}: the payload is ${escapedText(root)}, in bincode`
    : `${escapedText(root)} of ${escapedText(topic)}`
  const manifest = ['[dependencies]', ...manifestLines(dependencies)].map((line) => `// ${line}`)
  return `${[`// ${head}\n//\n${manifest.join('\n')}`, importLines(imports).join('\n'), ...blocks, ...helpers].join('\n\n')}\n`
}

/** Groups imports by their modules: `use std::collections::{HashMap, HashSet};`. */
function importLines(imports: readonly string[]): string[] {
  const byModule = new Map<string, string[]>()
  for (const path of imports) {
    const at = path.lastIndexOf('::')
    const module = path.slice(0, at)
    byModule.set(module, [...(byModule.get(module) ?? []), path.slice(at + 2)])
  }
  return [...byModule].sort().map(([module, names]) => {
    const [only, ...more] = names.sort()
    return `use ${module}::${more.length === 0 ? only : `{${names.join(', ')}}`};`
  })
}

function structLines(name: string, fields: Fields, owner: string, writer: TypeWriter): string[] {
  switch (fields.kind) {
    case 'unit':
      return [`pub struct ${name};`]
    case 'tuple': {
      const items = fields.items.map((type) => writer.field(type, owner))
      return tupleLines(`pub struct ${name}`, items, { indent: '', visibility: 'pub ', end: ';', note: '' })
    }
    case 'fields':
      if (fields.fields.length === 0) return [`pub struct ${name} {}`]
      return [`pub struct ${name} {`, ...fieldLines(fields, owner, writer, { indent: INDENT, visibility: 'pub ' }), '}']
  }
}

interface EnumContext {
  readonly name: string
  readonly writer: TypeWriter
  readonly eventTypesOf: (variant: string) => readonly string[]
  /** The names of the variants before the shown one, if only one is shown. */
  readonly before: readonly string[]
  /** The number of variants that the enum has in the schema. */
  readonly total: number
}

function enumLines(identifier: string, variants: readonly Variant[], context: EnumContext): string[] {
  const { name, writer, eventTypesOf, before, total } = context
  const names = new Identifiers()
  names.addAll([...before, ...variants.map((variant) => variant.name)])
  const rename = (variant: string) => {
    const given = names.of(variant)
    return { given, attributes: renameAttribute(variant, given) }
  }
  const placeholders = before.map((variant) => {
    const { given, attributes } = rename(variant)
    return [...attributes, `${given},`].join(' ')
  })
  const lines = variants.flatMap((variant) => {
    const { given, attributes } = rename(variant.name)
    const events = eventTypesOf(variant.name).map((eventType) => `event ${escapedText(eventType)}`)
    const note = events.length === 0 ? '' : ` // ${events.join(', ')}`
    return [
      ...attributes.map((attribute) => INDENT + attribute),
      ...variantLines(given, variant.fields, note, name, writer),
    ]
  })
  const omitted = total - variants.length - before.length
  if (variants.length === 0) return [`pub enum ${identifier} {}`]
  return [
    `pub enum ${identifier} {`,
    ...(before.length === 0 ? [] : [`${INDENT}// Without fields here, and only for the number of the next variant:`]),
    ...wrapped(placeholders),
    ...lines,
    ...(omitted === 0 ? [] : [`${INDENT}// … and ${omitted} more ${omitted === 1 ? 'variant' : 'variants'}`]),
    '}',
  ]
}

/** Joins parts to indented lines of the default width. */
function wrapped(parts: readonly string[]): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last === undefined || last.length + part.length >= WIDTH) lines.push(INDENT + part)
    else lines[lines.length - 1] = `${last} ${part}`
  }
  return lines
}

/** The attribute that keeps the name of a field or a variant in JSON, if its identifier differs. */
const renameAttribute = (name: string, identifier: string): string[] =>
  isSame(name, identifier) ? [] : [`#[serde(rename = ${rustString(name)})]`]

const isSame = (name: string, identifier: string): boolean => identifier === name || identifier === `r#${name}`

function variantLines(given: string, fields: Fields, note: string, owner: string, writer: TypeWriter): string[] {
  switch (fields.kind) {
    case 'unit':
      return [`${INDENT}${given},${note}`]
    case 'tuple': {
      const items = fields.items.map((type) => writer.field(type, owner))
      return tupleLines(`${INDENT}${given}`, items, { indent: INDENT, visibility: '', end: ',', note })
    }
    case 'fields': {
      if (fields.fields.length === 0) return [`${INDENT}${given} {},${note}`]
      const inner = fieldLines(fields, owner, writer, { indent: '', visibility: '' })
      const line = `${INDENT}${given} { ${inner.join(' ').replace(/,$/, '')} },`
      const isShort = inner.length < 3 && line.length <= WIDTH / 2 && !line.includes('//') && !line.includes('#[')
      if (isShort) return [`${line}${note}`]
      return [`${INDENT}${given} {${note}`, ...inner.map((text) => INDENT + INDENT + text), `${INDENT}},`]
    }
  }
}

const UNREADABLE_NOTE = ' // cannot be read from bincode'

function fieldLines(
  { fields }: Extract<Fields, { kind: 'fields' }>,
  owner: string,
  writer: TypeWriter,
  { indent, visibility }: { readonly indent: string; readonly visibility: string },
): string[] {
  const names = new Identifiers()
  names.addAll(fields.map(({ name }) => name))
  return fields.flatMap(({ name, type }) => {
    const identifier = names.of(name)
    const field = writer.field(type, owner)
    return [
      ...[...renameAttribute(name, identifier), ...field.attributes].map((attribute) => indent + attribute),
      `${indent}${visibility}${identifier}: ${field.type},${field.isUnreadable ? UNREADABLE_NOTE : ''}`,
    ]
  })
}

/** Lines of a tuple struct or a tuple variant, which begin with `start`: on one line if they fit. */
function tupleLines(
  start: string,
  items: readonly FieldText[],
  { indent, visibility, end, note }: Readonly<Record<'indent' | 'visibility' | 'end' | 'note', string>>,
): string[] {
  const parts = items.map(({ attributes, type }) => [...attributes, `${visibility}${type}`].join(' '))
  const comment = note || (items.some(({ isUnreadable }) => isUnreadable) ? UNREADABLE_NOTE : '')
  const line = `${start}(${parts.join(', ')})${end}`
  if (line.length <= WIDTH) return [line + comment]
  return [`${start}(${comment}`, ...parts.map((part) => `${indent}${INDENT}${part},`), `${indent})${end}`]
}
