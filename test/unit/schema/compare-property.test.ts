import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { compareSchemas } from '../../../src/schema/compare/compare-with-samples.ts'
import type { ReadExample } from '../../../src/schema/evidence/sample-payloads.ts'
import type { Fields, NamedType, Schema, Type } from '../../../src/schema/model.ts'
import { writeSchemaFile } from '../../../src/schema/write-schema-file.ts'
import { schemaOf, t } from './support/build.ts'
import { listOf, type Random, seededRandom } from './support/random.ts'
import { randomValue } from './support/random-values.ts'

const primitives = ['u8', 'bool', 'u16', 'i16', 'u32', 'i32', 'f32', 'u64', 'i64', 'f64', 'char', 'String', 'bytes']
const names = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta']

interface Mutant {
  readonly what: string
  readonly after: NamedType
  /** Additional types of the new schema. */
  readonly types?: Readonly<Record<string, NamedType>>
  /** Pairs of old and new names. */
  readonly renames?: readonly (readonly [string, string])[]
}

function randomType(random: Random, known: readonly string[], depth = 0): Type {
  const choice = random.below(depth > 1 ? 7 : 12)
  if (choice < 6) return t.of(random.pick(primitives))
  if (choice < 7) return known.length > 0 ? t.named(random.pick(known)) : t.of('u32')
  const item = randomType(random, known, depth + 1)
  if (choice < 9) return t.option(item)
  if (choice < 11) return t.vec(item)
  return t.tuple(item, randomType(random, known, depth + 1))
}

const fieldsOf = (parts: readonly (readonly [string, Type])[]): Fields => ({
  kind: 'fields',
  fields: parts.map(([name, type]) => ({ name, type })),
})

const randomFields = (random: Random, known: readonly string[], least: number): Fields =>
  fieldsOf(listOf(least + random.below(3), (index) => [names[index] as string, randomType(random, known)]))

function randomEnum(random: Random, known: readonly string[]): NamedType {
  const variants = listOf(2 + random.below(3), (index) => {
    const fields: Fields = random.chance(0.3) ? { kind: 'unit' } : randomFields(random, known, 1)
    return { name: `V${index}`, fields }
  })
  return { kind: 'enum', at: '', variants }
}

function mutate(type: NamedType, random: Random, known: readonly string[]): Mutant {
  if (type.kind === 'struct') {
    const mutant = mutateFields(type.fields, random, known)
    return { ...mutant, after: { ...type, fields: mutant.fields } }
  }
  const { variants } = type
  const made = (what: string, next: typeof variants, renames: Mutant['renames'] = []): Mutant => ({
    what,
    after: { ...type, variants: next },
    renames,
  })
  const at = random.below(variants.length)
  const fresh = {
    name: 'Fresh',
    fields: random.chance(0.5) ? { kind: 'unit' as const } : randomFields(random, known, 1),
  }
  switch (random.below(6)) {
    case 0:
      return made('append', [...variants, fresh])
    case 1:
      return made('insert', variants.toSpliced(at, 0, fresh))
    case 2:
      return made('remove', variants.toSpliced(at, 1))
    case 3: {
      const other = random.below(variants.length)
      const next = [...variants]
      const [one, two] = [variants[at], variants[other]] as [(typeof variants)[number], (typeof variants)[number]]
      next[at] = two
      next[other] = one
      return made('swap', next)
    }
    case 4: {
      const old = variants[at] as (typeof variants)[number]
      return made('rename', variants.with(at, { ...old, name: 'Renamed' }), [[old.name, 'Renamed']])
    }
    default: {
      const old = variants[at] as (typeof variants)[number]
      const mutant = mutateFields(old.fields, random, known)
      return { ...mutant, after: { ...type, variants: variants.with(at, { ...old, fields: mutant.fields }) } }
    }
  }
}

