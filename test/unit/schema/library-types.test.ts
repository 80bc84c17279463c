import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { containers } from '../../../src/schema/library-containers.ts'
import { type LibraryType, libraryType, libraryTypes, type Wire } from '../../../src/schema/library-types.ts'
import type { Fields } from '../../../src/schema/model.ts'

/** The lines that Rust printed: a path, with a label for some, the bytes, the JSON, and whether Rust reads them back. */
const vectors = readFileSync(new URL('../../vectors/known-types/known-types.txt', import.meta.url), 'utf8')
  .split('\n')
  // An Option adds bytes that are not those of the type.
  .filter((line) => line !== '' && !line.includes(' Option'))
  .map((line) => {
    const [name = '', hex = '', json = '', reads = ''] = line.split('\t')
    return { path: name.replace(/^with /, '').replace(/ .*/, ''), hex, json, reads }
  })

const fixed: Readonly<Record<string, number>> = {
  ...{ u8: 1, u16: 2, u32: 4, u64: 8, u128: 16, usize: 8 },
  ...{ i8: 1, i16: 2, i32: 4, i64: 8, i128: 16, isize: 8, f64: 8 },
}

/** The end of a value of this form that begins at `at`. */
function end(wire: Wire | Fields, bytes: Buffer, at: number): number {
  const each = (items: readonly Wire[]) => items.reduce((position, item) => end(item, bytes, position), at)
  switch (wire.kind) {
    case 'String':
    case 'bytes':
      return at + 8 + Number(bytes.readBigUInt64LE(at))
    case 'array':
      return each(Array.from({ length: wire.length }, () => wire.item))
    case 'tuple':
      return each(wire.items)
    case 'fields':
      return each(wire.fields.map(({ type }) => type))
    case 'sequence': {
      const count = Number(bytes.readBigUInt64LE(at))
      return Array.from({ length: count }).reduce<number>((position) => end(wire.item, bytes, position), at + 8)
    }
    case 'varint':
      return bytes.findIndex((byte, index) => index >= at && byte < 0x80) + 1
    case 'variants':
      return end(wire.variants[bytes.readUInt32LE(at)]?.fields ?? { kind: 'unit' }, bytes, at + 4)
    case 'unit':
      return at
    default:
      return at + (fixed[wire.kind] ?? Number.NaN)
  }
}

/** The vectors of a type. The vectors write the time zones of chrono with their paths. */
const examples = ({ paths }: LibraryType) =>
  vectors.filter(({ path }) => paths.includes(path.replace(/<chrono(_tz)?::/, '<')))

describe('the table of library types', () => {
  test.each(libraryTypes.filter(({ wire }) => wire !== undefined))(
    'the table of library types has the bytes and the JSON of Rust for $name',
    (known) => {
      const seen = examples(known)
      expect(seen).not.toEqual([])
      for (const { hex, json, reads } of seen) {
        const bytes = Buffer.from(hex, 'hex')
        expect(end(known.wire as Wire, bytes, 0)).toBe(bytes.length)
        if (known.wire?.kind === 'String') expect(json).toBe(JSON.stringify(bytes.subarray(8).toString()))
        if (known.json === 'wire' && known.wire?.kind === 'i64') expect(json).toBe(String(bytes.readBigInt64LE()))
        if (known.wire?.kind === 'varint') expect(json).toBe(JSON.stringify([...bytes]))
        if (reads.startsWith('does not read')) expect(known.unreadable).toBeDefined()
      }
    },
  )

  const aliased = [
    'std::sync::Weak',
    'std::rc::Rc',
    'std::rc::Weak',
    'std::ffi::CStr',
    'std::option::Option',
    'std::string::String',
  ]

  test.each(containers.flatMap(({ paths }) => paths).filter((path) => !aliased.includes(path)))(
    'the table of library types has a vector from Rust for the container %s',
    (path) => {
      expect(vectors.some((vector) => vector.path === path || vector.path.startsWith(`${path}<`))).toBe(true)
    },
  )

  test('the table of library types has each name and each path once', () => {
    expect(new Set(libraryTypes.map(({ name }) => name)).size).toBe(libraryTypes.length)
    const paths = libraryTypes.flatMap((known) => known.paths)
    expect(new Set(paths).size).toBe(paths.length)
    expect(libraryType('Uuid')?.wire).toEqual({ kind: 'bytes' })
  })
})
