import type { Meta, RustConst } from '../../../rust/ast.ts'
import { type CfgState, presence } from '../../../rust/attributes.ts'
import { canonicalPath, isImportableType, preludePath } from '../lowering/foreign-types.ts'
import type { Crates } from './crates.ts'
import { type Item, isWithin, type Module } from './module.ts'

/** The target of a Rust path. */
export type Found =
  /** One item, or several that differ in their `cfg`. */
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'module'; readonly module: Module }
  | { readonly kind: 'const'; readonly value: RustConst; readonly module: Module }
  /** A path in a crate whose source is not imported. */
  | { readonly kind: 'foreign'; readonly path: readonly string[] }
  /** Several possible targets. The `cfg` options in `ask` decide which one applies. */
  | { readonly kind: 'open'; readonly found: readonly Found[]; readonly ask: readonly string[] }

/** A possible target of a name, which applies if its `cfg` holds. */
interface Candidate {
  readonly found: Found
  readonly state: CfgState
}

/** Rust's namespaces: a type and a constant may have the same name. */
type Space = 'type' | 'value'

/** The depth of each lookup in progress, by module, namespace and name. */
type Pending = Map<string, number>

/** Resolves paths as Rust does, except that paths may name private items. */
export class Names {
  readonly #crates: Crates
  readonly #assume: ReadonlyMap<string, string>
  readonly #ids = new Map<Module, number>()
  readonly #resolved = new Map<string, Found | undefined>()
  /**
   * Cyclic imports lead from a lookup back to a pending one. This is the depth of the outermost such pending lookup, or
   * infinity. Lookups below that depth may have incomplete results, which are not cached.
   */
  #outermostCycle = Number.POSITIVE_INFINITY

  constructor(crates: Crates, assume: ReadonlyMap<string, string>) {
    this.#crates = crates
    this.#assume = assume
  }

  /** Resolves a path that is written in a module. `undefined` if nothing has that name. `isGlobal`: the path begins with `::`. */
  find(module: Module, path: readonly string[], space: Space = 'type', isGlobal = false): Found | undefined {
    const found = this.#find(module, path, space, isGlobal, new Map())
    if (found?.kind !== 'foreign' || path.length === 1 || isGlobal || isImportableType(canonicalPath(found.path)))
      return found
    // `use std::collections::*` imports `hash_map` too.
    const byGlob = this.foreignGlobs(module)
      .map((glob) => [...glob.split('::'), ...path])
      .find((full) => isImportableType(canonicalPath(full)))
    return byGlob ? { kind: 'foreign', path: byGlob } : found
  }

  /** The paths of glob imports from foreign crates in a module. Any unknown name may come from one of them. */
  foreignGlobs(module: Module): string[] {
    const globs = new Set<string>()
    const visit = (at: Module, seen: Set<Module>) => {
      if (seen.has(at)) return
      seen.add(at)
      for (const use of at.uses) {
        if (use.as !== undefined) continue
        for (const target of branchesOf(this.#targetOfUse(at, use.path, use.isGlobal, 'type', new Map()))) {
          if (target.kind === 'module') visit(target.module, seen)
          if (target.kind === 'foreign') globs.add(target.path.join('::'))
        }
      }
    }
    visit(module, new Set())
    return [...globs]
  }

  #find(module: Module, path: readonly string[], space: Space, isGlobal: boolean, seen: Pending): Found | undefined {
    const [first, ...rest] = path
    if (first === undefined) return { kind: 'module', module }
    if (isGlobal) return this.#crateNamed(module, path, space, seen)
    if (rest.length === 0 && !['crate', 'self', 'super'].includes(first)) {
      return this.#inModule(module, first, space, seen) ?? this.#preludeOrCrate(module, first)
    }
    const start = this.#firstSegment(module, first, seen)
    if (start) return this.#followPath(start, rest, space, seen)
    return this.#crateNamed(module, path, space, seen)
  }

