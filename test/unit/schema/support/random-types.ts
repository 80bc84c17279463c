import { libraryTypes } from '../../../../src/schema/library-types.ts'
import type { Fields, NamedType, Schema, Type } from '../../../../src/schema/model.ts'
import { formatType } from '../../../../src/schema/type-text.ts'
import { listOf, type Random } from './random.ts'

/** A type in the schema and in Rust source. The two differ: the schema leaves a Box out. */
interface Both {
  readonly type: Type
  readonly rust: string
  /** An attribute that a field of this type needs. */
  readonly attribute?: string
  /** Roughly how many values one value contains, so that nested types stay small. */
  readonly weight: number
}

export interface RandomTypes {
  readonly schema: Schema
  /** Every concrete type: its name in the schema and in Rust. */
  readonly roots: readonly { readonly name: string; readonly rust: string }[]
  /** The definitions in Rust, each with how to make a random one. */
  readonly source: string
}

const primitives = [
  'unit bool u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 char String bytes'.split(' '),
].flat() as Exclude<Type['kind'], 'option'>[]

const rustPrimitive: Readonly<Record<string, string>> = { unit: '()', bytes: 'ByteBuf' }

/** Fields that Rust writes with a serde `with` module, and the module. */
const rustOfWith: readonly [start: string, rust: string][] = [
  ['uuid::', 'uuid::Uuid'],
  ['ulid::', 'ulid::Ulid'],
  ['chrono::', 'chrono::DateTime<chrono::Utc>'],
  ['time::', 'time::OffsetDateTime'],
  ['rust_decimal::', 'rust_decimal::Decimal'],
  ['humantime_serde', 'std::time::Duration'],
]

/** The library types that Rust can both write and read. */
export const known: readonly Both[] = libraryTypes.flatMap(({ name, paths, wire, unreadable }) => {
  // serde_json writes an integer in LEB128 as its bytes.
  if (wire?.kind === 'varint') return []
  if (wire === undefined || (unreadable !== undefined && name !== 'String as decimal')) return []
  const path = paths[0] as string
  const type: Type = { kind: 'known', name }
  const rust = rustOfWith.find(([start]) => path.startsWith(start))?.[1]
  return name.includes(' as ') && rust !== undefined
    ? [{ type, rust, attribute: `#[serde(with = "${path}")]`, weight: 1 }]
    : [{ type, rust: path.replace('<', '<chrono::'), weight: 1 }]
})
const knownAnywhere = known.filter(({ attribute }) => attribute === undefined)

