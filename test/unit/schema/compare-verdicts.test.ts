import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { compareSchemas } from '../../../src/schema/compare/compare-with-samples.ts'
import type { Schema } from '../../../src/schema/model.ts'
import { enumOf, fields, items, schemaOf, struct, t } from './support/build.ts'
import { seededRandom } from './support/random.ts'
import { randomValue } from './support/random-values.ts'
import { changeTitle, schemaWith, typeChanges } from './support/type-changes.ts'

const VALUES = 300

/** What happens to 300 random values of the tests, which are not those of the comparison. */
function reads(before: Schema, after: Schema) {
  const random = seededRandom(99)
  const [encoder, old, now] = [compileEncoder(before), compileDecoder(before), compileDecoder(after)]
  const counts = { same: 0, other: 0, leftover: 0, failed: 0 }
  for (let turn = 0; turn < VALUES; turn += 1) {
    const encoded = encoder.encode(randomValue(before, t.named(before.root), random))
    if (!encoded.ok) throw new Error(`${encoded.path} ${encoded.reason}`)
    const [written, read] = [old.decode(encoded.bytes), now.decode(encoded.bytes)]
    if (!written.ok) throw new Error(written.reason)
    if (read.ok) counts[isSame(read.value, written.value) ? 'same' : 'other'] += 1
    else counts[now.decode(encoded.bytes.subarray(0, read.offset)).ok ? 'leftover' : 'failed'] += 1
  }
  return counts
}

/** Whether two values are equal. JSON has an empty list of bytes as a text, and an empty list of anything else as a list. */
const isSame = (a: unknown, b: unknown): boolean => {
  const withTexts = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('[]', '""'))
  return isDeepStrictEqual(a, b) || isDeepStrictEqual(withTexts(a), withTexts(b))
}

const worst = (before: Schema, after: Schema) => compareSchemas(before, after)[0]

test('the verdicts are tested with at least 50 changes', () => {
  expect(typeChanges.length).toBeGreaterThan(50)
})

describe('the verdict of a change agrees with how 300 random values are read', () => {
  test.each(typeChanges.map((change) => [changeTitle(change), change] as const))(
    'the verdict agrees with how 300 random values are read: %s',
    (_, change) => {
      const [before, after] = [schemaWith(change.before), schemaWith(change.after)]
      const verdict = worst(before, after)
      const { same, other, leftover } = reads(before, after)
      const told = JSON.stringify({ verdict, same, other, leftover })
      if (verdict?.kind === 'safe') expect(same, told).toBe(VALUES)
      if (verdict?.kind === 'breaks') expect(other, told).toBe(0)
      if (verdict?.kind === 'breaks' && leftover > 0) expect(verdict.leftoverBytes, told).toBe(true)
      expect(verdict, told).toBeDefined()
    },
  )
})

describe('the verdict of a change that single types do not show', () => {
  const share = (before: Schema, after: Schema) => worst(before, after)?.sampled

  test('the verdict is silent where fields of other widths take the same bytes together', () => {
    const [before, after] = [schemaWith({ a: 'u16', b: 'u8', c: 'u8' }), schemaWith({ a: 'u8', b: 'u8', c: 'u16' })]
    expect(compareSchemas(before, after).map(({ kind }) => kind)).toEqual(['silent', 'silent'])
    expect(share(before, after)).toMatchObject({ count: 300, leftover: 0, failed: 0 })
    expect(share(before, after)?.other).toBeGreaterThan(290)
  })

  test('the verdict is silent for another type argument of a generic type', () => {
    const page = (item: string) =>
      schemaOf('Root', {
        Root: struct(fields({ page: t.named(`Page<${item}>`) })),
        [`Page<${item}>`]: struct(fields({ items: t.vec(t.of(item)), next: t.option(t.of(item)) })),
      })
    expect(worst(page('u32'), page('u64'))).toMatchObject({ kind: 'silent', sampled: { count: 300 } })
  })

  test('the verdict is safe for a field that moves out of a nested struct, and back', () => {
    const inside = schemaWith(
      { inner: 'Inner', c: 'u8' },
      { Inner: struct(fields({ a: t.of('u32'), b: t.of('String') })) },
    )
    const outside = schemaWith({ inner: 'Inner', b: 'String', c: 'u8' }, { Inner: struct(fields({ a: t.of('u32') })) })
    for (const [before, after] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      const changes = compareSchemas(before, after)
      expect(changes.map(({ kind, oldReaders, isRegrouped }) => [kind, oldReaders, isRegrouped])).toEqual([
        ['safe', 'safe', true],
        ['safe', 'safe', true],
      ])
      expect(changes[0]?.sampled).toMatchObject({ count: 300, unchanged: 300 })
    }
  })

  test('the verdict is not safe for a field that moves to another position', () => {
    const inside = schemaWith(
      { inner: 'Inner', c: 'u32' },
      { Inner: struct(fields({ a: t.of('u32'), b: t.of('u32') })) },
    )
    const outside = schemaWith({ inner: 'Inner', c: 'u32', b: 'u32' }, { Inner: struct(fields({ a: t.of('u32') })) })
    expect(worst(inside, outside)?.kind).toBe('silent')
  })

  test('the verdict shows an example that really is read as it says', () => {
    const [before, after] = [schemaWith({ it: 'u8' }), schemaWith({ it: 'Option<u8>' })]
    const example = share(before, after)?.example
    const encoded = compileEncoder(before).encode(example?.written)
    expect(encoded.ok && compileDecoder(after).decode(encoded.bytes)).toMatchObject({ ok: true, value: example?.read })
    expect(example).toEqual({ written: { it: 0 }, read: { it: null } })
  })

  test('the verdict says which values leave bytes over, which only some readers refuse', () => {
    expect(worst(schemaWith({ it: 'Result<u8, u8>' }), schemaWith({ it: 'Option<u8>' }))).toMatchObject({
      kind: 'breaks',
      leftoverBytes: true,
      sampled: { other: 0, leftover: 300, leftoverExample: { read: expect.anything() } },
    })
  })

  test('the verdict and its samples are the same in every run', () => {
    const [before, after] = [schemaWith({ it: 'Vec<u8>' }), schemaWith({ it: '[u8; 8]' })]
    expect(compareSchemas(before, after)).toEqual(compareSchemas(before, after))
  })
})

describe('schemas that are large or recursive', () => {
  test('schemas with arrays that are too large for a sample are compared by their structure alone', () => {
    const [before, after] = [schemaWith({ a: '[u64; 100000000]' }), schemaWith({ a: '[u64; 100000001]' })]
    expect(worst(before, after)).toMatchObject({ kind: 'breaks' })
    expect(worst(before, after)?.sampled).toBeUndefined()
  })

  test('schemas with types that always contain themselves are compared by their structure alone', () => {
    const endless = (tail: string) =>
      schemaOf('E', { E: enumOf({ A: items(t.named('L'), t.of(tail)) }), L: struct(fields({ l: t.named('L') })) })
    expect(worst(endless('u8'), endless('u16'))?.sampled).toBeUndefined()
  })

  test('schemas with many recursive types are sampled within a bounded number of values', () => {
    const tree = (kind: string) =>
      schemaWith({ tree: 'Tree' }, { Tree: struct(fields({ n: t.of(kind), more: t.vec(t.vec(t.named('Tree'))) })) })
    expect(worst(tree('u32'), tree('f32'))).toMatchObject({ kind: 'silent' })
  })
})
