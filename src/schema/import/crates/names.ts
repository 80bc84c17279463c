import type { Meta, RustConst } from '../../../rust/ast.ts'
import { type CfgState, presence } from '../../../rust/attributes.ts'
import { canonicalPath, isKnownName, preludePath } from '../lowering/foreign-types.ts'
import type { Crates } from './crates.ts'
import { type Item, isWithin, type Module } from './module.ts'

/** What a name of Rust stands for. */
export type Found =
  /** More than one: they differ in their `cfg`. */
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'module'; readonly module: Module }
  | { readonly kind: 'const'; readonly value: RustConst; readonly module: Module }
  /** In a crate whose source is not at hand. */
  | { readonly kind: 'foreign'; readonly path: readonly string[] }
  /** One of several, as `ask` decides. */
  | { readonly kind: 'open'; readonly found: readonly Found[]; readonly ask: readonly string[] }

/** What a name may stand for, if its `cfg` holds. */
interface Candidate {
  readonly found: Found
  readonly state: CfgState
}

type Space = 'type' | 'value'

/** What is being asked for, and at which depth. */
type Asked = Map<string, number>

/** Resolves paths as Rust does, except that of what is named it does not ask who may see it. */
export class Names {
  readonly #crates: Crates
  readonly #assume: ReadonlyMap<string, string>
  readonly #ids = new Map<Module, number>()
  readonly #settled = new Map<string, Found | undefined>()
  /** How far up a question was that came up again within its own answer. */
  #cut = Number.POSITIVE_INFINITY

  constructor(crates: Crates, assume: ReadonlyMap<string, string>) {
    this.#crates = crates
    this.#assume = assume
  }

  find(module: Module, path: readonly string[], space: Space = 'type', isGlobal = false): Found | undefined {
    const found = this.#find(module, path, space, isGlobal, new Map())
    if (found?.kind !== 'foreign' || path.length === 1 || isGlobal || isKnownName(canonicalPath(found.path)))
      return found
    // `use std::collections::*` brings hash_map too.
    const brought = this.foreignGlobs(module)
      .map((glob) => [...glob.split('::'), ...path])
      .find((whole) => isKnownName(canonicalPath(whole)))
    return brought ? { kind: 'foreign', path: brought } : found
  }

  /** Crates that `module` takes all names of, and which may therefore hold any name. */
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

