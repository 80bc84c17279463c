import { compileDecoder } from '../bincode/compile-decoder.ts'
import { compileEncoder } from '../bincode/compile-encoder.ts'
import { libraryType, type VarintWire, type Wire } from '../library-types.ts'
import type { Body, NamedType, Schema } from '../model.ts'
import { type Plan, planOf } from './plan.ts'
import { Misfit } from './value-kinds.ts'

/**
 * Converts values of a library type between its two forms in serde: the form for people, such as the text of a UUID, which JSON
 * contains, and the form that CBOR, MessagePack and bincode contain, such as its 16 bytes.
 */
export interface LibraryForms {
  /** What the binary form consists of. */
  readonly parts: Plan
  /** Whether the form for people is a text that the binary form is not. */
  readonly hasText: boolean
  /** Whether serde_json writes that text. */
  readonly isTextInJson: boolean
  /** Converts a decoded value of the binary form to that for people. */
  readonly toText: (value: unknown) => Converted
  /** Converts a value of the form for people to the value of `wire`. Refuses a text that is not of the type. */
  readonly toWire: (value: unknown) => Converted
}

type Converted = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

const cached = new Map<string, LibraryForms | undefined>()

/**
 * Returns the forms of a library type; `undefined` for a type that may contain any value, such as `serde_json::Value`. Throws a
 * {@link Misfit} for the integers of Solana, which are lists of bytes in other formats.
 */
export function libraryForms(name: string): LibraryForms | undefined {
  if (libraryType(name)?.wire?.kind === 'varint') throw new Misfit(`crbus knows ${name} only in bincode`, true)
  if (!cached.has(name)) cached.set(name, formsOf(name))
  return cached.get(name)
}

/** The name under which the schema of a library type defines the parts of its binary form. */
const PARTS = 'Parts'

function formsOf(name: string): LibraryForms | undefined {
  const known = libraryType(name)
  if (known?.wire === undefined || known.wire.kind === 'varint') return undefined
  const types = new Map([
    ['Text', { kind: 'struct', at: '', fields: { kind: 'tuple', items: [{ kind: 'known', name }] } } as const],
    [PARTS, { ...partsOf(known.wire), at: '' }],
  ])
  const schemaOf = (root: string): Schema => ({ topic: name, root, events: new Map(), types })
  const through = (from: Schema, to: Schema) => {
    const { encode } = compileEncoder(from)
    const { decode } = compileDecoder(to)
    return (value: unknown): Converted => {
      const encoded = encode(value)
      return encoded.ok ? decode(encoded.bytes) : encoded
    }
  }
  const [text, parts] = [schemaOf('Text'), schemaOf(PARTS)]
  const toParts = through(text, parts)
  return {
    parts: planOf(name, parts.types.get(PARTS) as NamedType),
    hasText: known.json !== 'wire',
    // The module is for binary formats, but it writes 16 numbers in all.
    isTextInJson: known.json !== 'wire' && !name.endsWith('uuid::compact'),
    toText: through(parts, text),
    toWire: known.json.startsWith('socket') ? (value) => toParts(withoutZone(value)) : toParts,
  }
}

/** The text of a socket address without the id of its zone, which only the text contains: `[fe80::1%3]:80`. */
const withoutZone = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/%\d{1,10}]/, ']') : value)

function partsOf(wire: Exclude<Wire, VarintWire>): Body {
  if (wire.kind === 'fields') return { kind: 'struct', fields: wire }
  if (wire.kind === 'variants') return { kind: 'enum', variants: wire.variants }
  return { kind: 'struct', fields: { kind: 'tuple', items: [wire] } }
}
