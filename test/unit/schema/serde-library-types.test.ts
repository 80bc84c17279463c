import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseJson } from '../../../src/codecs/json.ts'
import { libraryTypes } from '../../../src/schema/library-types.ts'
import type { Schema } from '../../../src/schema/model.ts'
import { compileSerdeCodec } from '../../../src/schema/serde/serde-codec.ts'

/** What Rust printed: a path, with a label for some, and the value in JSON, CBOR and MessagePack. */
const vectors = readFileSync(new URL('../../vectors/known-types/known-types.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.includes('ption'))
  .map((line) => {
    const [name = '', , json = '', , cbor = '', msgpack = ''] = line.split('\t')
    const path = name
      .replace(/^with /, '')
      .replace(/ .*/, '')
      .replace(/<chrono(_tz)?::/, '<')
    return { path, json, cbor: Buffer.from(cbor, 'hex'), msgpack: Buffer.from(msgpack, 'hex') }
  })

const only = (name: string): Schema => ({
  topic: 'values',
  root: 'Value',
  events: new Map(),
  types: new Map([['Value', { kind: 'struct', at: '', fields: { kind: 'tuple', items: [{ kind: 'known', name }] } }]]),
})

/** The value of serde_json, or the text that crbus shows for a type that Rust writes as a list. */
function shown(name: string, json: string): unknown {
  if (name.endsWith('uuid::compact')) return '550e8400-e29b-41d4-a716-446655440000'
  const parsed = parseJson(json)
  if (!parsed.ok) throw new Error(`${name} ${json}: ${parsed.reason}`)
  return parsed.value
}

const known = libraryTypes.filter(({ wire, unreadable }) => wire !== undefined && wire.kind !== 'varint' && !unreadable)

test.each(known)('$name is read and written in CBOR and MessagePack as in Rust', ({ name, paths }) => {
  const { decode, encode } = compileSerdeCodec(only(name))
  const seen = vectors.filter(({ path }) => paths.includes(path))
  expect(seen).not.toEqual([])
  for (const { json, cbor, msgpack } of seen) {
    // Only the text of an address has the id of its zone.
    const value = shown(name, json.replace('%3', ''))
    expect(decode(Buffer.from(json), 'json')).toMatchObject({ ok: true })
    expect(decode(cbor, 'cbor')).toMatchObject({ ok: true, value })
    expect(decode(msgpack, 'msgpack')).toMatchObject({ ok: true, value })
    for (const [format, bytes] of [
      ['cbor', cbor],
      ['msgpack', msgpack],
    ] as const) {
      const encoded = encode(value, format)
      expect(encoded.ok ? Buffer.from(encoded.bytes).toString('hex') : encoded).toBe(bytes.toString('hex'))
    }
    const text = encode(value, 'json')
    expect(text.ok && parseJson(Buffer.from(text.bytes).toString())).toEqual(parseJson(json.replace('%3', '')))
  }
})
