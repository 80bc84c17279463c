import type { Source, SourceLocation, SyntaxNode } from './source.ts'
import type { Visibility } from './visibility.ts'

/** An item inside an attribute: `serde(with = "a::b", default)` has two items, and the first one has a value. */
export interface Meta {
  readonly path: string
  /** The content of a literal, or the source text of any other expression. */
  readonly value: string | undefined
  readonly items: readonly Meta[]
  /** The source text of the whole item, on one line. */
  readonly text: string
  readonly location: SourceLocation
}

/** The syntax tree of an unevaluated expression, or of the tokens of a macro. */
export interface Expression {
  readonly node: SyntaxNode
  readonly source: Source
}

export interface PathSegment {
  readonly name: string
  readonly args: readonly RustType[]
}

export type RustType = { readonly text: string; readonly location: SourceLocation } & (
  | {
      readonly kind: 'path'
      readonly segments: readonly PathSegment[]
      /** Whether the path is `::a::b`, which begins with the name of a crate. */
      readonly isGlobal: boolean
    }
  | { readonly kind: 'tuple'; readonly items: readonly RustType[] }
  | { readonly kind: 'array'; readonly item: RustType; readonly length: Expression }
  | { readonly kind: 'slice' | 'reference'; readonly item: RustType }
  /** A const argument: `Buffer<32>`. */
  | { readonly kind: 'value'; readonly value: Expression }
  /** `<T as Trait>::Output`. `trait` is the last segment of the trait's path. */
  | { readonly kind: 'associated'; readonly self: RustType; readonly trait: string | undefined; readonly name: string }
  /** `dyn Trait`, `fn()`, `!`, `macro!()`. */
  | { readonly kind: 'other'; readonly what: string }
)

/** A generic parameter. `value`: a const parameter such as `const N: usize`. */
export interface Generic {
  readonly kind: 'type' | 'value'
  readonly name: string
  /** The default, such as `u32` of `struct Id<T = u32>`. */
  readonly fallback: RustType | undefined
}

export interface RustField {
  /** The name of the field; in a tuple, its index. */
  readonly name: string
  readonly type: RustType
  readonly attributes: readonly Meta[]
  readonly location: SourceLocation
}

export interface RustFields {
  readonly kind: 'unit' | 'tuple' | 'fields'
  readonly fields: readonly RustField[]
}

export interface RustVariant {
  readonly name: string
  readonly fields: RustFields
  readonly attributes: readonly Meta[]
  readonly location: SourceLocation
}

export type RustItem = {
  readonly name: string
  readonly generics: readonly Generic[]
  readonly attributes: readonly Meta[]
  readonly location: SourceLocation
  readonly visibility: Visibility
  /** Whether the item contains a syntax error. */
  readonly isBroken: boolean
} & (
  | { readonly kind: 'struct'; readonly fields: RustFields }
  | { readonly kind: 'enum'; readonly variants: readonly RustVariant[] }
  | { readonly kind: 'alias'; readonly type: RustType }
  | { readonly kind: 'union' }
  | { readonly kind: 'trait' }
)

export interface RustConst {
  readonly name: string
  readonly attributes: readonly Meta[]
  readonly visibility: Visibility
  /** The declared type. `undefined` for one with a syntax error. */
  readonly type: RustType | undefined
  readonly value: Expression | undefined
}

/** A name that a `use` declaration imports, or all names of a module. */
export interface RustUse {
  readonly path: readonly string[]
  readonly isGlobal: boolean
  /** The imported name. `undefined` for `*`. */
  readonly as: string | undefined
  readonly visibility: Visibility
  readonly attributes: readonly Meta[]
}

export interface RustFunction {
  readonly name: string
  readonly attributes: readonly Meta[]
  readonly body: Expression | undefined
}

export interface RustImpl {
  readonly attributes: readonly Meta[]
  readonly generics: readonly Generic[]
  readonly trait: RustType | undefined
  readonly self: RustType
  /** The associated types, such as `type Event = OrderEvent;`. */
  readonly types: readonly { readonly name: string; readonly type: RustType; readonly attributes: readonly Meta[] }[]
  readonly functions: readonly RustFunction[]
  readonly consts: readonly RustConst[]
  readonly location: SourceLocation
}

/** A `macro_rules!` definition. */
export interface RustMacro {
  readonly name: string
  /** The position of the definition in its scope: a macro applies to later calls. */
  readonly at: number
  readonly attributes: readonly Meta[]
  readonly rules: readonly { readonly pattern: Expression; readonly body: Expression }[]
}

/** A macro call outside of functions. */
export interface RustInvocation {
  readonly name: string
  /** The position of the call in its scope. */
  readonly at: number
  readonly tokens: Expression
  readonly attributes: readonly Meta[]
  readonly location: SourceLocation
}

/** Code that may contain items of its own: the body of a function, or the value of `const _: () = { … };`. */
export interface RustBlock {
  readonly body: Expression | undefined
}

/** The content of a file, or of `mod name { … }`. */
export interface RustScope {
  /** The attributes of the scope itself, such as `#![cfg(unix)]` at the start of a file. */
  readonly attributes: readonly Meta[]
  readonly items: readonly RustItem[]
  readonly consts: readonly RustConst[]
  readonly uses: readonly RustUse[]
  readonly impls: readonly RustImpl[]
  readonly functions: readonly RustFunction[]
  readonly macros: readonly RustMacro[]
  readonly invocations: readonly RustInvocation[]
  readonly modules: readonly RustModule[]
  /** The bodies that contain impl blocks, which may be of types outside of the body. */
  readonly blocks: readonly RustBlock[]
  /** The `extern crate a as b` declarations. */
  readonly externs: readonly { readonly crate: string; readonly as: string }[]
  /** The locations of syntax errors. */
  readonly errors: readonly SourceLocation[]
}

export interface RustModule {
  readonly name: string
  /** The position of the declaration in its scope: a module sees the macros that precede it. */
  readonly at: number
  readonly visibility: Visibility
  readonly attributes: readonly Meta[]
  readonly location: SourceLocation
  /** `undefined` for `mod name;`, whose content is another file. */
  readonly scope: RustScope | undefined
}