function mutateFields(
  fields: Fields,
  random: Random,
  known: readonly string[],
): Omit<Mutant, 'after'> & { fields: Fields } {
  const parts = fields.kind === 'fields' ? fields.fields.map(({ name, type }) => [name, type] as const) : []
  const fresh = ['fresh', randomType(random, known)] as const
  const at = random.below(Math.max(1, parts.length))
  const old = parts[at]
  const form = random.below(8)
  if (old === undefined || form === 0) return { what: 'add field', fields: fieldsOf(parts.toSpliced(at, 0, fresh)) }
  const [name, type] = old
  const retyped = (what: string, next: Type, types: Mutant['types'] = {}) => ({
    what,
    fields: fieldsOf(parts.with(at, [name, next])),
    types,
  })
  if (form === 1) return { what: 'remove field', fields: fieldsOf(parts.toSpliced(at, 1)) }
  if (form === 2) {
    const other = random.below(parts.length)
    const next = parts.with(at, parts[other] as typeof old).with(other, old)
    return { what: 'swap fields', fields: fieldsOf(next) }
  }
  if (form === 3) {
    return { what: 'rename field', fields: fieldsOf(parts.with(at, ['renamed', type])), renames: [[name, 'renamed']] }
  }
  if (form === 4) return retyped('option', t.option(type))
  if (form === 5) {
    const wrapped: NamedType = { kind: 'struct', at: '', fields: { kind: 'tuple', items: [type] } }
    return retyped('newtype', t.named('Wrapped'), { Wrapped: wrapped })
  }
  if (form === 6 && type.kind === 'sequence' && type.item.kind !== 'u8') {
    return retyped('collection', { ...type, name: 'VecDeque' })
  }
  return retyped('retype', random.chance(0.7) ? t.of(random.pick(primitives)) : randomType(random, known))
}

function membersOf(type: NamedType): string[] {
  const fieldNames = (fields: Fields) => (fields.kind === 'fields' ? fields.fields.map(({ name }) => name) : [])
  if (type.kind === 'struct') return fieldNames(type.fields)
  return type.variants.flatMap(({ name, fields }) => [name, ...fieldNames(fields).map((field) => `${name}.${field}`)])
}

const bare = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** Whether two values are equal except for renamed fields and variants. */
function isSame(a: unknown, b: unknown, renames: readonly (readonly [string, string])[]): boolean {
  const isName = (x: unknown, y: unknown) => x === y || renames.some(([old, now]) => old === x && now === y)
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b) || isName(a, b)
  const [entries, others] = [Object.entries(a), Object.entries(b)]
  return (
    Array.isArray(a) === Array.isArray(b) &&
    entries.length === others.length &&
    entries.every(([key, value], index) => {
      const [otherKey, other] = others[index] as [string, unknown]
      return isName(key, otherKey) && isSame(value, other, renames)
    })
  )
}

interface Outcome {
  readonly fails: boolean
  /** Whether a reader that ignores leftover bytes reads another value. */
  readonly differs: boolean
  /** How many values a reader that refuses leftover bytes reads as others. */
  readonly misread: number
}

/** What really happens to random values: whether some fail to decode, and whether some decode to other values, as in Rust with leftover bytes ignored. */
function outcomeOf(
  before: Schema,
  after: Schema,
  renames: Mutant['renames'] = [],
  random: Random,
  values: number,
): Outcome {
  const encoder = compileEncoder(before)
  const decoder = compileDecoder(after)
  const outcome = { fails: false, differs: false, misread: 0 }
  for (let index = 0; index < values && !(outcome.fails && outcome.misread > values / 300); index += 1) {
    const value = randomValue(before, t.named(before.root), random)
    const encoded = encoder.encode(value)
    if (!encoded.ok) throw new Error(`${encoded.path} ${encoded.reason}`)
    let decoded = decoder.decode(encoded.bytes)
    const isStrict = decoded.ok
    if (!decoded.ok) {
      outcome.fails = true
      if (decoded.reason.includes('left over')) decoded = decoder.decode(encoded.bytes.subarray(0, decoded.offset))
    }
    if (decoded.ok && !isSame(asWritten(before, encoded.bytes), decoded.value, renames)) {
      outcome.differs = true
      // Two fields of the same value can be exchanged, and an empty list is a text in JSON if it has bytes.
      const isSwapped = isDeepStrictEqual(withTexts(asWritten(before, encoded.bytes)), withTexts(decoded.value))
      if (isStrict && !isSwapped) outcome.misread += 1
    }
  }
  return outcome
}

const withTexts = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('[]', '""'))

/** Whether the example of a change really is read as another value. It may be rarer than the random values of this test. */
function isProven(
  before: Schema,
  after: Schema,
  example: ReadExample | undefined,
  renames: Mutant['renames'],
): boolean {
  const encoded = compileEncoder(before).encode(example?.written)
  const decoded = encoded.ok ? compileDecoder(after).decode(encoded.bytes) : encoded
  return (
    decoded.ok &&
    isDeepStrictEqual(decoded.value, example?.read) &&
    !isSame(example?.written, example?.read, renames ?? [])
  )
}

