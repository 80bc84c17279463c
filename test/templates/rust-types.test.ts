import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseJson } from '../../src/codecs/json.ts'
import { compileDecoder } from '../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../src/schema/bincode/compile-encoder.ts'
import { hasCargo } from '../support/cargo.ts'
import { asSerde } from '../unit/schema/support/as-serde.ts'
import { listOf, seededRandom } from '../unit/schema/support/random.ts'
import { known, randomTypes } from '../unit/schema/support/random-types.ts'
import { randomValue } from '../unit/schema/support/random-values.ts'
import { isReordered, sorted } from './support/reordered-values.ts'
import { buildTypes, type RunTypes } from './support/rust-crate.ts'

/** The seed makes every run use the same types and values. `CRBUS_TYPES_SEED` selects others. */
const seed = Number(process.env.CRBUS_TYPES_SEED ?? 2025)
const typeCount = 220
const valuesPerType = 50

const types = randomTypes(seededRandom(seed), typeCount)
const codecs = types.roots.map(({ name }) => {
  const schema = { ...types.schema, root: name }
  return { schema, name, decoder: compileDecoder(schema), encoder: compileEncoder(schema) }
})

/** Whether the JSON of crbus and of serde_json is the same value. Their texts differ, because they format numbers differently. */
function sameJson(root: number, json: string, serde: string): boolean {
  const { schema, name } = codecs[root] as (typeof codecs)[number]
  const ours = asSerde(schema, { kind: 'named', name }, JSON.parse(json))
  const theirs = parseJson(serde)
  return theirs.ok && isDeepStrictEqual(ours, theirs.value)
}

test('the random types are more than 200, with more than 10,000 values', () => {
  expect(types.schema.types.size).toBeGreaterThan(200)
  expect(types.roots.length * valuesPerType).toBeGreaterThan(10_000)
})

test('the random types include every kind of type and every library type', () => {
  const text = JSON.stringify([...types.schema.types.values()])
  const kinds = [
    ...'unit bool u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 char String bytes'.split(' '),
    ...'option sequence map array tuple result known named struct enum fields'.split(' '),
  ]
  expect(kinds.filter((kind) => !text.includes(`"kind":"${kind}"`))).toEqual([])
  const names = ['Vec', 'VecDeque', 'LinkedList', 'HashSet', 'BTreeSet', 'BinaryHeap', 'HashMap', 'BTreeMap']
  const all = [...names, ...known.map(({ type }) => (type.kind === 'known' ? type.name : ''))]
  expect(all.filter((name) => !text.includes(`"name":"${name}"`))).toEqual([])
})

describe.skipIf(!hasCargo)('random types in crbus and in Rust', () => {
  let run: RunTypes
  beforeAll(async () => {
    run = await buildTypes(types)
  }, 600_000)

  test('Rust decodes what crbus encodes, and encodes it to the same bytes (needs cargo)', () => {
    const random = seededRandom(seed + 1)
    const sent = codecs.flatMap(({ schema, name, encoder }, root) =>
      listOf(valuesPerType, () => {
        const value = randomValue(schema, { kind: 'named', name }, random)
        const encoded = encoder.encode(value)
        if (!encoded.ok) throw new Error(`${name}: ${encoded.path}: ${encoded.reason}\n${JSON.stringify(value)}`)
        return { root, value, hex: Buffer.from(encoded.bytes).toString('hex') }
      }),
    )
    const lines = run(
      ['again'],
      sent.map(({ root, hex }) => `${root}\t${hex}\n`),
    )
    expect(lines).toHaveLength(sent.length)
    let exact = 0
    let withJson = 0
    for (const [index, { root, value, hex }] of sent.entries()) {
      const { schema, name, decoder } = codecs[root] as (typeof codecs)[number]
      const [, again = '', serde = ''] = (lines[index] as string).split('\t')
      const context = `${name} ${JSON.stringify(value)} ${hex} ${lines[index]}`
      const ours = decoder.decode(Buffer.from(hex, 'hex'))
      expect(ours, context).toMatchObject({ ok: true })
      if (ours.ok) expect(isDeepStrictEqual(ours.value, value), context).toBe(true)
      if (again === hex) exact += 1
      else {
        expect(isReordered(schema, { kind: 'named', name }), context).toBe(true)
        const theirs = decoder.decode(Buffer.from(again, 'hex'))
        if (!theirs.ok) expect.fail(`${context} ${theirs.reason}`)
        expect(sorted(theirs.value), context).toBe(sorted(value))
      }
      const json = decoder.decodeToJson(Buffer.from(again, 'hex'))
      if (serde !== '-' && json.ok) {
        expect(sameJson(root, json.json, serde), `${context}\n${json.json}`).toBe(true)
        withJson += 1
      }
    }
    expect(exact).toBeGreaterThan(sent.length * 0.8)
    expect(withJson).toBeGreaterThan(sent.length * 0.7)
  }, 120_000)

  test('crbus decodes what Rust encodes, and encodes it to the same bytes (needs cargo)', () => {
    const lines = run(['made', `${seed}`, `${valuesPerType}`])
    expect(lines).toHaveLength(types.roots.length * valuesPerType)
    let withJson = 0
    for (const line of lines) {
      const [root = '', hex = '', serde = ''] = line.split('\t')
      const { name, decoder, encoder } = codecs[Number(root)] as (typeof codecs)[number]
      const context = `${name} ${line}`
      const decoded = decoder.decode(Buffer.from(hex, 'hex'))
      if (!decoded.ok) expect.fail(`${decoded.path}: ${decoded.reason} at ${decoded.offset}: ${context}`)
      const again = encoder.encode(decoded.value)
      if (!again.ok) expect.fail(`${again.path}: ${again.reason}: ${context}`)
      expect(Buffer.from(again.bytes).toString('hex'), context).toBe(hex)
      const json = decoder.decodeToJson(Buffer.from(hex, 'hex'))
      if (serde !== '-' && json.ok) {
        expect(sameJson(Number(root), json.json, serde), `${context}\n${json.json}`).toBe(true)
        withJson += 1
      }
    }
    expect(withJson).toBeGreaterThan(lines.length * 0.7)
  }, 120_000)
})
