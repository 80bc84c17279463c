import { keyStep } from '../../json-text.ts'
import { type Enum, isTextKey, type Shape } from '../shape.ts'
import type { Sizes } from '../shape-size.ts'
import {
  type Cursor,
  enter,
  failDuplicate,
  failShort,
  finish,
  hasFailed,
  leave,
  newCursor,
  readLength,
  readOption,
  readVariant,
  start,
  takeEmptyItems,
} from './cursor.ts'
import type { Explanation } from './explanation.ts'
import { lengthReader } from './leb128.ts'

/**
 * Explains why bytes do not decode, by reading them once more and tracking the path. The decoder itself does not track a path,
 * because that would slow down valid payloads. Returns `undefined` if the bytes decode.
 */
export function explain(root: Shape, sizes: Sizes, bytes: Uint8Array): Explanation | undefined {
  const cursor = newCursor()
  const steps: string[] = []
  start(cursor, bytes)
  walk(root, { cursor, sizes, steps })
  if (finish(cursor)) return undefined
  return { reason: cursor.reason, path: steps.join('').replace(/^\./, ''), offset: cursor.offset }
}

interface Walk {
  readonly cursor: Cursor
  readonly sizes: Sizes
  /** The path of the current value; after a failure, the path of the value that failed. */
  readonly steps: string[]
}

/** Reads a part of the current value, with its name in the path. */
function walkPart(shape: Shape, name: string, walking: Walk): void {
  if (hasFailed(walking.cursor)) return
  walking.steps.push(name)
  walk(shape, walking)
  if (!hasFailed(walking.cursor)) walking.steps.pop()
}

/** Reads a value and discards it. */
function walk(shape: Shape, walking: Walk): void {
  const { cursor, sizes } = walking
  const emptyItems = sizes.emptyItems(shape)
  if (emptyItems > 0) {
    const what = shape.kind === 'leaf' || shape.kind === 'struct' ? shape.name : shape.kind
    if (!takeEmptyItems(cursor, emptyItems, what)) return
  }
  switch (shape.kind) {
    case 'leaf':
      shape.read(cursor)
      return
    case 'option':
      if (readOption(cursor)) walk(shape.item, walking)
      return
    case 'sequence':
      walkItems(shape.item, lengthReader(shape.name)(cursor, sizes.size(shape.item), shape.name), walking)
      return
    case 'array': {
      // Checked before the items, so that a long array fails as a whole in a short payload.
      const size = sizes.size(shape)
      if (size > cursor.end - cursor.position) failShort(cursor, size, `[…; ${shape.length}]`)
      else walkItems(shape.item, shape.length, walking)
      return
    }
    case 'map': {
      const length = readLength(cursor, sizes.size(shape.key) + sizes.size(shape.value), shape.name)
      if (isTextKey(shape.key)) walkObject(shape.key, shape.value, length, walking)
      else walkPairs(shape.key, shape.value, length, walking)
      return
    }
    case 'tuple':
      for (const [index, item] of shape.items.entries()) walkPart(item, `[${index}]`, walking)
      return
    case 'struct':
      for (const field of shape.fields) walkPart(field.shape, `.${field.name}`, walking)
      return
    case 'enum': {
      const variant = shape.variants[readVariant(cursor, shape.variants.length, shape.name)]
      if (variant?.shape !== undefined) walkPart(variant.shape, `.${variant.name}`, walking)
      return
    }
    case 'ref':
      if (!enter(cursor, shape.height, shape.name)) return
      walk(shape.target, walking)
      leave(cursor, shape.height)
  }
}

function walkItems(item: Shape, length: number, walking: Walk): void {
  for (let index = 0; index < length && !hasFailed(walking.cursor); index += 1) walkPart(item, `[${index}]`, walking)
}

function walkPairs(key: Shape, value: Shape, length: number, walking: Walk): void {
  for (let index = 0; index < length && !hasFailed(walking.cursor); index += 1) {
    walkPart(key, `[${index}][0]`, walking)
    walkPart(value, `[${index}][1]`, walking)
  }
}

function walkObject(key: Shape, value: Shape, length: number, walking: Walk): void {
  const { cursor, steps } = walking
  const seen = new Set<string>()
  for (let index = 0; index < length && !hasFailed(cursor); index += 1) {
    const { position } = cursor
    steps.push(`[key ${index}]`)
    const text = keyText(key, cursor)
    if (seen.has(text)) failDuplicate(cursor, text, position)
    seen.add(text)
    if (hasFailed(cursor)) return
    steps.pop()
    walkPart(value, keyStep(text), walking)
  }
}

function keyText(key: Shape, cursor: Cursor): string {
  if (key.kind === 'leaf') return `${key.read(cursor)}`
  const { name, variants } = key as Enum
  return variants[readVariant(cursor, variants.length, name)]?.name ?? ''
}