  /** Resolves the first segment of a longer path, unless the segment is the name of a crate. */
  #firstSegment(module: Module, name: string, seen: Pending): Found | undefined {
    if (name === 'crate') return { kind: 'module', module: module.crate.root }
    if (name === 'self') return { kind: 'module', module }
    if (name === 'super') return module.parent && { kind: 'module', module: module.parent }
    return this.#inModule(module, name, 'type', seen)
  }

  /** Follows a path from the target of its first segment. */
  #followPath(start: Found, path: readonly string[], space: Space, seen: Pending): Found | undefined {
    let at = start
    for (const [index, step] of path.entries()) {
      if (at.kind === 'open') {
        const rest = path.slice(index)
        return oneOf(
          at.found.flatMap((found) => this.#followPath(found, rest, space, seen) ?? []),
          at.ask,
        )
      }
      if (at.kind === 'foreign') return { kind: 'foreign', path: [...at.path, ...path.slice(index)] }
      // The path continues into an item: a variant, or an associated item.
      if (at.kind !== 'module') return undefined
      if (step === 'self') continue
      const isLast = index === path.length - 1
      const next: Found | undefined =
        step === 'super'
          ? at.module.parent && { kind: 'module', module: at.module.parent }
          : this.#inModule(at.module, step, isLast ? space : 'type', seen)
      if (!next) return undefined
      at = next
    }
    return at
  }

  /** Finds a name in a module, as seen from the module `viewer`: `use a::*` does not import the private items of `a`. */
  #inModule(module: Module, name: string, space: Space, seen: Pending, viewer = module): Found | undefined {
    const key = `${this.#idOf(module)} ${space} ${name}`
    const visibleKey = `${key} ${isWithin(viewer, module)}`
    if (this.#resolved.has(visibleKey)) return this.#resolved.get(visibleKey)
    // Cyclic imports lead back to a pending lookup of the same name, which adds no targets.
    const pendingDepth = seen.get(key)
    if (pendingDepth !== undefined) {
      this.#outermostCycle = Math.min(this.#outermostCycle, pendingDepth)
      return undefined
    }
    const depth = seen.size
    const outerCycle = this.#outermostCycle
    this.#outermostCycle = Number.POSITIVE_INFINITY
    seen.set(key, depth)
    const found = firstOf(this.#candidates(module, name, space, seen, viewer))
    seen.delete(key)
    // The result is complete unless a cycle led to a lookup outside this one.
    if (this.#outermostCycle >= depth) {
      this.#resolved.set(visibleKey, found)
      this.#outermostCycle = outerCycle
    } else this.#outermostCycle = Math.min(this.#outermostCycle, outerCycle)
    return found
  }

  #idOf(module: Module): number {
    const id = this.#ids.get(module) ?? this.#ids.size
    this.#ids.set(module, id)
    return id
  }

  /** The possible targets of a name in a module. An earlier one shadows later ones. */
  *#candidates(module: Module, name: string, space: Space, seen: Pending, viewer: Module): Generator<Candidate> {
    const isInside = isWithin(viewer, module)
    const items = module.items.get(name)?.filter(({ rust }) => isInside || rust.isPublic) ?? []
    const states = items.map(({ rust }) => this.#cfgState(rust.attributes))
    const ofItems: Found = { kind: 'items', items }
    if (space === 'value') {
      for (const value of module.consts.get(name) ?? [])
        yield { found: { kind: 'const', value, module }, state: this.#cfgState(value.attributes) }
    } else {
      if (states.some(isPossible)) yield { found: ofItems, state: anyOf(states) }
      for (const inner of module.modules)
        if (inner.name === name && (isInside || inner.isPublic))
          yield { found: { kind: 'module', module: inner }, state: this.#cfgState(inner.attributes) }
      const crate = module.externs.get(name)
      const found = crate === undefined ? undefined : this.#crateNamed(module, [crate], 'type', new Map())
      if (found) yield { found, state: { holds: true } }
    }
    const uses = isInside ? module.uses : module.uses.filter((use) => use.isPublic)
    const unknownForeign: Candidate[] = []
    const fromForeignGlobs: Candidate[] = []
    for (const use of uses) {
      if (use.as !== name) continue
      const found = this.#targetOfUse(module, use.path, use.isGlobal, space, seen)
      const state = this.#cfgState(use.attributes)
      // One `use` may import a type, another a macro or a function of the same name. A path that is not a known type comes last.
      if (found?.kind === 'foreign' && !isImportableType(canonicalPath(found.path)))
        unknownForeign.push({ found, state })
      else if (found) yield { found, state }
    }
    yield* unknownForeign
    for (const use of uses) {
      if (use.as !== undefined) continue
      const state = this.#cfgState(use.attributes)
      for (const target of branchesOf(this.#targetOfUse(module, use.path, use.isGlobal, 'type', seen))) {
        const path = target.kind === 'foreign' ? [...target.path, name] : []
        const found = target.kind === 'module' ? this.#inModule(target.module, name, space, seen, module) : undefined
        if (found?.kind === 'foreign') fromForeignGlobs.push({ found, state })
        else if (found) yield { found, state }
        else if (space === 'type' && isImportableType(canonicalPath(path)))
          fromForeignGlobs.push({ found: { kind: 'foreign', path }, state })
      }
    }
    yield* fromForeignGlobs
    // Items that their cfg excludes are the last candidate, so that the user learns of the cfg, not of a missing name.
    if (space === 'type' && items.length > 0 && !states.some(isPossible))
      yield { found: ofItems, state: { holds: true } }
  }

  #cfgState(attributes: readonly Meta[]): CfgState {
    return presence(attributes, this.#assume)
  }

  /** Resolves the path of a `use`. */
  #targetOfUse(
    module: Module,
    path: readonly string[],
    isGlobal: boolean,
    space: Space,
    seen: Pending,
  ): Found | undefined {
    const [first = '', ...rest] = path
    if (isGlobal) return this.#crateNamed(module, path, space, seen)
    if (rest.length === 0 && !['crate', 'self', 'super'].includes(first)) {
      // `use serde;` and `use chrono::{self}` name a crate; `use a;` may name a module beside this one.
      return this.#inModule(module, first, space, seen) ?? this.#crateNamed(module, path, space, seen)
    }
    const start = this.#firstSegment(module, first, seen)
    if (start) return this.#followPath(start, rest, space, seen)
    // Before Rust 2018, the path of a `use` began at the root of the crate.
    const atRoot = this.#inModule(module.crate.root, first, 'type', seen)
    if (atRoot && !module.crate.dependencies.has(first)) return this.#followPath(atRoot, rest, space, seen)
    return this.#crateNamed(module, path, space, seen)
  }

  /** Resolves a path that begins with the name of a crate. */
  #crateNamed(module: Module, path: readonly string[], space: Space, seen: Pending): Found | undefined {
    const [name = '', ...rest] = path
    if (['crate', 'self', 'super', 'Self'].includes(name)) return undefined
    const crate = this.#crates.dependency(module.crate, name)
    if (crate) return this.#followPath({ kind: 'module', module: crate.root }, rest, space, seen)
    return { kind: 'foreign', path: [this.#crates.packages.publishedName(module.crate, name), ...rest] }
  }

  /** Resolves a name that is in scope in every module: a name of Rust's prelude, or of a crate. */
  #preludeOrCrate(module: Module, name: string): Found | undefined {
    const path = preludePath(name)
    if (path) return { kind: 'foreign', path }
    const isCrate = module.crate.dependencies.has(name) || module.crate.library?.name === name
    return isCrate ? this.#crateNamed(module, [name], 'type', new Map()) : undefined
  }
}

/** Whether a `cfg` holds, or may hold depending on its options. */
const isPossible = (state: CfgState): boolean => !('holds' in state) || state.holds

/** The state of "at least one of these". */
function anyOf(states: readonly CfgState[]): CfgState {
  if (states.some((state) => 'holds' in state && state.holds)) return { holds: true }
  return { ask: states.flatMap((state) => ('ask' in state ? state.ask : [])) }
}

/**
 * Returns the first candidate whose `cfg` holds. If candidates before it may apply too, returns all of them as an open
 * target.
 */
function firstOf(candidates: Iterable<Candidate>): Found | undefined {
  const possible: Found[] = []
  const ask: string[] = []
  for (const { found, state } of candidates) {
    if (!isPossible(state)) continue
    possible.push(found)
    if ('holds' in state) break
    ask.push(...state.ask)
  }
  return oneOf(possible, ask)
}

/** Combines targets: returns the only one, or an open target if they differ. */
function oneOf(found: readonly Found[], ask: readonly string[]): Found | undefined {
  const all = found.flatMap(branchesOf)
  const different = all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
  if (different.length < 2) return different[0]
  const innerAsk = found.flatMap((one) => (one.kind === 'open' ? one.ask : []))
  return { kind: 'open', found: different, ask: [...ask, ...innerAsk] }
}

/** The possible targets of a lookup: none, one, or those of an open target. */
const branchesOf = (found: Found | undefined): readonly Found[] =>
  found?.kind === 'open' ? found.found : found ? [found] : []

function isSame(one: Found, other: Found): boolean {
  if (one.kind === 'items') return other.kind === 'items' && one.items[0]?.rust === other.items[0]?.rust
  if (one.kind === 'module') return other.kind === 'module' && one.module === other.module
  if (one.kind === 'const') return other.kind === 'const' && one.value === other.value
  return one.kind === 'foreign' && other.kind === 'foreign' && one.path.join('::') === other.path.join('::')
}
