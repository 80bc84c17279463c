import { containers } from '../../../../src/schema/library-containers.ts'
import { libraryTypes } from '../../../../src/schema/library-types.ts'
import type { Fields, NamedType, Schema, Type } from '../../../../src/schema/model.ts'
import { enumOf, fields, items, nothing, schemaOf, struct, t } from './build.ts'

const named = (...names: string[]): Fields => fields(Object.fromEntries(names.map((name) => [name, t.of('u8')])))
const set = (name: string, item: Type): Type => ({ kind: 'sequence', name, item })

/** Names that are not identifiers of Rust, that Rust refuses as identifiers, or that hide what printed Rust refers to. */
const names: Record<string, NamedType> = {
  Fields: struct(
    named(
      'type',
      'self',
      'Self',
      '_',
      '',
      'order-id',
      'order_id',
      '4th',
      'gen',
      'a b',
      'π',
      'e\u0301',
      'x²',
      '\u202e',
      '🦀',
    ),
  ),
  Variants: enumOf({
    Self: nothing,
    'not-a-name': items(t.of('u8')),
    type: named('a'),
    '"': nothing,
    'ends\\': nothing,
  }),
  Empty: enumOf({}),
  'Page<Fields>': struct(fields({ items: t.vec(t.named('Fields')), next: t.option(t.of('u64')) })),
  'Page<Option<u8>>': struct(fields({ items: t.vec(t.option(t.of('u8'))) })),
  'a::Id': struct(items(t.of('u8'))),
  'b::Id': struct(items(t.of('u16'))),
  AId: struct(items(t.of('u32'))),
  str: struct(items(t.of('String'))),
  Box: struct(items(t.of('u8'))),
  Some: struct(),
  Serialize: struct(fields({ HashSet: set('HashSet', t.of('u8')) })),
  Clone: struct(fields({ at: t.known('i64 as ts_seconds'), zone: t.known('DateTime<FixedOffset>') })),
  std: struct(items(t.map('BTreeMap', t.of('String'), t.known('Duration')))),
  chrono: struct(),
  serde: struct(),
  type: struct(),
}

/** Types that contain themselves, directly or through others. */
const recursive: Record<string, NamedType> = {
  Tree: struct(fields({ left: t.option(t.named('Tree')), all: t.vec(t.named('Tree')), pair: t.named('Branch') })),
  Branch: enumOf({
    Leaf: nothing,
    Both: items(t.tuple(t.named('Tree'), t.named('Branch'))),
    Either: items(t.result(t.named('Tree'), t.array(t.named('Branch'), 2))),
    Named: fields({ by: t.map('BTreeMap', t.of('String'), t.named('Branch')) }),
  }),
}

const long = t.tuple(...Array.from({ length: 13 }, (_, index) => t.of(index % 2 === 0 ? 'u8' : 'f32')))

/** Arrays and tuples that are longer than the standard library or serde support, and shapes at the limits. */
const sizes: Record<string, NamedType> = {
  Sizes: struct(
    fields({
      ...{ big: t.array(t.of('u8'), 33), many: t.vec(t.array(t.tuple(t.of('u8'), t.of('String')), 40)) },
      ...{ none: t.array(t.of('u64'), 0), most: t.array(t.of('u16'), 32), one: t.tuple(t.of('bool')) },
      ...{ long, longs: t.option(t.vec(long)), unit: t.of('unit'), bytes: t.option(t.of('bytes')) },
      longest: t.tuple(...Array.from({ length: 12 }, () => t.of('u8'))),
      huge: t.tuple(...Array.from({ length: 20 }, () => t.named('Wrapped'))),
    }),
  ),
  Wrapped: struct(items(t.tuple(t.of('i128')))),
  NoItems: struct({ kind: 'tuple', items: [] }),
  NoFields: struct(fields({})),
  Nothing: struct(),
  Forms: enumOf({ Unit: nothing, Tuple: { kind: 'tuple', items: [] }, Fields: fields({}), One: items(long) }),
}

const keyOf = t.named('Key')

