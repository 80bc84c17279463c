import { readFileSync } from 'node:fs'
import { Faker } from '@faker-js/faker'
import { faker as english } from '@faker-js/faker/locale/en'
import { describe, expect, test } from 'vitest'
import { showSchema } from '../../../src/operations/schemas/show.ts'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { compareSchemas } from '../../../src/schema/compare/compare-with-samples.ts'
import type { Schema, Type } from '../../../src/schema/model.ts'
import { sampler } from '../../../src/schema/sample/sample-value.ts'
import { formatType, parseType } from '../../../src/schema/type-text.ts'
import { fields, only, schemaOf, struct } from './support/build.ts'

/** A type in the notation of schema files. */
function typeOf(text: string): Type {
  const parsed = parseType(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.type
}
const schema = (text: string): Schema => only(typeOf(text))
const decode = (text: string, hex: string) => compileDecoder(schema(text)).decode(Buffer.from(hex, 'hex'))
const encode = (text: string, value: unknown) => {
  const encoded = compileEncoder(schema(text)).encode(value)
  return encoded.ok ? Buffer.from(encoded.bytes).toString('hex') : encoded.reason
}

/** The lines that Rust printed, with the type in the notation of schema files. */
const lines = readFileSync(new URL('../../vectors/known-types/known-types.txt', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.split('\t'))
  .flatMap(([name = '', hex = '', json = '', reads = '']) => {
    const integer = /varint<(u\d+)>|ShortU16 /.exec(name)
    if (integer) return [{ text: `${integer[1] ?? 'u16'} as varint`, value: name.split(' ').at(-1), hex, reads }]
    // JSON has the bytes of the length before the items.
    const list = /^with solana_short_vec( long)?/.exec(name)
    if (list) return [{ text: `ShortVec<${list[1] ? 'u8' : 'u16'}>`, value: JSON.parse(json).slice(1), hex, reads }]
    return []
  })

/** The bytes that Rust was given, with its answer. */
const hostile = readFileSync(new URL('../../vectors/known-types/known-types.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('bytes of '))
  .map((line) => {
    const [name = '', hex = '', , result = ''] = line.split('\t')
    const rust = name.slice('bytes of '.length)
    return { text: rust.startsWith('ShortVec') ? rust : `${rust === 'ShortU16' ? 'u16' : rust} as varint`, hex, result }
  })

describe('integers and lengths in LEB128', () => {
  test.each(lines)('have the bytes $hex of Rust for $value as $text', ({ text, value, hex }) => {
    const number = typeof value === 'string' && Number.isSafeInteger(Number(value)) ? Number(value) : value
    expect(decode(text, hex)).toMatchObject({ ok: true, value: number })
    expect(encode(text, number)).toBe(hex)
    const variable = { ...schema(text), integers: 'variable' as const }
    // Two bytes are an integer of variable size, so only items of one byte have the same bytes in both encodings.
    if (text.endsWith('u16>')) return
    expect(compileDecoder(variable).decode(Buffer.from(hex, 'hex'))).toMatchObject({ ok: true, value: number })
    const encoded = compileEncoder(variable).encode(number)
    expect(encoded.ok && Buffer.from(encoded.bytes).toString('hex')).toBe(hex)
  })

  test.each(hostile)('of the bytes $hex as $text have the verdict of Rust: $result', ({ text, hex, result }) => {
    expect(decode(text, hex).ok).toBe(result === 'reads')
    const variable = { ...schema(text), integers: 'variable' as const }
    expect(compileDecoder(variable).decode(Buffer.from(hex, 'hex')).ok).toBe(result === 'reads')
  })

  test('that are wrong fail with a reason and an offset', () => {
    expect([
      decode('u16 as varint', '8000'),
      decode('u16 as varint', '808080'),
      decode('u16 as varint', 'ffff04'),
      decode('u64 as varint', '80'),
      decode('ShortVec<u32>', '0300000000'),
      decode('ShortVec<u8>', 'ffff03'),
    ]).toMatchObject([
      { ok: false, reason: 'expected u16 as varint, got an integer with more bytes than it needs', offset: 0 },
      { ok: false, reason: 'expected u16 as varint, got an integer of more than 3 bytes', offset: 0 },
      { ok: false, reason: 'expected u16 as varint of 16 bits, got 81919', offset: 0 },
      { ok: false, reason: 'expected u64 as varint: 1 byte needed, 0 left', offset: 1 },
      { ok: false, reason: 'expected ShortVec: its length 3 (at least 4 bytes per item) exceeds the 4 bytes left' },
      { ok: false, reason: 'expected ShortVec: its length 65535 exceeds the 0 bytes left', offset: 0 },
    ])
  })

  test('refuse values that Rust cannot write', () => {
    expect([
      encode('u16 as varint', 65_536),
      encode('u32 as varint', -1),
      encode('u64 as varint', '1x'),
      encode(
        'ShortVec<()>',
        Array.from({ length: 65_536 }, () => null),
      ),
      encode('ShortVec<u8>', 'AQI='),
    ]).toEqual([
      'expected u16, 0 to 65535, got 65536',
      'expected u32, 0 to 4294967295, got -1',
      expect.stringMatching(/^expected u64, got/),
      'expected at most 65535 items, got 65536',
      expect.stringMatching(/^expected a list, got/),
    ])
  })

  test('are written in schema files as they are read', () => {
    for (const text of ['ShortVec<u8>', 'u64 as varint', 'Option<ShortVec<u16 as varint>>'])
      expect(formatType(typeOf(text))).toBe(text)
  })

  test('are shown as Rust with the modules of Solana, as lists and numbers otherwise', () => {
    const event = schemaOf('Event', {
      Event: struct(
        fields({ keys: typeOf('ShortVec<String>'), slot: typeOf('u64 as varint'), more: typeOf('Vec<ShortVec<u8>>') }),
      ),
    })
    const shown = (as: 'rust' | 'ts' | 'json-schema') => {
      const result = showSchema(event, { as, name: undefined, writtenBy: '' })
      return result.ok ? (typeof result.shown === 'string' ? result.shown : JSON.stringify(result.shown)) : ''
    }
    expect(shown('rust')).toContain(`    #[serde(with = "solana_short_vec")]
    pub keys: Vec<String>,
    #[serde(with = "solana_serde_varint")]
    pub slot: u64,
    pub more: Vec<ShortVec>,`)
    expect(shown('rust')).toContain('pub struct ShortVec(#[serde(with = "solana_short_vec")] pub Vec<u8>);')
    expect(shown('rust')).toContain('// solana-short-vec = { version = "3", features = ["serde"] }')
    expect(shown('ts')).toContain('keys: string[] // ShortVec<String>')
    expect(shown('json-schema')).toContain('"items":{"type":"string"},"maxItems":65535')
  })

  test('have samples that encode', () => {
    const faker = new Faker({ locale: english.rawDefinitions, seed: 7 })
    const of = schema('(ShortVec<u32 as varint>, u64 as varint)')
    const sample = sampler(of).sample({ faker, at: 0 })
    expect(sample.ok && compileEncoder(of).encode(sample.value).ok).toBe(true)
  })

  test.each([
    ['u16 as varint', 'u32 as varint', 'safe'],
    ['u32 as varint', 'u16 as varint', 'breaks'],
    ['u64', 'u64 as varint', 'silent'],
    ['u64 as varint', 'u64', 'silent'],
    ['u8', 'u16 as varint', 'silent'],
    ['Vec<u8>', 'ShortVec<u8>', 'breaks'],
    ['ShortVec<u8>', 'Vec<u8>', 'breaks'],
    ['ShortVec<u16>', 'ShortVec<i16>', 'silent'],
  ])('replace %s by %s: the change is %s', (before, after, kind) => {
    const [old, now] = [before, after].map((text) =>
      schemaOf('Root', { Root: struct(fields({ it: typeOf(text), next: typeOf('u8') })) }),
    ) as [Schema, Schema]
    expect(compareSchemas(old, now)[0]?.kind).toBe(kind)
  })
})