/** The value as the old service decodes it, since the encoder accepts other spellings. */
const decoders = new WeakMap<Schema, ReturnType<typeof compileDecoder>>()
function asWritten(schema: Schema, bytes: Uint8Array): unknown {
  const decoder = decoders.get(schema) ?? compileDecoder(schema)
  decoders.set(schema, decoder)
  const decoded = decoder.decode(bytes)
  return decoded.ok ? decoded.value : undefined
}

describe('the kind of a change is what happens to real bytes', () => {
  test.each(listOf(8, (seed) => seed))(
    'the kind of one random change is what happens to real bytes (seed %i)',
    (seed) => {
      const random = seededRandom(seed + 1)
      const seen = { safe: 0, silent: 0, breaks: 0 }
      for (let turn = 0; turn < 250; turn += 1) {
        const types: Record<string, NamedType> = {}
        const inner = random.chance(0.5)
          ? randomEnum(random, [])
          : ({ kind: 'struct', at: '', fields: randomFields(random, [], 1) } as const)
        types.Inner = inner
        const root: NamedType = random.chance(0.6)
          ? randomEnum(random, ['Inner'])
          : { kind: 'struct', at: '', fields: randomFields(random, ['Inner'], 1) }
        const before = schemaOf('Root', { ...types, Root: root })
        const mutant = mutate(root, random, ['Inner'])
        const after = schemaOf('Root', { ...types, ...mutant.types, Root: mutant.after })
        const changes = compareSchemas(before, after)
        const kind = changes[0]?.kind ?? 'safe'
        seen[kind] += 1
        const { fails, differs, misread } = outcomeOf(
          before,
          after,
          mutant.renames,
          random,
          kind === 'safe' ? 60 : 3_000,
        )
        const told = () =>
          `${mutant.what}: ${JSON.stringify(changes, null, 1)}\n${writeSchemaFile(before)}${writeSchemaFile(after)}`
        if (kind === 'safe' && (fails || differs))
          expect.fail(`not safe (fails ${fails}, differs ${differs}) ${told()}`)
        if (kind === 'breaks' && !fails) expect.fail(`does not break ${told()}`)
        // Sampling may miss a value that is rarer than one in 300.
        if (kind === 'breaks' && misread > 10) expect.fail(`is silent ${told()}`)
        if (kind === 'silent' && !differs && !isProven(before, after, changes[0]?.sampled?.example, mutant.renames)) {
          expect.fail(`is not silent ${told()}`)
        }
      }
      expect(seen).toEqual({ safe: expect.any(Number), silent: expect.any(Number), breaks: expect.any(Number) })
      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10)
    },
    60_000,
  )

  test('the kind of two random changes at once is what happens to real bytes', () => {
    const random = seededRandom(77)
    const seen = { safe: 0, unsafe: 0 }
    for (let turn = 0; turn < 800; turn += 1) {
      const root: NamedType = random.chance(0.6)
        ? randomEnum(random, [])
        : { kind: 'struct', at: '', fields: randomFields(random, [], 1) }
      const one = mutate(root, random, [])
      const two = mutate(one.after, random, [])
      const [old, now] = [membersOf(root), membersOf(two.after)]
      if (new Set(now).size < now.length) continue
      const before = schemaOf('Root', { Root: root })
      const after = schemaOf('Root', { ...one.types, ...two.types, Root: two.after })
      const changes = compareSchemas(before, after)
      // A removed and an added member may be a rename.
      const gone = old.filter((name) => !now.includes(name))
      const renames = now
        .filter((name) => !old.includes(name))
        .flatMap((name) => gone.map((was) => [bare(was), bare(name)] as const))
      const isSafe = changes.every(({ kind }) => kind === 'safe')
      seen[isSafe ? 'safe' : 'unsafe'] += 1
      const { fails, differs } = outcomeOf(before, after, renames, random, isSafe ? 60 : 3_000)
      const isFound = changes.some(({ sampled }) => isProven(before, after, sampled?.example, renames))
      if (isSafe === (fails || differs || isFound)) {
        const told = `${one.what} and ${two.what}: ${JSON.stringify(changes, null, 1)}`
        expect.fail(`${told}\n${writeSchemaFile(before)}${writeSchemaFile(after)}`)
      }
    }
    expect(seen.safe).toBeGreaterThan(30)
    expect(seen.unsafe).toBeGreaterThan(300)
  }, 60_000)
})
