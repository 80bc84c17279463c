import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { showSchema } from '../../src/operations/schemas/show.ts'
import { compileDecoder } from '../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../src/schema/bincode/compile-encoder.ts'
import type { NamedType, Schema } from '../../src/schema/model.ts'
import { hasCargo } from '../support/cargo.ts'
import { importRust, linesOf } from '../unit/schema/import/import-rust.ts'
import { awkwardSchemas, withRoot } from '../unit/schema/support/awkward-types.ts'
import { orders } from '../unit/schema/support/build.ts'
import { listOf, seededRandom } from '../unit/schema/support/random.ts'
import { randomTypes } from '../unit/schema/support/random-types.ts'
import { randomValue } from '../unit/schema/support/random-values.ts'
import { isReordered, sorted } from './support/reordered-values.ts'
import { buildShown } from './support/shown-crate.ts'

/** The seed makes every run use the same types and values. `CRBUS_TYPES_SEED` selects others. */
const seed = Number(process.env.CRBUS_TYPES_SEED ?? 2025)
const valuesPerSchema = 300

function importedService(): Schema {
  const folder = fileURLToPath(new URL('../vectors/service/', import.meta.url))
  const files = globSync(['Cargo.toml', 'src/**/*.rs'], { cwd: folder })
  const texts = Object.fromEntries(
    files.map((path) => [path.replaceAll('\\', '/'), readFileSync(folder + path, 'utf8')]),
  )
  const imported = importRust(texts, { assume: { 'feature:extra': 'on' } })
  if (!imported.ok) throw new Error(linesOf(imported).join('\n'))
  return imported.schema
}

interface Shown {
  readonly schema: Schema
  /** The part of the schema that is shown. Default: the whole schema. */
  readonly name?: string
  /** The variants that values have, by enum. Default: all variants. */
  readonly only?: Readonly<Record<string, readonly string[]>>
}

/** A schema without the variants that values must not have. */
const forValues = ({ schema, only = {} }: Shown): Schema => {
  const types = [...schema.types].map(([name, type]): [string, NamedType] => {
    const variants = only[name]
    if (type.kind !== 'enum' || variants === undefined) return [name, type]
    return [name, { ...type, variants: type.variants.filter((variant) => variants.includes(variant.name)) }]
  })
  return { ...schema, types: new Map(types) }
}

const random = randomTypes(seededRandom(seed), 220)
const all: readonly Shown[] = [
  { schema: orders() },
  { schema: importedService() },
  { schema: withRoot('random', Object.fromEntries(random.schema.types)) },
  ...awkwardSchemas(),
  { schema: orders(), name: 'OrderPlaced.v1', only: { OrderAction: ['OrderPlaced'] } },
  {
    ...{ schema: orders(), name: 'Inventory.Audited' },
    only: { OrderAction: ['Inventory'], InventoryAction: ['Audited'] },
  },
]

const textOf = ({ schema, name }: Shown): string => {
  const shown = showSchema(schema, { as: 'rust', name, writtenBy: '' })
  if (!shown.ok || typeof shown.shown !== 'string') throw new Error(`${name} cannot be shown`)
  return shown.shown
}

describe.skipIf(!hasCargo)('Rust that schema show prints', () => {
  let again: (lines: readonly string[]) => string[]
  beforeAll(async () => {
    again = await buildShown(all.map((shown) => ({ text: textOf(shown), root: shown.schema.root })))
  }, 600_000)

  test.each(
    all.map((shown, index) => ({ ...shown, index, topic: shown.schema.topic, name: shown.name ?? 'the whole schema' })),
  )(
    'Rust of $topic, $name, decodes what crbus encodes, and encodes it to the same bytes (needs cargo)',
    ({ index, ...shown }) => {
      const { schema } = shown
      const values = forValues(shown)
      const from = seededRandom(seed + index)
      const encoder = compileEncoder(schema)
      const decoder = compileDecoder(schema)
      const type = { kind: 'named', name: schema.root } as const
      const sent = listOf(valuesPerSchema, () => {
        const value = randomValue(values, type, from)
        const encoded = encoder.encode(value)
        if (!encoded.ok) throw new Error(`${encoded.path}: ${encoded.reason}\n${JSON.stringify(value)}`)
        return Buffer.from(encoded.bytes).toString('hex')
      })
      const lines = again(sent.map((hex) => `${index}\t${hex}`))
      expect(lines).toHaveLength(sent.length)
      const isLoose = isReordered(schema, type)
      for (const [number, hex] of sent.entries()) {
        const [, written = ''] = (lines[number] as string).split('\t')
        if (written === hex) continue
        const context = `${hex} ${written}`
        expect(isLoose, context).toBe(true)
        const [ours, theirs] = [hex, written].map((bytes) => decoder.decode(Buffer.from(bytes, 'hex')))
        if (!ours?.ok || !theirs?.ok) expect.fail(context)
        expect(sorted(theirs.value), context).toBe(sorted(ours.value))
      }
    },
  )
})
