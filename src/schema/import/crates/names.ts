import type { Meta, RustConst } from '../../../rust/ast.ts'
import { type CfgState, presence } from '../../../rust/attributes.ts'
import { canonicalPath, isImportableType, preludePath } from '../lowering/foreign-types.ts'
import type { Crates } from './crates.ts'
import { type Item, isWithin, type Module } from './module.ts'

/** The target of a Rust path. */
export type Found =
  /** Several items differ in their `cfg`. */
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

/** The lookups in progress, with their depths. */
type Pending = Map<string, number>

/** Resolves paths as Rust does, but ignores the visibility of items that a path names explicitly. */
export class Names {
  readonly #crates: Crates
  readonly #assume: ReadonlyMap<string, string>
  readonly #ids = new Map<Module, number>()
  readonly #resolved = new Map<string, Found | undefined>()
  /**
   * The depth of the outermost pending lookup that the current one has met again, or infinity. A result found below that
   * depth may be incomplete, so it is not cached.
   */
  #outermostCycle = Number.POSITIVE_INFINITY

  constructor(crates: Crates, assume: ReadonlyMap<string, string>) {
    this.#crates = crates
    this.#assume = assume
  }

  /** Resolves a path in a module. `undefined` if nothing has that name. */
  find(module: Module, path: readonly string[], space: Space = 'type', isGlobal = false): Found | undefined {
    const found = this.#find(module, path, space, isGlobal, new Map())
    if (found?.kind !== 'foreign' || path.length === 1 || isGlobal || isImportableType(canonicalPath(found.path)))
      return found
    // `use std::collections::*` imports `hash_map` too.
    const brought = this.foreignGlobs(module)
      .map((glob) => [...glob.split('::'), ...path])
      .find((whole) => isImportableType(canonicalPath(whole)))
    return brought ? { kind: 'foreign', path: brought } : found
  }

