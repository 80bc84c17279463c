import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { containers, type KnownType, knownType, knownTypes, type Wire } from '../../../src/schema/known-types.ts'
import type { Fields } from '../../../src/schema/model.ts'

/** What Rust printed: a path, sometimes with what it is an example of behind it, the bytes and the JSON. */
const vectors = readFileSync(new URL('../../vectors/known-types/known-types.txt', import.meta.url), 'utf8')
  .split('\n')
  // What an Option adds is not the type's own.
  .filter((line) => line !== '' && !line.includes(' Option'))
  .map((line) => {
    const [name = '', hex = '', json = '', reads = ''] = line.split('\t')
    return { path: name.replace(/^with /, '').replace(/ .*/, ''), hex, json, reads }
  })

const fixed: Readonly<Record<string, number>> = {
  ...{ u8: 1, u16: 2, u32: 4, u64: 8, u128: 16, usize: 8 },
  ...{ i8: 1, i16: 2, i32: 4, i64: 8, i128: 16, isize: 8, f64: 8 },
}

/** Where a value of this form that begins at `at` ends. */
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
    case 'variants':
      return end(wire.variants[bytes.readUInt32LE(at)]?.fields ?? { kind: 'unit' }, bytes, at + 4)
    case 'unit':
      return at
    default:
      return at + (fixed[wire.kind] ?? Number.NaN)
  }
}

/** Chrono's time zones are arguments, which the vectors spell out. */
const examples = ({ paths }: KnownType) =>
  vectors.filter(({ path }) => paths.includes(path.replace(/<chrono(_tz)?::/, '<')))

describe('every known type is as Rust has it', () => {
  test.each(knownTypes.filter(({ wire }) => wire !== undefined))('$name', (known) => {
    const seen = examples(known)
    expect(seen).not.toEqual([])
    for (const { hex, json, reads } of seen) {
      const bytes = Buffer.from(hex, 'hex')
      expect(end(known.wire as Wire, bytes, 0)).toBe(bytes.length)
      if (known.wire?.kind === 'String') expect(json).toBe(JSON.stringify(bytes.subarray(8).toString()))
      if (known.json === 'wire' && known.wire?.kind === 'i64') expect(json).toBe(String(bytes.readBigInt64LE()))
      if (reads.startsWith('does not read')) expect(known.unreadable).toBeDefined()
    }
  })

  const aliased = [
    'std::sync::Weak',
    'std::rc::Rc',
    'std::rc::Weak',
    'std::ffi::CStr',
    'std::option::Option',
    'std::string::String',
  ]

  test.each(containers.flatMap(({ paths }) => paths).filter((path) => !aliased.includes(path)))('%s', (path) => {
    expect(vectors.some((vector) => vector.path === path || vector.path.startsWith(`${path}<`))).toBe(true)
  })

  test('a name is one row', () => {
    expect(new Set(knownTypes.map(({ name }) => name)).size).toBe(knownTypes.length)
    const paths = knownTypes.flatMap((known) => known.paths)
    expect(new Set(paths).size).toBe(paths.length)
    expect(knownType('Uuid')?.wire).toEqual({ kind: 'bytes' })
  })
})
