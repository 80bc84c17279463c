import type { Generic, RustType } from '../../../rust/ast.ts'
import type { Answers, Type } from '../../model.ts'
import type { Cfg } from '../crates/cfg.ts'
import type { Crates } from '../crates/crates.ts'
import type { Impls } from '../crates/impls.ts'
import type { Item, Module } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import type { Report } from '../import-report.ts'
import type { Arg, Env, Instances } from './instances.ts'

/** The state that the classes of this folder share during an import. */
export interface LoweringParts {
  readonly crates: Crates
  readonly cfg: Cfg
  readonly names: Names
  readonly impls: Impls
  readonly instances: Instances
  readonly report: Report
  readonly answers: Answers
  /** The module in which names from answers and from the request are resolved. */
  readonly home: Module
}

/**
 * The recursive operations of `TypeLowering`, for the classes that it delegates to.
 *
 * Lowering is a cycle: `TypeLowering` asks `UserAnswers`, `ForeignLowering`, `ConstLowering` and `AssociatedTypes`, and
 * each of these classes lowers the types inside the types that it handles. They depend on this interface, which avoids
 * import cycles, and receive the `TypeLowering` that creates them. Its constructor has not returned at that time, so their
 * own constructors must not call it.
 */
export interface TypeLowerer {
  /** Converts a Rust type to a type of the schema. Reports a problem and returns `undefined` if that is not possible. */
  type(rust: RustType, env: Env, depth?: number): Type | undefined
  /** Resolves the generic arguments of an item, with the defaults of omitted ones. */
  bind(item: Item, args: readonly RustType[], env: Env, depth?: number): readonly Arg[]
  /** Resolves one generic argument. */
  argument(rust: RustType, env: Env, kind: Generic['kind'], depth?: number): Arg
}

/** A type whose bytes neither Rust nor crbus can decode. */
export const UNREADABLE: Type = { kind: 'known', name: 'unreadable' }

/** Whether no item is `undefined`. */
export const allPresent = <T>(items: readonly (T | undefined)[]): items is readonly T[] => !items.includes(undefined)
