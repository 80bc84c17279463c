/** Types of Rust's standard library and of common crates that bincode encodes in the same way. Most of them are generic. */
export interface Container {
  /** Paths in Rust code. */
  readonly paths: readonly string[]
  /** The schema type that replaces these types. */
  readonly becomes:
    | { readonly kind: 'option' | 'result' | 'unit' | 'String' | 'bytes' }
    /** Encoded as the first type argument: `Box<T>` as `T`. */
    | { readonly kind: 'argument' }
    /** Encoded as another type: `Complex<T>` as `(T, T)`. */
    | { readonly kind: 'type'; readonly type: LibraryTypeText }
    /** `name` is the Rust name, which schema files use too. */
    | { readonly kind: 'sequence' | 'map'; readonly name: string }
    /** A sequence whose only type argument is an array type with the item: `SmallVec<[T; 4]>`. Of two, the first is the item. */
    | { readonly kind: 'sequence of array'; readonly name: string }
    /** An array with the length of a type of `typenum`: `GenericArray<u8, U32>`. */
    | { readonly kind: 'generic array' }
    /** The integer of the `repr` of an enum of the service: `BitFlags<Color>`. */
    | { readonly kind: 'repr of argument' }
    /** A struct with these fields: `Range<T>`. */
    | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, LibraryTypeText>> }
    /** A variant without a type is a unit variant. */
    | {
        readonly kind: 'enum'
        readonly variants: readonly { readonly name: string; readonly type?: LibraryTypeText }[]
      }
  /** The types of type arguments that the source may omit. Default: none. */
  readonly defaults?: readonly LibraryTypeText[]
  /** Why Rust cannot decode the type from bincode. Absent if Rust can. */
  readonly unreadable?: string
}

/**
 * A type in the notation of Rust. `T` and `U` are the first and the second type argument of the container. All other names are
 * primitive types, names of Rust's prelude, or full paths of this table and the table of library types.
 */
export type LibraryTypeText = string

/** The name in schema files of a list whose length is a u16 in LEB128: `solana_short_vec`. All other lists have a u64. */
export const SHORT_VEC = 'ShortVec'
/** The most items of a {@link SHORT_VEC}. */
export const MAX_SHORT_LENGTH = 0xffff

/** Expands names of one module: `std('rc', 'Rc Weak')` returns `std::rc::Rc` and `std::rc::Weak`. */
const std = (module: string, names: string): string[] => within(`std::${module}`, names)
/** Expands names of one module: `within('ruint', 'Uint Bits')` returns `ruint::Uint` and `ruint::Bits`. */
const within = (module: string, names: string): string[] => names.split(' ').map((name) => `${module}::${name}`)
const list = (name: string, ...paths: string[]): Container => ({ paths, becomes: { kind: 'sequence', name } })
const map = (name: string, ...paths: string[]): Container => ({ paths, becomes: { kind: 'map', name } })
const sameAs = (type: LibraryTypeText, ...paths: string[]): Container => ({ paths, becomes: { kind: 'type', type } })
const struct = (fields: Readonly<Record<string, LibraryTypeText>>, ...paths: string[]): Container => ({
  paths,
  becomes: { kind: 'struct', fields },
})
/** Fields that all have one type: `each('T', 'start end')`. */
const each = (type: LibraryTypeText, names: string): Record<string, LibraryTypeText> =>
  Object.fromEntries(names.split(' ').map((name) => [name, type]))
/** A tuple of one type: `tupleOf(2, 'f32')` returns `(f32, f32)`. */
const tupleOf = (count: number, type: LibraryTypeText): LibraryTypeText =>
  `(${Array.from({ length: count }, () => type).join(', ')})`
/** Vectors and matrices of glam, by the number of their components. */
const glam = (component: LibraryTypeText, names: Readonly<Record<number, string>>): Container[] =>
  Object.entries(names).map(([count, of]) => sameAs(tupleOf(Number(count), component), ...within('glam', of)))
