/** A Rust type, reduced to what bincode writes for it. */
export type Type =
  | { readonly kind: Primitive }
  /** `Option<T>`: one byte, then the value if there is one. */
  | { readonly kind: 'option'; readonly item: Type }
  /** A length, then the items. `name` is the Rust collection (`Vec`, `HashSet`). Only `ShortVec` has another length. */
  | { readonly kind: 'sequence'; readonly name: string; readonly item: Type }
  /** A length, then the key and the value of each entry. */
  | { readonly kind: 'map'; readonly name: string; readonly key: Type; readonly value: Type }
  /** `[T; 4]`: only the items, without a length. */
  | { readonly kind: 'array'; readonly item: Type; readonly length: number }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  /** `Result<T, E>`: a u32 (0 for `Ok`, 1 for `Err`), then the value. */
  | { readonly kind: 'result'; readonly ok: Type; readonly error: Type }
  /**
   * A library type whose encoding crbus knows, such as `Uuid` or `DateTime<Utc>`. `i64 as ts_milliseconds` is an i64 written
   * by the serde `with` module of that name. `unreadable` is a type that cannot be decoded.
   */
  | { readonly kind: 'known'; readonly name: string }
  /** A struct or an enum of the schema. `name` is its key in `types`. */
  | { readonly kind: 'named'; readonly name: string }

/** The Rust types that bincode itself encodes. `bytes` stands for the types of `serde_bytes`: a length, then the bytes. */
export type Primitive =
  | 'unit'
  | 'bool'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'u128'
  | 'usize'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'i128'
  | 'isize'
  | 'f32'
  | 'f64'
  | 'char'
  | 'String'
  | 'bytes'

/** The contents of a struct or a variant. */
export type Fields =
  | { readonly kind: 'unit' }
  /** The items in the order of their declaration, which is the order of the bytes. A tuple of one item is a newtype. */
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'fields'; readonly fields: readonly { readonly name: string; readonly type: Type }[] }

/** The fields of a struct or the variants of an enum. */
export type Body =
  | { readonly kind: 'struct'; readonly fields: Fields }
  /** The index of a variant in the list is its number in the bytes. */
  | { readonly kind: 'enum'; readonly variants: Variants }

/** A struct or an enum of a schema. `at` is its location in the Rust source (`src/events.rs:12`), or empty if unknown. */
export type NamedType = Body & { readonly at: string; readonly serde?: SerdeForm | undefined }

/**
 * How serde writes a type in formats that contain names: JSON, CBOR and MessagePack. Bincode contains none of it. Absent if fields
 * and variants have their names in Rust, and each variant is written with its name.
 *
 * A path names a field of a struct (`order_id`), a variant (`OrderPlaced`) or a field of a variant (`OrderPlaced.order_id`).
 */
export interface SerdeForm {
  /** The field that contains the name of the variant: `serde(tag = "type")`. */
  readonly tag?: string | undefined
  /** The value of `tag` in a struct, which is the name of the struct. */
  readonly tagValue?: string | undefined
  /** The field beside `tag` that contains the contents of the variant: `serde(content = "data")`. */
  readonly content?: string | undefined
  /** Variants are written without their names: all, or those listed. */
  readonly untagged?: true | readonly string[] | undefined
  /** Names that differ from those in Rust, by path. */
  readonly names?: ReadonlyMap<string, string> | undefined
  /** Further names under which a field or a variant is read, by path. */
  readonly aliases?: ReadonlyMap<string, readonly string[]> | undefined
  /** The paths of fields whose own fields are written in their place: `serde(flatten)`. */
  readonly flatten?: readonly string[] | undefined
  /** The paths of fields that may be missing, beside those of type `Option`. */
  readonly optional?: readonly string[] | undefined
  /** The variant that stands for every unknown name: `serde(other)`. */
  readonly other?: string | undefined
  /** The fields or variants, if bincode cannot decode all of them, so that those of the type itself are not complete. */
  readonly body?: Body | undefined
}

/** The fields or variants that Rust declares, of which bincode may be unable to decode some. */
export const declaredBody = (type: NamedType): Body => type.serde?.body ?? type

/** The variants of an enum, in the order of their declaration. */
export type Variants = readonly { readonly name: string; readonly fields: Fields }[]

/**
 * The encoding of the payloads of one topic: the Rust enum of its events, and every type that the enum refers to. Created
 * by `crbus schema import` and read by {@link readSchemaFile}.
 */
export interface Schema {
  readonly topic: string
  /** The enum that is serialized, a key of `types`. */
  readonly root: string
  /**
   * Maps each event type to a variant: `OrderPlaced`, or `Inventory.SeatReserved` if variant `Inventory` contains another
   * enum.
   */
  readonly events: ReadonlyMap<string, string>
  /** The structs and enums, by the names with which other types refer to them. */
  readonly types: ReadonlyMap<string, NamedType>
  /**
   * How integers are encoded. `variable`: with as many bytes as they need, as bincode 2 does by default. Default: with the size of
   * their types, as `bincode::serialize` of bincode 1 does.
   */
  readonly integers?: 'variable' | undefined
  /** The answers that the user gave to questions of the import. The next import uses them again. */
  readonly answers?: Answers | undefined
}

/** Answers to questions that the Rust source leaves open. */
export interface Answers {
  /** The schema type to use for a Rust path: `money::Cents` → `i64`. */
  readonly map: ReadonlyMap<string, string>
  /** The answer for a question: `crate::cents` → `i64` for the type that a `with` module writes, `feature:beta` → `on`. */
  readonly assume: ReadonlyMap<string, string>
}
