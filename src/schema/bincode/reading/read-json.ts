import { jsonText } from '../../json-text.ts'
import { type Enum, isNullable, isTextKey, type Shape } from '../shape.ts'
import type { Sizes } from '../shape-size.ts'
import { compileReader } from './compile-reader.ts'
import {
  type Cursor,
  enter,
  failDuplicate,
  failShort,
  hasFailed,
  leave,
  readLength,
  readOption,
  readVariant,
} from './cursor.ts'
import { lengthReader } from './leb128.ts'

type ReadJson = (cursor: Cursor) => string

/**
 * Compiles a shape to a function that reads a value as JSON text. The function does not build the JavaScript value, and is
 * twice as fast as `JSON.stringify` of that value. The text is safe to print on a terminal.
 */
export function jsonReader(root: Shape, sizes: Sizes): ReadJson {
  const compile = (shape: Shape, reader: (shape: Shape) => ReadJson): ReadJson => {
    switch (shape.kind) {
      case 'leaf':
        return shape.readJson
      case 'option': {
        const read = reader(shape.item)
        if (!isNullable(shape.item)) return (cursor) => (readOption(cursor) ? read(cursor) : 'null')
        return (cursor) => (readOption(cursor) ? `{"Some":${read(cursor)}}` : 'null')
      }
      case 'sequence': {
        const read = reader(shape.item)
        const size = sizes.size(shape.item)
        const length = lengthReader(shape.name)
        return (cursor) => readItems(cursor, read, length(cursor, size, shape.name))
      }
      case 'array': {
        const read = reader(shape.item)
        const size = sizes.size(shape)
        return (cursor) => {
          if (size <= cursor.end - cursor.position) return readItems(cursor, read, shape.length)
          failShort(cursor, size, `[…; ${shape.length}]`)
          return ''
        }
      }
      case 'map': {
        const key = reader(shape.key)
        const value = reader(shape.value)
        const size = sizes.size(shape.key) + sizes.size(shape.value)
        const read = isTextKey(shape.key) ? readObject : readPairs
        return (cursor) => read(cursor, key, value, readLength(cursor, size, shape.name))
      }
      case 'tuple':
        return partsReader(
          shape.items.map((item, index) => [index === 0 ? '[' : ',', reader(item)]),
          '[',
          ']',
        )
      case 'struct':
        return partsReader(
          shape.fields.map(({ name, shape: field }, index) => {
            return [`${index === 0 ? '{' : ','}${jsonText(name)}:`, reader(field)]
          }),
          '{',
          '}',
        )
      case 'enum':
        return enumReader(shape, reader)
      case 'ref': {
        let read: ReadJson | undefined
        return (cursor) => {
          if (!enter(cursor, shape.height, shape.name)) return ''
          read ??= reader(shape.target)
          const json = read(cursor)
          leave(cursor, shape.height)
          return json
        }
      }
    }
  }
  return compileReader(root, sizes, compile, '')
}

/** Compiles the parts of a tuple or struct. Each part has the text that precedes it, such as `,"total":`. */
function partsReader(each: readonly (readonly [string, ReadJson])[], open: string, close: string): ReadJson {
  if (each.length === 0) return () => open + close
  const before = each.map(([text]) => text)
  const reads = each.map(([, read]) => read)
  return (cursor) => {
    if (hasFailed(cursor)) return ''
    let json = ''
    for (let index = 0; index < reads.length; index += 1) json += before[index] + (reads[index] as ReadJson)(cursor)
    return json + close
  }
}

function enumReader({ name, variants }: Enum, reader: (shape: Shape) => ReadJson): ReadJson {
  const reads = variants.map((variant): ReadJson => {
    const json = jsonText(variant.name)
    if (variant.shape === undefined) return () => json
    const open = `{${json}:`
    const read = reader(variant.shape)
    return (cursor) => `${open}${read(cursor)}}`
  })
  return (cursor) => {
    const variant = readVariant(cursor, reads.length, name)
    return variant < 0 ? '' : (reads[variant] as ReadJson)(cursor)
  }
}

function readItems(cursor: Cursor, read: ReadJson, length: number): string {
  if (length === 0) return '[]'
  let json = `[${read(cursor)}`
  for (let index = 1; index < length && !hasFailed(cursor); index += 1) json += `,${read(cursor)}`
  return `${json}]`
}

function readPairs(cursor: Cursor, key: ReadJson, value: ReadJson, length: number): string {
  let json = '['
  for (let index = 0; index < length && !hasFailed(cursor); index += 1) {
    json += `${index === 0 ? '' : ','}[${key(cursor)},${value(cursor)}]`
  }
  return `${json}]`
}

/** Reads a map as a JSON object with its keys in the order of the bytes, as serde_json writes it. */
function readObject(cursor: Cursor, key: ReadJson, value: ReadJson, length: number): string {
  const seen = new Set<string>()
  let json = '{'
  for (let index = 0; index < length && !hasFailed(cursor); index += 1) {
    const { position } = cursor
    const text = key(cursor)
    // Adding a key that the set already has does not change its size.
    if (seen.size === seen.add(text).size) failDuplicate(cursor, text, position)
    // JSON keys are strings: the text of a number or a bool gets quotes.
    json += `${index === 0 ? '' : ','}${text.startsWith('"') ? text : `"${text}"`}:${value(cursor)}`
  }
  return `${json}}`
}
