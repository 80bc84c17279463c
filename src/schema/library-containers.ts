/** A generic type of Rust's library or of a common crate, by what bincode writes for it. */
export interface Container {
  readonly paths: readonly string[]
  readonly becomes:
    | { readonly kind: 'option' | 'result' | 'unit' | 'String' | 'bytes' }
    /** Written exactly as its last argument, such as `Box<T>`. */
    | { readonly kind: 'argument' }
    /** `name` is the Rust name, which schema files use too. */
    | { readonly kind: 'sequence' | 'map'; readonly name: string }
    /** A list whose argument is an array type: `SmallVec<[T; 4]>`. */
    | { readonly kind: 'sequence of array'; readonly name: string }
    /** A struct of which every field is the first argument, such as `Range<T>`. */
    | { readonly kind: 'struct'; readonly fields: readonly string[] }
    /** Each variant holds the type argument at that index, or nothing. */
    | { readonly kind: 'enum'; readonly variants: readonly { readonly name: string; readonly argument?: number }[] }
}

const std = (module: string, names: string): string[] => names.split(' ').map((name) => `std::${module}::${name}`)
const list = (name: string, ...paths: string[]): Container => ({ paths, becomes: { kind: 'sequence', name } })
const map = (name: string, ...paths: string[]): Container => ({ paths, becomes: { kind: 'map', name } })

/** Every row was compared with what Rust writes, as the rows of `libraryTypes` were. */
export const containers: readonly Container[] = [
  { paths: ['std::option::Option', ...std('rc', 'Weak'), ...std('sync', 'Weak')], becomes: { kind: 'option' } },
  { paths: ['std::result::Result'], becomes: { kind: 'result' } },
  { paths: ['std::marker::PhantomData'], becomes: { kind: 'unit' } },
  {
    paths: [
      ...[
        'std::string::String',
        'smol_str::SmolStr',
        'compact_str::CompactString',
        'arrayvec::ArrayString',
        'ustr::Ustr',
      ],
    ],
    becomes: { kind: 'String' },
  },
  {
    paths: [
      ...['bytes::Bytes', 'bytes::BytesMut', 'serde_bytes::ByteBuf', 'serde_bytes::Bytes', 'serde_bytes::ByteArray'],
      ...std('ffi', 'CString CStr'),
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
  list('Vec', 'std::vec::Vec'),
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