/** Keys of maps and items of sets: those that can be hashed and ordered, and those that cannot. */
const keys: Record<string, NamedType> = {
  Key: struct(fields({ id: t.known('Uuid'), at: t.known('i64 as ts_seconds'), kind: t.named('Kind') })),
  Kind: enumOf({ A: nothing, B: items(t.option(t.of('u8')), t.vec(t.of('i64'))) }),
  Maps: struct(
    fields({
      ...{ hashed: t.map('HashMap', keyOf, t.of('f64')), ordered: t.map('BTreeMap', keyOf, t.named('Kind')) },
      ...{ heap: set('BinaryHeap', t.named('Kind')), floats: t.map('BTreeMap', t.of('f64'), t.of('u8')) },
      ...{ days: t.map('BTreeMap', t.known('Weekday'), t.of('u8')), sets: set('HashSet', set('HashSet', t.of('u8'))) },
      ...{ module: t.map('HashMap', t.known('String as uuid::simple'), t.vec(t.known('String as uuid::simple'))) },
      ...{ nested: set('BTreeSet', set('BTreeSet', t.known('i64 as ts_seconds'))), long: set('HashSet', long) },
    }),
  ),
}

const collections: Record<string, NamedType> = {
  Collections: struct(
    fields(
      Object.fromEntries(
        containers.flatMap(({ becomes }): [string, Type][] => {
          if (becomes.kind === 'map') return [[becomes.name, t.map(becomes.name, t.of('u64'), t.of('String'))]]
          const isSequence = becomes.kind === 'sequence' || becomes.kind === 'sequence of array'
          return isSequence ? [[becomes.name, set(becomes.name, t.of('u64'))]] : []
        }),
      ),
    ),
  ),
}

/** Every library type that Rust can write and read, in a field, in a tuple variant and inside other types. */
const readable = libraryTypes.filter(
  ({ name, wire, unreadable }) =>
    wire !== undefined && (unreadable === undefined || ['Decimal', 'String as decimal'].includes(name)),
)
const library = (rows: readonly { readonly name: string }[], wrap: (type: Type) => Type): Fields =>
  fields(Object.fromEntries(rows.map(({ name }, index) => [`l${index}`, wrap(t.known(name))])))
const libraries: Record<string, NamedType> = {
  Libraries: struct(library(readable, (type) => type)),
  LibrariesInside: struct(library(readable, t.option)),
  LibraryVariants: enumOf(Object.fromEntries(readable.map(({ name }, index) => [`V${index}`, items(t.known(name))]))),
}

/** Library types that Rust cannot read from bincode. They have no values here, but have to compile. */
const unreadable: Record<string, NamedType> = {
  Unreadable: enumOf({
    Readable: nothing,
    Inside: library(
      libraryTypes.filter((row) => !readable.includes(row)),
      t.option,
    ),
    Direct: library(
      libraryTypes.filter((row) => !readable.includes(row)),
      (type) => type,
    ),
    Tuple: items(t.known('unreadable')),
  }),
}

/**
 * Schemas that are hard to show as Rust. Their root has a variant for each type. Some enums have variants without values: `only`
 * lists the others.
 */
export function awkwardSchemas(): readonly { schema: Schema; only?: Readonly<Record<string, readonly string[]>> }[] {
  const groups = { recursive, sizes, keys, collections, libraries }
  const namesWithValues = Object.keys(names).flatMap((name, index) => (name === 'Empty' ? [] : [`V${index}`]))
  return [
    { schema: withRoot('names', names), only: { All: namesWithValues } },
    { schema: withRoot('unreadable', unreadable), only: { Unreadable: ['Readable'] } },
    ...Object.entries(groups).map(([topic, types]) => ({ schema: withRoot(topic, types) })),
  ]
}

/** Adds a root with a variant for each type. */
export function withRoot(topic: string, types: Record<string, NamedType>): Schema {
  const variants = Object.keys(types).map((name, index): [string, Fields] => [`V${index}`, items(t.named(name))])
  return { ...schemaOf('All', { All: enumOf(Object.fromEntries(variants)), ...types }), topic }
}