const keyPrimitives = ['bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'usize', 'i8', 'i16', 'i32', 'i64', 'i128', 'isize']
const keyKnown = ['Uuid', 'NaiveDate', 'IpAddr', 'DateTime<Utc>', 'NonZeroU32', 'PathBuf', 'time::Date', 'Ulid']

/** Field names that are valid in Rust and special in JavaScript. */
const fieldNames =
  'id name kind items total __proto__ constructor toString value next r_type hasOwnProperty π note length'.split(' ')

/** Generic types; their arguments are filled in where they are used. */
interface Generic {
  readonly name: string
  readonly parameters: string
  readonly source: string
  readonly make: (args: readonly Type[], instance: (name: string, args: readonly Type[]) => Type) => NamedType
}

const struct = (fields: Fields): NamedType => ({ kind: 'struct', at: 'src/types.rs:1', fields })
const named = (parts: Record<string, Type>): Fields => ({
  kind: 'fields',
  fields: Object.entries(parts).map(([name, type]) => ({ name, type })),
})
const tuple = (...items: Type[]): Fields => ({ kind: 'tuple', items })
const vec = (item: Type): Type => ({ kind: 'sequence', name: 'Vec', item })
const option = (item: Type): Type => ({ kind: 'option', item })
const first = (args: readonly Type[]): Type => args[0] as Type
const second = (args: readonly Type[]): Type => args[1] as Type

const generics: readonly Generic[] = [
  {
    name: 'Page',
    parameters: 'T',
    source: 'made_struct!(Page<T> { items: Vec<T>, next: Option<u64> });',
    make: (args) => struct(named({ items: vec(first(args)), next: option({ kind: 'u64' }) })),
  },
  {
    name: 'Pair',
    parameters: 'A, B',
    source: 'made_tuple!(Pair<A, B>(A, B));',
    make: (args) => struct(tuple(first(args), second(args))),
  },
  {
    name: 'Wrap',
    parameters: 'T',
    source: 'made_tuple!(Wrap<T>(T));',
    make: (args) => struct(tuple(first(args))),
  },
  {
    name: 'Marked',
    parameters: 'T',
    source: 'made_struct!(Marked<T> { marker: PhantomData<T>, count: u8 });',
    make: () => struct(named({ marker: { kind: 'unit' }, count: { kind: 'u8' } })),
  },
  {
    name: 'Nested',
    parameters: 'T',
    source: 'made_struct!(Nested<T> { page: Page<T>, wrapped: Wrap<Option<T>>, again: Option<Wrap<Option<T>>> });',
    make: (args, instance) => {
      const wrapped = instance('Wrap', [option(first(args))])
      return struct(named({ page: instance('Page', args), wrapped, again: option(wrapped) }))
    },
  },
  {
    name: 'Tree',
    parameters: 'T',
    source: 'made_struct!(Tree<T> { value: T, children: Vec<Tree<T>> });',
    make: (args, instance) => struct(named({ value: first(args), children: vec(instance('Tree', args)) })),
  },
]

export function randomTypes(random: Random, count: number): RandomTypes {
  const types = new Map<string, NamedType>()
  const weights = new Map<string, number>()
  const roots: { name: string; rust: string }[] = []
  const source = generics.map((generic) => generic.source)
  const keys: Both[] = []
  const concrete: Both[] = []
  let turn = 0

  /** Adds a generic type with arguments, and the types it contains, to the schema. */
  const instance = (name: string, args: readonly Type[]): Type => {
    const full = `${name}<${args.map(formatType).join(', ')}>`
    if (!types.has(full)) {
      types.set(full, struct({ kind: 'unit' }))
      types.set(full, (generics.find((generic) => generic.name === name) as Generic).make(args, instance))
    }
    return { kind: 'named', name: full }
  }

  const key = (): Both => {
    const choice = random.below(10)
    if (choice < 2 && keys.length > 0) return random.pick(keys)
    if (choice < 4) return leaf('String')
    if (choice < 5) return leaf('char')
    if (choice < 6) {
      const name = random.pick(keyKnown)
      return known.find(({ type }) => type.kind === 'known' && type.name === name) as Both
    }
    if (choice < 7) {
      const items = [leaf(random.pick(keyPrimitives)), leaf('String')]
      return { type: { kind: 'tuple', items: items.map(({ type }) => type) }, rust: tupleText(items), weight: 2 }
    }
    return leaf(random.pick(keyPrimitives))
  }

  const choose = (depth: number): Both => {
    const choice = random.below(depth > 2 ? 6 : 18)
    const light = concrete.filter(({ weight }) => weight < 12)
    if (choice < 3) return leaf(random.pick(primitives))
    if (choice < 4) return random.pick(knownAnywhere)
    if (choice < 6) return light.length > 0 ? boxed(random.pick(light), random) : leaf('String')
    const item = choose(depth + 1)
    const { type, rust, weight } = item
    if (choice < 8) return { type: option(type), rust: `Option<${rust}>`, weight: 1 + weight / 2 }
    if (choice < 11) {
      const name = random.pick(['Vec', 'Vec', 'Vec', 'VecDeque', 'LinkedList'])
      return { type: { kind: 'sequence', name, item: type }, rust: `${name}<${rust}>`, weight: 1 + weight * 1.5 }
    }
    if (choice < 12) {
      const of = key()
      const name = random.pick(['HashSet', 'BTreeSet', 'BinaryHeap'])
      return { type: { kind: 'sequence', name, item: of.type }, rust: `${name}<${of.rust}>`, weight: 3 }
    }
    if (choice < 14) {
      const of = key()
      const name = random.pick(['HashMap', 'BTreeMap'])
      const map: Type = { kind: 'map', name, key: of.type, value: type }
      return { type: map, rust: `${name}<${of.rust}, ${rust}>`, weight: 2 + weight * 1.5 }
    }
    if (choice < 15) {
      const length = random.pick([0, 1, 2, 3])
      return { type: { kind: 'array', item: type, length }, rust: `[${rust}; ${length}]`, weight: 1 + weight * length }
    }
    if (choice < 16) {
      const length = random.pick([0, 4, 16, 32])
      return { type: { kind: 'array', item: { kind: 'u8' }, length }, rust: `[u8; ${length}]`, weight: 1 }
    }
    if (choice < 17) {
      const items = [item, ...listOf(random.below(3), () => choose(depth + 1))]
      const sum = items.reduce((total, each) => total + each.weight, 0)
      return { type: { kind: 'tuple', items: items.map((each) => each.type) }, rust: tupleText(items), weight: sum }
    }
    const error = choose(depth + 1)
    const result: Type = { kind: 'result', ok: type, error: error.type }
    return { type: result, rust: `Result<${rust}, ${error.rust}>`, weight: weight + error.weight }
  }

  /** A reference back to the type itself, at the end of a struct or in an enum. */
  const recursion = (name: string): Both => {
    const type: Type = { kind: 'named', name }
    const choice = random.below(4)
    if (choice === 0) return { type: option(type), rust: `Option<Box<${name}>>`, weight: 4 }
    if (choice === 1) return { type: vec(type), rust: `Vec<${name}>`, weight: 4 }
    if (choice === 2) {
      const map: Type = { kind: 'map', name: 'BTreeMap', key: { kind: 'String' }, value: type }
      return { type: map, rust: `BTreeMap<String, ${name}>`, weight: 4 }
    }
    const items = [leaf('u8'), { type: option(type), rust: `Option<Box<${name}>>`, weight: 4 }]
    return { type: { kind: 'tuple', items: items.map((item) => item.type) }, rust: tupleText(items), weight: 5 }
  }

  const define = (name: string, type: NamedType, rust: string, weight: number) => {
    types.set(name, type)
    weights.set(name, weight)
    source.push(rust)
    roots.push({ name, rust: name })
    concrete.push({ type: { kind: 'named', name }, rust: name, weight })
  }

  const fieldsOf = (self: string | undefined, style: 'fields' | 'tuple') => {
    const parts = listOf(style === 'tuple' ? 1 + random.below(4) : random.below(6), () => choose(0))
    // Use each library type in turn.
    if (style === 'fields' && parts.length > 0) parts[0] = known[turn++ % known.length] as Both
    if (self !== undefined) parts.push(recursion(self))
    const names = [...fieldNames]
    return parts.map((part) => ({ part, name: names.splice(random.below(names.length), 1)[0] as string }))
  }

  for (let index = 0; index < count; index += 1) {
    const name = `T${index}`
    const style = index % 8
    const self = random.chance(0.15) ? name : undefined
    if (style === 0 && index % 16 === 0) {
      // Types that can be keys: a unit enum and a newtype.
      const units = listOf(1 + random.below(5), (unit) => `${random.pick(['Open', 'Shut', 'Gone'])}${unit}`)
      const variants = units.map((unit) => ({ name: unit, fields: { kind: 'unit' as const } }))
      define(name, { kind: 'enum', at: 'src/types.rs:1', variants }, keyEnum(name, units), 1)
      keys.push({ type: { kind: 'named', name }, rust: name, weight: 1 })
    } else if (style === 0) {
      const of = key()
      define(name, struct(tuple(of.type)), `key!(struct ${name}(${of.rust}););`, of.weight)
      keys.push({ type: { kind: 'named', name }, rust: name, weight: of.weight })
    } else if (style === 1 && index % 16 === 1) {
      define(name, struct({ kind: 'unit' }), `unit!(${name});`, 1)
    } else if (style <= 3) {
      const parts = fieldsOf(self, 'fields')
      const type = struct(named(Object.fromEntries(parts.map(({ part, name: field }) => [field, part.type]))))
      const inner = parts.map(({ part, name: field }) => `${part.attribute ?? ''} ${field}: ${part.rust}`)
      define(name, fixProto(type, parts), `made_struct!(${name} { ${inner.join(', ')} });`, weightOf(parts))
    } else if (style === 4) {
      const parts = fieldsOf(self, 'tuple')
      const inner = parts.map(({ part }) => part.rust).join(', ')
      const type = struct(tuple(...parts.map(({ part }) => part.type)))
      define(name, type, `made_tuple!(${name}(${inner}));`, weightOf(parts))
    } else if (style === 5) {
      const args = [random.pick(concrete.filter(({ weight }) => weight < 12)), choose(2)]
      const generic = random.pick(generics)
      const used = args.slice(0, generic.parameters.split(',').length)
      const type = instance(
        generic.name,
        used.map((arg) => arg.type),
      )
      const rust = `${generic.name}<${used.map((arg) => arg.rust).join(', ')}>`
      const weight = weightOf(used.map((part) => ({ part }))) * 3 + 2
      define(name, struct(tuple(type)), `made_tuple!(${name}(${rust}));`, weight)
      roots.push({ name: (type as { name: string }).name, rust })
    } else {
      const variants = listOf(1 + random.below(6), (number) => {
        const variant = `V${number}`
        const own = number > 0 ? self : undefined
        const form = random.below(4)
        if (form === 0) return { name: variant, fields: { kind: 'unit' as const }, rust: `${variant}`, weight: 1 }
        const parts = fieldsOf(own, form === 1 ? 'fields' : 'tuple')
        const weight = weightOf(parts)
        if (form === 1) {
          const inner = parts.map(({ part, name: field }) => `${part.attribute ?? ''} ${field}: ${part.rust}`)
          const fields: Fields = {
            kind: 'fields',
            fields: parts.map(({ part, name: field }) => ({ name: field, type: part.type })),
          }
          return { name: variant, fields, rust: `${variant} { ${inner.join(', ')} }`, weight }
        }
        const items = form === 2 ? parts.slice(0, 1) : parts
        const inner = items.map(({ part }) => part.rust).join(', ')
        const fields: Fields = tuple(...items.map(({ part }) => part.type))
        return { name: variant, fields, rust: `${variant}(${inner})`, weight }
      })
      const type: NamedType = {
        kind: 'enum',
        at: 'src/types.rs:1',
        variants: variants.map((variant) => ({ name: variant.name, fields: variant.fields })),
      }
      const weight = Math.max(...variants.map((variant) => variant.weight))
      define(name, type, enumSource(name, variants), weight)
    }
  }
  return {
    schema: { topic: 'random-events', root: 'T0', events: new Map(), types },
    roots,
    source: source.join('\n'),
  }
}

const leaf = (kind: string): Both => ({
  type: { kind } as Type,
  rust: rustPrimitive[kind] ?? kind,
  weight: 1,
})

const boxed = (both: Both, random: Random): Both =>
  random.chance(0.3) ? { ...both, rust: `${random.pick(['Box', 'Arc', 'Rc'])}<${both.rust}>` } : both

const tupleText = (items: readonly Both[]): string => `(${items.map(({ rust }) => `${rust},`).join(' ')})`

const weightOf = (parts: readonly { readonly part: Both }[]): number =>
  parts.reduce((sum, { part }) => sum + part.weight, 1)

/** The fields as a list of entries, since __proto__ in an object literal does not make an own property. */
const fixProto = (type: NamedType, parts: readonly { readonly part: Both; readonly name: string }[]): NamedType =>
  type.kind === 'struct'
    ? {
        ...type,
        fields: { kind: 'fields', fields: parts.map(({ part, name }) => ({ name, type: part.type })) },
      }
    : type

const keyEnum = (name: string, units: readonly string[]): string =>
  `key!(enum ${name} { ${units.join(', ')} });
impl Make for ${name} { fn make(random: &mut Random, _: u32) -> Self { match random.below(${units.length}) {
${units.map((unit, index) => `${index === units.length - 1 ? '_' : index} => ${name}::${unit},`).join('\n')} } } }`

function enumSource(
  name: string,
  variants: readonly { readonly name: string; readonly fields: Fields; readonly rust: string }[],
): string {
  const make = variants.map(({ name: variant, fields }, index) => {
    const pattern = index === variants.length - 1 ? '_' : index
    if (fields.kind === 'unit') return `${pattern} => ${name}::${variant},`
    const value = 'Make::make(random, depth)'
    if (fields.kind === 'tuple')
      return `${pattern} => ${name}::${variant}(${fields.items.map(() => value).join(', ')}),`
    return `${pattern} => ${name}::${variant} { ${fields.fields.map((field) => `${field.name}: ${value}`).join(', ')} },`
  })
  return `#[derive(Serialize, Deserialize)] enum ${name} { ${variants.map(({ rust }) => rust).join(', ')} }
impl Make for ${name} { fn make(random: &mut Random, depth: u32) -> Self {
  let variant = if depth == 0 { 0 } else { random.below(${variants.length}) };
  let depth = depth.saturating_sub(1);
  let _ = depth;
  match variant { ${make.join('\n')} } } }`
}
