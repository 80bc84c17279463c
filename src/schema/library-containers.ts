import type { Primitive } from './model.ts'

/** Types of Rust's standard library and of common crates that bincode encodes in the same way. Most of them are generic. */
export interface Container {
  /** Paths in Rust code. */
  readonly paths: readonly string[]
  /** The schema type that replaces these types. */
  readonly becomes:
    | { readonly kind: 'option' | 'result' | 'unit' | 'String' | 'bytes' }
    /** Encoded as the first type argument: `Box<T>` as `T`. */
    | { readonly kind: 'argument' }
    /** Two values of the first type argument: `Complex<T>`. */
    | { readonly kind: 'pair' }
    /** That many values of a primitive type: `glam::Vec3`. */
    | { readonly kind: 'components'; readonly component: Primitive; readonly count: number }
    /** `name` is the Rust name, which schema files use too. */
    | { readonly kind: 'sequence' | 'map'; readonly name: string }
    /** A sequence whose type argument is an array type with the item: `SmallVec<[T; 4]>`. */
    | { readonly kind: 'sequence of array'; readonly name: string }
    /** A struct whose fields all have the type of the first type argument, such as `Range<T>`. */
    | { readonly kind: 'struct'; readonly fields: readonly string[] }
    /** `argument` is the index of the type argument that the variant contains. A variant without it is a unit variant. */
    | { readonly kind: 'enum'; readonly variants: readonly { readonly name: string; readonly argument?: number }[] }
}

/** Expands names of one module: `std('rc', 'Rc Weak')` returns `std::rc::Rc` and `std::rc::Weak`. */
const std = (module: string, names: string): string[] => names.split(' ').map((name) => `std::${module}::${name}`)
const list = (name: string, ...paths: string[]): Container => ({ paths, becomes: { kind: 'sequence', name } })
const map = (name: string, ...paths: string[]): Container => ({ paths, becomes: { kind: 'map', name } })
/** Vectors and matrices of glam, by the number of their components. */
const glam = (component: Primitive, names: Readonly<Record<number, string>>): Container[] =>
  Object.entries(names).map(([count, of]) => ({
    paths: of.split(' ').map((name) => `glam::${name}`),
    becomes: { kind: 'components', component, count: Number(count) },
  }))
/** An enum of unit variants. */
const unitEnum = (path: string, names: string): Container => ({
  paths: [path],
  becomes: { kind: 'enum', variants: names.split(' ').map((name) => ({ name })) },
})

/** Tests compare every row with bytes that Rust wrote: see `test/vectors/known-types`. */
export const containers: readonly Container[] = [
  { paths: ['std::option::Option', ...std('rc', 'Weak'), ...std('sync', 'Weak')], becomes: { kind: 'option' } },
  { paths: ['std::result::Result'], becomes: { kind: 'result' } },
  { paths: ['std::marker::PhantomData'], becomes: { kind: 'unit' } },
  {
    paths: [
      'std::string::String',
      'smol_str::SmolStr',
      'compact_str::CompactString',
      'arrayvec::ArrayString',
      'ustr::Ustr',
      ...['heapless::String', 'ecow::EcoString', 'arcstr::ArcStr'],
      // Hexadecimal digits after 0x.
      ...['H160', 'H256', 'U128', 'U256', 'U512'].map((name) => `primitive_types::${name}`),
    ],
    becomes: { kind: 'String' },
  },
  {
    paths: [
      ...['bytes::Bytes', 'bytes::BytesMut', 'serde_bytes::ByteBuf', 'serde_bytes::Bytes', 'serde_bytes::ByteArray'],
      ...std('ffi', 'CString CStr'),
      'bstr::BString',
    ],
    becomes: { kind: 'bytes' },
  },
  {
    paths: [
      ...['std::boxed::Box', 'std::rc::Rc', 'std::borrow::Cow', 'std::cmp::Reverse'],
      ...std('sync', 'Arc Mutex RwLock'),
      ...std('cell', 'Cell RefCell'),
      ...std('num', 'Wrapping Saturating'),
      ...['parking_lot::Mutex', 'parking_lot::RwLock', 'ordered_float::OrderedFloat', 'ordered_float::NotNan'],
    ],
    becomes: { kind: 'argument' },
  },
  ...glam('f32', { 2: 'Vec2', 3: 'Vec3 Vec3A', 4: 'Vec4 Quat Mat2', 9: 'Mat3', 16: 'Mat4' }),
  ...glam('f64', { 2: 'DVec2', 3: 'DVec3', 4: 'DVec4 DQuat' }),
  ...glam('i32', { 2: 'IVec2', 3: 'IVec3', 4: 'IVec4' }),
  ...glam('u32', { 2: 'UVec2', 3: 'UVec3', 4: 'UVec4' }),
  unitEnum('log::Level', 'ERROR WARN INFO DEBUG TRACE'),
  unitEnum('log::LevelFilter', 'OFF ERROR WARN INFO DEBUG TRACE'),
  list('Vec', 'std::vec::Vec', 'heapless::Vec', 'ecow::EcoVec', 'nonempty::NonEmpty'),
  list('VecDeque', 'std::collections::VecDeque'),
  list('LinkedList', 'std::collections::LinkedList'),
  list('BinaryHeap', 'std::collections::BinaryHeap'),
  list('HashSet', 'std::collections::HashSet', 'hashbrown::HashSet', 'ahash::AHashSet', 'im::HashSet'),
  list('BTreeSet', 'std::collections::BTreeSet'),
  list('IndexSet', 'indexmap::IndexSet'),
  list('DashSet', 'dashmap::DashSet'),
  list('OrdSet', 'im::OrdSet'),
  list('Vector', 'im::Vector'),
  list('ArrayVec', 'arrayvec::ArrayVec'),
  { paths: ['smallvec::SmallVec'], becomes: { kind: 'sequence of array', name: 'SmallVec' } },
  { paths: ['tinyvec::ArrayVec', 'tinyvec::TinyVec'], becomes: { kind: 'sequence of array', name: 'TinyVec' } },
  { paths: ['num_complex::Complex', 'num_rational::Ratio'], becomes: { kind: 'pair' } },
  map('HashMap', 'std::collections::HashMap', 'hashbrown::HashMap', 'ahash::AHashMap', 'im::HashMap'),
  map('BTreeMap', 'std::collections::BTreeMap'),
  map('OrdMap', 'im::OrdMap'),
  map('IndexMap', 'indexmap::IndexMap'),
  map('DashMap', 'dashmap::DashMap'),
  { paths: ['std::ops::Range', 'std::ops::RangeInclusive'], becomes: { kind: 'struct', fields: ['start', 'end'] } },
  { paths: ['std::ops::RangeFrom'], becomes: { kind: 'struct', fields: ['start'] } },
  { paths: ['std::ops::RangeTo'], becomes: { kind: 'struct', fields: ['end'] } },
  {
    paths: ['std::ops::Bound'],
    becomes: {
      kind: 'enum',
      variants: [{ name: 'Unbounded' }, { name: 'Included', argument: 0 }, { name: 'Excluded', argument: 0 }],
    },
  },
  {
    paths: ['either::Either'],
    becomes: {
      kind: 'enum',
      variants: [
        { name: 'Left', argument: 0 },
        { name: 'Right', argument: 1 },
      ],
    },
  },
]
