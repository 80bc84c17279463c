import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { narrow, widen } from '../../../src/schema/bincode/varint/integers.ts'
import { compileTranscoder } from '../../../src/schema/bincode/varint/transcode.ts'
import { compareSchemas } from '../../../src/schema/compare/compare-with-samples.ts'
import type { Schema } from '../../../src/schema/model.ts'
import { readSchemaFile } from '../../../src/schema/schema-file.ts'
import { writeSchemaFile } from '../../../src/schema/write-schema-file.ts'
import { listOf, seededRandom } from './support/random.ts'
import { randomTypes } from './support/random-types.ts'
import { randomValue } from './support/random-values.ts'

const types = randomTypes(seededRandom(7), 120)

const withRoot = (body: object): Schema => {
  const file = readSchemaFile(
    JSON.stringify({
      crbus_schema: 1,
      topic: 'order-events',
      root: 'Root',
      integers: 'variable',
      events: {},
      types: body,
    }),
  )
  if (!file.ok) throw new Error(JSON.stringify(file.problems))
  return file.schema
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('integers of variable size', () => {
  test('are written and read for every type, with the same values as fixed ones', () => {
    const random = seededRandom(11)
    let compared = 0
    for (const { name } of types.roots) {
      const fixed: Schema = { ...types.schema, root: name }
      const variable: Schema = { ...fixed, integers: 'variable' }
      const [fixedEncoder, variableEncoder] = [compileEncoder(fixed), compileEncoder(variable)]
      const [fixedDecoder, variableDecoder] = [compileDecoder(fixed), compileDecoder(variable)]
      for (const value of listOf(10, () => randomValue(fixed, { kind: 'named', name }, random))) {
        const [wide, small] = [fixedEncoder.encode(value), variableEncoder.encode(value)]
        if (!wide.ok) continue
        expect(small.ok).toBe(true)
        if (!small.ok) continue
        compared += 1
        expect(hexOf(compileTranscoder(fixed, widen).transcode(small.bytes).bytes)).toBe(hexOf(wide.bytes))
        expect(hexOf(compileTranscoder(fixed, narrow).transcode(wide.bytes).bytes)).toBe(hexOf(small.bytes))
        expect(variableDecoder.decode(small.bytes)).toEqual(fixedDecoder.decode(wide.bytes))
        expect(variableDecoder.decodeToJson(small.bytes)).toEqual(fixedDecoder.decodeToJson(wide.bytes))
      }
    }
    expect(compared).toBeGreaterThan(800)
  })

  test('are refused, and never loop or throw, in random bytes', () => {
    const random = seededRandom(5)
    for (const { name } of types.roots) {
      const decoder = compileDecoder({ ...types.schema, root: name, integers: 'variable' })
      for (let count = 0; count < 40; count += 1) {
        const bytes = Uint8Array.from(
          listOf(random.below(40), () => (random.chance(0.3) ? 250 + random.below(6) : random.below(256))),
        )
        const decoded = decoder.decode(bytes)
        if (!decoded.ok) expect(decoded.offset).toBeLessThanOrEqual(bytes.length)
      }
    }
  })

  test.each([
    ['fb ff', 'Root: expected 2 bytes of an integer, 1 left at 0'],
    ['fd 00 00 00 00 00 00 00 00', 'Root: byte 253 does not begin an integer of 32 bits at 0'],
    ['', 'at 0'],
    ['05 07', '1 byte is left over at 1'],
  ])('are refused with a reason in the bytes: %s', (bytes, reason) => {
    const decoded = compileDecoder(withRoot({ Root: { struct: ['u32'] } })).decode(hex(bytes))
    expect(decoded.ok).toBe(false)
    if (!decoded.ok) expect(`Root: ${decoded.reason} at ${decoded.offset}`).toContain(reason)
  })

  test('keep the place of a failure after them', () => {
    const schema = withRoot({ Root: { struct: { id: 'u32', items: 'Vec<u64>', paid: 'bool' } } })
    const decoded = compileDecoder(schema).decode(hex('fb 00 01  02 01 fc 00 00 01 00  07'))
    expect(decoded).toMatchObject({ ok: false, path: 'paid', offset: 10 })
  })

  test('are a property of the schema file', () => {
    const schema = withRoot({ Root: { struct: ['u32'] } })
    expect(writeSchemaFile(schema)).toContain('"integers": "variable"')
    expect(readSchemaFile(writeSchemaFile(schema))).toEqual({ ok: true, schema })
    expect(readSchemaFile(writeSchemaFile(schema).replace('variable', 'big'))).toEqual({
      ok: false,
      problems: [{ path: 'integers', reason: 'expected "variable", got a string' }],
    })
  })

  test('are another encoding than fixed ones, which a comparison of schemas reports', () => {
    const variable = withRoot({ Root: { struct: ['u32', 'u16'] } })
    const { integers: _, ...fixed } = variable
    const [change, ...others] = compareSchemas(fixed, variable)
    expect(others).toEqual([])
    expect(change).toMatchObject({ code: 'integers-changed', before: 'fixed', after: 'variable', oldReaders: 'silent' })
    expect(compareSchemas(variable, variable)).toEqual([])
  })

  test('never loop over items without bytes', () => {
    const decoder = compileDecoder(withRoot({ Root: { struct: ['Vec<()>', '[(); 4000000000]'] } }))
    expect(decoder.decode(hex('fd ff ff ff ff ff ff ff ff')).ok).toBe(false)
  })
})