/** A collection of im, which im-rc and imbl also have. */
const persistent = (name: string): string[] => ['im', 'im_rc', 'imbl'].map((crate) => `${crate}::${name}`)
/** Types of geo-types, whose numbers are f64 if the source does not say otherwise. */
const geo = (...rows: Container[]): Container[] => rows.map((row) => ({ ...row, defaults: ['f64'] }))
/** An enum of unit variants. */
const unitEnum = (path: string, names: string): Container => ({
  paths: [path],
  becomes: { kind: 'enum', variants: names.split(' ').map((name) => ({ name })) },
})
/** An enum whose variants contain one value each. */
const newtypeEnum = (path: string, variants: Readonly<Record<string, LibraryTypeText>>): Container => ({
  paths: [path],
  becomes: { kind: 'enum', variants: Object.entries(variants).map(([name, type]) => ({ name, type })) },
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
      ...[
        'heapless::String',
        'ecow::EcoString',
        'arcstr::ArcStr',
        'smartstring::SmartString',
        'mac_address::MacAddress',
      ],
      // Hexadecimal digits after 0x.
      ...within('primitive_types', 'H160 H256 U128 U256 U512'),
      'ethereum_types::H64',
      ...within('ipnetwork', 'IpNetwork Ipv4Network Ipv6Network'),
    ],
    becomes: { kind: 'String' },
  },
  { paths: ['serde_json::RawValue'], becomes: { kind: 'String' }, unreadable: 'a RawValue can only be read from JSON' },
  {
    paths: [
      ...['bytes::Bytes', 'bytes::BytesMut', 'serde_bytes::ByteBuf', 'serde_bytes::Bytes', 'serde_bytes::ByteArray'],
      ...std('ffi', 'CString CStr'),
      ...['bstr::BString', 'multiaddr::Multiaddr', 'libp2p_identity::PeerId', 'cid::Cid'],
      // Without the first bytes of Ethereum's text, 0x. Integers have their most significant byte first.
      ...within(
        'alloy_primitives',
        'Address Bytes FixedBytes B64 B128 B256 B512 Bloom U8 U16 U32 U64 U128 U256 U512 I128 I256',
      ),
      ...within('ruint', 'Uint Bits aliases::U64 aliases::U128 aliases::U256 aliases::U512'),
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
      'euclid::Length',
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
  list(SHORT_VEC, 'solana_short_vec::ShortVec'),
  list('VecDeque', 'std::collections::VecDeque'),
  list('LinkedList', 'std::collections::LinkedList'),
  list('BinaryHeap', 'std::collections::BinaryHeap'),
  list(
    'HashSet',
    'std::collections::HashSet',
    'hashbrown::HashSet',
    'ahash::AHashSet',
    ...persistent('HashSet'),
    'rpds::HashTrieSet',
  ),
  list('BTreeSet', 'std::collections::BTreeSet'),
  list('IndexSet', 'indexmap::IndexSet'),
  list('DashSet', 'dashmap::DashSet'),
  list('OrdSet', ...persistent('OrdSet'), 'rpds::RedBlackTreeSet'),
  list('Vector', ...persistent('Vector'), ...within('rpds', 'Vector List Queue Stack')),
  { paths: ['arrayvec::ArrayVec'], becomes: { kind: 'sequence of array', name: 'ArrayVec' } },
  { paths: ['smallvec::SmallVec'], becomes: { kind: 'sequence of array', name: 'SmallVec' } },
  { paths: ['tinyvec::ArrayVec', 'tinyvec::TinyVec'], becomes: { kind: 'sequence of array', name: 'TinyVec' } },
  sameAs('(T, T)', 'num_complex::Complex', 'num_rational::Ratio'),
  map(
    'HashMap',
    'std::collections::HashMap',
    'hashbrown::HashMap',
    'ahash::AHashMap',
    ...persistent('HashMap'),
    'rpds::HashTrieMap',
  ),
  map('BTreeMap', 'std::collections::BTreeMap'),
  map('OrdMap', ...persistent('OrdMap'), 'rpds::RedBlackTreeMap'),
  map('IndexMap', 'indexmap::IndexMap'),
  map('DashMap', 'dashmap::DashMap'),
  struct(each('T', 'start end'), 'std::ops::Range', 'std::ops::RangeInclusive'),
  struct(each('T', 'start'), 'std::ops::RangeFrom'),
  struct(each('T', 'end'), 'std::ops::RangeTo'),
  {
    paths: ['std::ops::Bound'],
    becomes: {
      kind: 'enum',
      variants: [{ name: 'Unbounded' }, { name: 'Included', type: 'T' }, { name: 'Excluded', type: 'T' }],
    },
  },
  newtypeEnum('either::Either', { Left: 'T', Right: 'U' }),

  sameAs('(T, T)', ...within('euclid', 'Point2D Vector2D Size2D')),
  sameAs('(T, T, T)', ...within('euclid', 'Point3D Vector3D Size3D Translation3D')),
  sameAs('(T, ())', 'euclid::Scale'),
  struct(each('(T, T)', 'origin size'), 'euclid::Rect'),
  struct(each('(T, T)', 'min max'), 'euclid::Box2D'),
  struct(each('(T, T, T)', 'min max'), 'euclid::Box3D'),
  struct(each('T', 'radians'), 'euclid::Angle'),
  struct({ ...each('T', 'top right bottom left'), _unit: '()' }, 'euclid::SideOffsets2D'),
  struct({ ...each('T', 'x y'), _unit: '()' }, 'euclid::Translation2D'),
  struct({ ...each('T', 'angle'), _unit: '()' }, 'euclid::Rotation2D'),
  struct({ ...each('T', 'i j k r'), _unit: '()' }, 'euclid::Rotation3D'),
  struct({ ...each('T', 'm11 m12 m21 m22 m31 m32'), _unit: '()' }, 'euclid::Transform2D'),
  struct(
    { ...each('T', 'm11 m12 m13 m14 m21 m22 m23 m24 m31 m32 m33 m34 m41 m42 m43 m44'), _unit: '()' },
    'euclid::Transform3D',
  ),
  ...geo(
    struct(each('T', 'x y'), ...within('geo_types', 'Coord Point')),
    struct(each('geo_types::Coord<T>', 'start end'), 'geo_types::Line'),
    struct(each('geo_types::Coord<T>', 'min max'), 'geo_types::Rect'),
    sameAs(tupleOf(3, 'geo_types::Coord<T>'), 'geo_types::Triangle'),
    sameAs('Vec<geo_types::Coord<T>>', 'geo_types::LineString'),
    struct({ exterior: 'geo_types::LineString<T>', interiors: 'Vec<geo_types::LineString<T>>' }, 'geo_types::Polygon'),
    sameAs('Vec<geo_types::Point<T>>', 'geo_types::MultiPoint'),
    sameAs('Vec<geo_types::LineString<T>>', 'geo_types::MultiLineString'),
    sameAs('Vec<geo_types::Polygon<T>>', 'geo_types::MultiPolygon'),
    sameAs('Vec<geo_types::Geometry<T>>', 'geo_types::GeometryCollection'),
    newtypeEnum(
      'geo_types::Geometry',
      Object.fromEntries(
        within('geo_types', 'Point Line LineString Polygon MultiPoint MultiLineString MultiPolygon GeometryCollection')
          .concat(within('geo_types', 'Rect Triangle'))
          .map((path) => [path.slice('geo_types::'.length), `${path}<T>`]),
      ),
    ),
  ),
  struct(each('T', 'r g b'), 'rgb::RGB'),
  struct(each('T', 'r g b a'), 'rgb::RGBA'),
  sameAs('rgb::RGB<u8>', 'rgb::RGB8'),
  sameAs('rgb::RGBA<u8>', 'rgb::RGBA8'),

  sameAs('(std::net::Ipv4Addr, u8)', 'ipnet::Ipv4Net'),
  sameAs('(std::net::Ipv6Addr, u8)', 'ipnet::Ipv6Net'),
  newtypeEnum('ipnet::IpNet', { V4: 'ipnet::Ipv4Net', V6: 'ipnet::Ipv6Net' }),

  struct(each('u32', 'idx version'), 'slotmap::DefaultKey', 'slotmap::KeyData'),
  sameAs('u64', 'bytesize::ByteSize'),
  struct(each('u8', 'width index'), 'bitvec::index::BitIdx'),
  {
    ...struct(
      { order: 'String', head: 'bitvec::index::BitIdx', bits: 'u64', data: 'Vec<T>' },
      'bitvec::BitVec',
      'bitvec::BitBox',
    ),
    defaults: ['usize'],
  },
  { paths: ['generic_array::GenericArray'], becomes: { kind: 'generic array' } },
  { paths: ['enumflags2::BitFlags'], becomes: { kind: 'repr of argument' } },
]
