import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../src/codecs/json.ts'
import { sourceFiles } from '../../../src/operations/schemas/rust-files.ts'
import { payloadMaker } from '../../../src/schema/evidence/random-payload.ts'
import { seededRandom } from '../../../src/schema/evidence/seeded-random.ts'
import { importSchema } from '../../../src/schema/import/import-schema.ts'
import type { NamedType, Schema, Type } from '../../../src/schema/model.ts'
import { readSchemaFile } from '../../../src/schema/schema-file.ts'
import { compileSerdeCodec, type EncodedSerde } from '../../../src/schema/serde/serde-codec.ts'
import { serdeConverter, withoutSerde } from '../../../src/schema/serde/to-serde.ts'
import { writeSchemaFile } from '../../../src/schema/write-schema-file.ts'

const cwd = fileURLToPath(new URL('../../vectors/serde-formats/', import.meta.url))

function imported(root: string): Schema {
  const answers = { map: new Map(), assume: new Map() }
  const result = importSchema({ paths: ['src/events.rs'], root, topic: 'events', files: sourceFiles(cwd), answers })
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2))
  const text = writeSchemaFile(result.schema)
  const file = readSchemaFile(text)
  if (!file.ok) throw new Error(JSON.stringify(file.problems, null, 2))
  expect(writeSchemaFile(file.schema)).toBe(text)
  return file.schema
}

const schemas = new Map(['OrderEvent', 'StockEvent'].map((root) => [root, imported(root)]))

interface Value {
  readonly root: string
  readonly json: string
  readonly cbor: Buffer
  readonly compact: Buffer
  readonly named: Buffer
  /** Whether Rust reads `compact`. */
  readonly isReadableAsArrays: boolean
}

const values = readFileSync(`${cwd}values.txt`, 'utf8')
  .trim()
  .split('\n')
  .map((line): Value => {
    const [root, json, ...hex] = line.split('\t') as [string, string, string, string, string]
    const [cbor, compact, named] = hex.map((text) => Buffer.from(text.replace('!', ''), 'hex')) as [
      Buffer,
      Buffer,
      Buffer,
    ]
    const isReadableAsArrays = !hex.some((text) => text.startsWith('!'))
    return { root, json, cbor, compact, named, isReadableAsArrays }
  })