  /** The foreign paths of glob imports in a module, which may therefore define any name. */
  foreignGlobs(module: Module): string[] {
    const globs = new Set<string>()
    const visit = (at: Module, seen: Set<Module>) => {
      if (seen.has(at)) return
      seen.add(at)
      for (const use of at.uses) {
        if (use.as !== undefined) continue
        for (const target of branchesOf(this.#used(at, use.path, use.isGlobal, 'type', new Map()))) {
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
      return this.#inModule(module, first, space, seen) ?? this.#inEveryModule(module, first)
    }
    const start = this.#first(module, first, seen)
    if (start) return this.#within(start, rest, space, seen)
    return this.#crateNamed(module, path, space, seen)
  }

  /** The target of the first segment of a longer path. */
  #first(module: Module, name: string, seen: Pending): Found | undefined {
    if (name === 'crate') return { kind: 'module', module: module.crate.root }
    if (name === 'self') return { kind: 'module', module }
    if (name === 'super') return module.parent && { kind: 'module', module: module.parent }
    return this.#inModule(module, name, 'type', seen)
  }

  /** Follows a path from the target of its first segment. */
  #within(start: Found, path: readonly string[], space: Space, seen: Pending): Found | undefined {
    let at = start
    for (const [index, step] of path.entries()) {
      if (at.kind === 'open') {
        const rest = path.slice(index)
        return oneOf(
          at.found.flatMap((found) => this.#within(found, rest, space, seen) ?? []),
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

  /** Finds a name in a module, as `viewer` sees it: `use a::*` does not import items that are private to `a`. */
  #inModule(module: Module, name: string, space: Space, seen: Pending, viewer = module): Found | undefined {
    const key = `${this.#idOf(module)} ${space} ${name}`
    const visibleKey = `${key} ${isWithin(viewer, module)}`
    if (this.#resolved.has(visibleKey)) return this.#resolved.get(visibleKey)
    // The lookup of a name met itself, through a cycle of imports: it contributes nothing new.
    const above = seen.get(key)
    if (above !== undefined) {
      this.#outermostCycle = Math.min(this.#outermostCycle, above)
      return undefined
    }
    const depth = seen.size
    const outerCycle = this.#outermostCycle
    this.#outermostCycle = Number.POSITIVE_INFINITY
    seen.set(key, depth)
    const found = firstOf(this.#candidates(module, name, space, seen, viewer))
    seen.delete(key)
    // The result is complete unless the lookup met one of the pending lookups above it.
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

  /** The possible targets of a name in a module, in the order in which they shadow each other. */
  *#candidates(module: Module, name: string, space: Space, seen: Pending, viewer: Module): Generator<Candidate> {
    const isInside = isWithin(viewer, module)
    const items = module.items.get(name)?.filter(({ rust }) => isInside || rust.isPublic) ?? []
    const states = items.map(({ rust }) => this.#state(rust.attributes))
    const ofItems: Found = { kind: 'items', items }
    if (space === 'value') {
      for (const value of module.consts.get(name) ?? [])
        yield { found: { kind: 'const', value, module }, state: this.#state(value.attributes) }
    } else {
      if (states.some(isPossible)) yield { found: ofItems, state: anyOf(states) }
      for (const inner of module.modules)
        if (inner.name === name && (isInside || inner.isPublic))
          yield { found: { kind: 'module', module: inner }, state: this.#state(inner.attributes) }
      const crate = module.externs.get(name)
      const found = crate === undefined ? undefined : this.#crateNamed(module, [crate], 'type', new Map())
      if (found) yield { found, state: { holds: true } }
    }
    const uses = isInside ? module.uses : module.uses.filter((use) => use.isPublic)
    const unknownForeign: Candidate[] = []
    const fromForeignGlobs: Candidate[] = []
    for (const use of uses) {
      if (use.as !== name) continue
      const found = this.#used(module, use.path, use.isGlobal, space, seen)
      const state = this.#state(use.attributes)
      // If two uses import the same name, the one that crbus does not know is more likely a macro or a function.
      if (found?.kind === 'foreign' && !isImportableType(canonicalPath(found.path)))
        unknownForeign.push({ found, state })
      else if (found) yield { found, state }
    }
    yield* unknownForeign
    for (const use of uses) {
      if (use.as !== undefined) continue
      const state = this.#state(use.attributes)
      for (const target of branchesOf(this.#used(module, use.path, use.isGlobal, 'type', seen))) {
        const path = target.kind === 'foreign' ? [...target.path, name] : []
        const found = target.kind === 'module' ? this.#inModule(target.module, name, space, seen, module) : undefined
        if (found?.kind === 'foreign') fromForeignGlobs.push({ found, state })
        else if (found) yield { found, state }
        else if (space === 'type' && isImportableType(canonicalPath(path)))
          fromForeignGlobs.push({ found: { kind: 'foreign', path }, state })
      }
    }
    yield* fromForeignGlobs
    // Items excluded by their cfg are the last candidate, so that the problem differs from that of a missing name.
    if (space === 'type' && items.length > 0 && !states.some(isPossible))
      yield { found: ofItems, state: { holds: true } }
  }

  #state(attributes: readonly Meta[]): CfgState {
    return presence(attributes, this.#assume)
  }

  /** Resolves the path of a `use`. */
  #used(module: Module, path: readonly string[], isGlobal: boolean, space: Space, seen: Pending): Found | undefined {
    const [first = '', ...rest] = path
    if (isGlobal) return this.#crateNamed(module, path, space, seen)
    if (rest.length === 0 && !['crate', 'self', 'super'].includes(first)) {
      // `use serde;` and `use chrono::{self}` name a crate; `use a;` may name a module beside this one.
      return this.#inModule(module, first, space, seen) ?? this.#crateNamed(module, path, space, seen)
    }
    const start = this.#first(module, first, seen)
    if (start) return this.#within(start, rest, space, seen)
    // Before Rust 2018, the path of a `use` began at the root of the crate.
    const atRoot = this.#inModule(module.crate.root, first, 'type', seen)
    if (atRoot && !module.crate.dependencies.has(first)) return this.#within(atRoot, rest, space, seen)
    return this.#crateNamed(module, path, space, seen)
  }

  /** Resolves a path that begins with the name of a crate. */
  #crateNamed(module: Module, path: readonly string[], space: Space, seen: Pending): Found | undefined {
    const [name = '', ...rest] = path
    if (['crate', 'self', 'super', 'Self'].includes(name)) return undefined
    const crate = this.#crates.dependency(module.crate, name)
    if (crate) return this.#within({ kind: 'module', module: crate.root }, rest, space, seen)
    return { kind: 'foreign', path: [this.#crates.packages.realName(module.crate, name), ...rest] }
  }

  /** A name that is in scope in every module: of the prelude, or of a crate. */
  #inEveryModule(module: Module, name: string): Found | undefined {
    const path = preludePath(name)
    if (path) return { kind: 'foreign', path }
    const isCrate = module.crate.dependencies.has(name) || module.crate.library?.name === name
    return isCrate ? this.#crateNamed(module, [name], 'type', new Map()) : undefined
  }
}

const isPossible = (state: CfgState): boolean => !('holds' in state) || state.holds

function anyOf(states: readonly CfgState[]): CfgState {
  if (states.some((state) => 'holds' in state && state.holds)) return { holds: true }
  return { ask: states.flatMap((state) => ('ask' in state ? state.ask : [])) }
}

/** The first candidate whose `cfg` holds, together with those before it that may apply. */
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

/** The only target, or all possible ones. */
function oneOf(found: readonly Found[], ask: readonly string[]): Found | undefined {
  const all = found.flatMap(branchesOf)
  const different = all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
  if (different.length < 2) return different[0]
  const inner = found.flatMap((one) => (one.kind === 'open' ? one.ask : []))
  return { kind: 'open', found: different, ask: [...ask, ...inner] }
}

const branchesOf = (found: Found | undefined): readonly Found[] =>
  found?.kind === 'open' ? found.found : found ? [found] : []

function isSame(one: Found, other: Found): boolean {
  if (one.kind === 'items') return other.kind === 'items' && one.items[0]?.rust === other.items[0]?.rust
  if (one.kind === 'module') return other.kind === 'module' && one.module === other.module
  if (one.kind === 'const') return other.kind === 'const' && one.value === other.value
  return one.kind === 'foreign' && other.kind === 'foreign' && one.path.join('::') === other.path.join('::')
}