  #find(module: Module, path: readonly string[], space: Space, isGlobal: boolean, seen: Asked): Found | undefined {
    const [first, ...rest] = path
    if (first === undefined) return { kind: 'module', module }
    if (isGlobal) return this.#crateNamed(module, path, space, seen)
    if (rest.length === 0 && !['crate', 'self', 'super'].includes(first)) {
      return this.#inModule(module, first, space, seen) ?? this.#everywhere(module, first)
    }
    const start = this.#first(module, first, seen)
    if (start) return this.#within(start, rest, space, seen)
    return this.#crateNamed(module, path, space, seen)
  }

  #first(module: Module, name: string, seen: Asked): Found | undefined {
    if (name === 'crate') return { kind: 'module', module: module.crate.root }
    if (name === 'self') return { kind: 'module', module }
    if (name === 'super') return module.parent && { kind: 'module', module: module.parent }
    return this.#inModule(module, name, 'type', seen)
  }

  /** Follows a path from what its first step is. */
  #within(start: Found, path: readonly string[], space: Space, seen: Asked): Found | undefined {
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
      // A variant, or what belongs to a type.
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

  /** With a viewer, only what that module may see: `use a::*` does not bring what is private to `a`. */
  #inModule(module: Module, name: string, space: Space, seen: Asked, viewer = module): Found | undefined {
    const key = `${this.#idOf(module)} ${space} ${name}`
    const shown = `${key} ${isWithin(viewer, module)}`
    if (this.#settled.has(shown)) return this.#settled.get(shown)
    // Asked for again on the way to its own answer; elsewhere the same question may come up again.
    const above = seen.get(key)
    if (above !== undefined) {
      this.#cut = Math.min(this.#cut, above)
      return undefined
    }
    const depth = seen.size
    const cut = this.#cut
    this.#cut = Number.POSITIVE_INFINITY
    seen.set(key, depth)
    const found = settled(this.#candidates(module, name, space, seen, viewer))
    seen.delete(key)
    // What was asked for further up may have hidden something here, but only here.
    if (this.#cut >= depth) {
      this.#settled.set(shown, found)
      this.#cut = cut
    } else this.#cut = Math.min(this.#cut, cut)
    return found
  }

  #idOf(module: Module): number {
    const id = this.#ids.get(module) ?? this.#ids.size
    this.#ids.set(module, id)
    return id
  }

  *#candidates(module: Module, name: string, space: Space, seen: Asked, viewer: Module): Generator<Candidate> {
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
    const named: Candidate[] = []
    const brought: Candidate[] = []
    for (const use of uses) {
      if (use.as !== name) continue
      const found = this.#used(module, use.path, use.isGlobal, space, seen)
      const state = this.#state(use.attributes)
      // Of two, one is a macro or a function, which is more likely what is not known.
      if (found?.kind === 'foreign' && !isKnownName(canonicalPath(found.path))) named.push({ found, state })
      else if (found) yield { found, state }
    }
    yield* named
    for (const use of uses) {
      if (use.as !== undefined) continue
      const state = this.#state(use.attributes)
      for (const target of branchesOf(this.#used(module, use.path, use.isGlobal, 'type', seen))) {
        const path = target.kind === 'foreign' ? [...target.path, name] : []
        const found = target.kind === 'module' ? this.#inModule(target.module, name, space, seen, module) : undefined
        if (found?.kind === 'foreign') brought.push({ found, state })
        else if (found) yield { found, state }
        else if (space === 'type' && isKnownName(canonicalPath(path)))
          brought.push({ found: { kind: 'foreign', path }, state })
      }
    }
    yield* brought
    // Told from what is not there at all.
    if (space === 'type' && items.length > 0 && !states.some(isPossible))
      yield { found: ofItems, state: { holds: true } }
  }

  #state(attributes: readonly Meta[]): CfgState {
    return presence(attributes, this.#assume)
  }

  #used(module: Module, path: readonly string[], isGlobal: boolean, space: Space, seen: Asked): Found | undefined {
    const [first = '', ...rest] = path
    if (isGlobal) return this.#crateNamed(module, path, space, seen)
    if (rest.length === 0 && !['crate', 'self', 'super'].includes(first)) {
      // `use serde;` and `use chrono::{self}` name a crate; `use a;` may name a neighbour.
      return this.#inModule(module, first, space, seen) ?? this.#crateNamed(module, path, space, seen)
    }
    const start = this.#first(module, first, seen)
    if (start) return this.#within(start, rest, space, seen)
    // Before the edition of 2018, a path of a `use` began at the crate's root.
    const atRoot = this.#inModule(module.crate.root, first, 'type', seen)
    if (atRoot && !module.crate.dependencies.has(first)) return this.#within(atRoot, rest, space, seen)
    return this.#crateNamed(module, path, space, seen)
  }

  #crateNamed(module: Module, path: readonly string[], space: Space, seen: Asked): Found | undefined {
    const [name = '', ...rest] = path
    if (['crate', 'self', 'super', 'Self'].includes(name)) return undefined
    const crate = this.#crates.dependency(module.crate, name)
    if (crate) return this.#within({ kind: 'module', module: crate.root }, rest, space, seen)
    return { kind: 'foreign', path: [this.#crates.packages.realName(module.crate, name), ...rest] }
  }

  /** What every module knows: the prelude, and the crates. */
  #everywhere(module: Module, name: string): Found | undefined {
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

/** The first that is there for sure, unless another may stand before it. */
function settled(candidates: Iterable<Candidate>): Found | undefined {
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