/** The values of serde_json, with the texts that crbus shows for the types of `time`, which are lists without one of its features. */
function shown(json: string): unknown {
  const parsed = parseJson(json.replace('[2025,328,16,0,0,0,0,0,0]', '"2025-11-24 16:00:00.0 +00:00:00"'))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

const codecOf = ({ root }: Value) => compileSerdeCodec(schemas.get(root) as Schema)

/** CBOR and MessagePack have the type of `serde_bytes` as bytes, where JSON has a list. */
function inBinary(value: unknown): unknown {
  const { Containers } = value as { readonly Containers?: { readonly bytes: readonly number[] } }
  return Containers ? { Containers: { ...Containers, bytes: Buffer.from(Containers.bytes) } } : value
}

const hexOf = (encoded: EncodedSerde) => (encoded.ok ? Buffer.from(encoded.bytes).toString('hex') : encoded)

describe.each(values)('$root $json', (value) => {
  const { json, cbor, compact, named, isReadableAsArrays } = value

  test('is read as the same value from every format', () => {
    const { decode } = codecOf(value)
    const expected = { ok: true, value: inBinary(shown(json)) }
    expect(decode(Buffer.from(json), 'json')).toMatchObject({ ok: true })
    expect(decode(cbor, 'cbor')).toMatchObject(expected)
    expect(decode(named, 'msgpack')).toMatchObject(expected)
    const fromArrays = decode(compact, 'msgpack')
    // What Rust does not read from arrays, crbus may refuse as well.
    if (isReadableAsArrays || fromArrays.ok) expect(fromArrays).toMatchObject(expected)
  })

  test('is written as Rust writes it', () => {
    const { encode, decode } = codecOf(value)
    // ciborium writes a map with flattened fields without its length.
    if (json.includes('"Flat"')) {
      const encoded = encode(shown(json), 'cbor')
      expect(encoded.ok && decode(encoded.bytes, 'cbor')).toMatchObject({ ok: true, value: shown(json) })
    } else expect(hexOf(encode(shown(json), 'cbor'))).toBe(cbor.toString('hex'))
    expect(hexOf(encode(shown(json), 'msgpack'))).toBe(named.toString('hex'))
    const arrays = encode(shown(json), 'msgpack-compact')
    if (isReadableAsArrays || arrays.ok) expect(hexOf(arrays)).toBe(compact.toString('hex'))
    const text = encode(shown(json), 'json')
    expect(text.ok && shown(Buffer.from(text.bytes).toString())).toEqual(shown(json))
  })

  test('is read whatever is damaged, or refused with a path', () => {
    const { decode } = codecOf(value)
    for (const [bytes, format] of [
      [cbor, 'cbor'],
      [named, 'msgpack'],
      [compact, 'msgpack'],
      [Buffer.from(json), 'json'],
    ] as const) {
      for (let at = 0; at < bytes.length; at += 1) {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
        const read = decode(damaged, format)
        if (!read.ok) expect(read.reason).not.toBe('')
        expect(decode(bytes.subarray(0, at), format).ok).toBe(false)
      }
    }
  })
})

describe.each([...schemas.keys()])('random values of %s', (root) => {
  const schema = schemas.get(root) as Schema
  const { encode, decode } = compileSerdeCodec(schema)
  const make = payloadMaker(withoutSerde(schema), 'usual')
  const convert = serdeConverter(schema)

  test.each(['json', 'cbor', 'msgpack'] as const)('are the same after writing and reading them in %s', (format) => {
    const random = seededRandom(1)
    const seen = new Set<string>()
    for (let count = 0; count < 2000; count += 1) {
      const made = make(random, [])
      if (made === undefined) continue
      const encoded = encode(convert(made), format)
      if (!encoded.ok) return expect.fail(`${JSON.stringify(made)}: ${encoded.path}: ${encoded.reason}`)
      const decoded = decode(encoded.bytes, format)
      if (!decoded.ok) return expect.fail(`${JSON.stringify(made)}: ${decoded.path}: ${decoded.reason}`)
      expect(hexOf(encode(decoded.value, format))).toBe(Buffer.from(encoded.bytes).toString('hex'))
      expect(decoded.variant?.split('.')[0]).toBe(typeof made === 'string' ? made : Object.keys(made as object)[0])
      seen.add(decoded.variant ?? '')
    }
    // No value is made of the variants with a serde_json::Value.
    expect(seen.size).toBeGreaterThan(root === 'OrderEvent' ? 12 : 2)
  })
})

test('variants without names that contain each other are tried a limited number of times', () => {
  const list: Type = { kind: 'sequence', name: 'Vec', item: { kind: 'named', name: 'Tree' } }
  const variants = ['A', 'B', 'C'].map((name) => ({ name, fields: { kind: 'tuple', items: [list] } as const }))
  const tree: NamedType = {
    ...{ kind: 'struct', at: '', fields: { kind: 'tuple', items: [{ kind: 'known', name: 'unreadable' }] } },
    serde: { untagged: true, body: { kind: 'enum', variants } },
  }
  const codec = compileSerdeCodec({ topic: 'trees', root: 'Tree', events: new Map(), types: new Map([['Tree', tree]]) })
  const nested = (depth: number) => `${'['.repeat(depth)}"x"${']'.repeat(depth)}`
  const few = codec.decode(Buffer.from(nested(4)), 'json')
  expect(!few.ok && few.reason).toMatch(
    /^a list of 1 fits no variant of Tree \(A: \[0\]: a list of 1 fits no variant of Tree/,
  )
  expect(!few.ok && few.reason.length).toBeLessThan(500)
  const reason = /fits? too many variants without names/
  const many = codec.decode(Buffer.from(nested(40)), 'json')
  expect(!many.ok && many.reason).toMatch(reason)
  const written = codec.encode(JSON.parse(nested(40)), 'cbor')
  expect(!written.ok && written.reason).toMatch(reason)
})
