import type { Meta, RustUse } from '../../../rust/ast.ts'
import { allOf, type CfgState, presence } from '../../../rust/attributes.ts'
import { canonicalPath, isImportableType, isInForeignModule, preludePath } from '../lowering/foreign/foreign-types.ts'
import {
  anyOf,
  branchesOf,
  type Candidate,
  type Found,
  firstOf,
  isPossible,
  isVisible,
  merged,
  narrower,
  oneOf,
  wider,
} from './candidates.ts'
import type { Cfg } from './cfg.ts'
import type { Crates } from './crates.ts'
import { macroDefining } from './macro-calls.ts'
import { isWithin, type Module, nameableIn, withoutBlocks } from './module.ts'
import { pathFromRoot } from './module-files.ts'

const ALWAYS: CfgState = { holds: true }

/** The properties of a target that applies everywhere. */
const DEFINITE = { state: ALWAYS, within: undefined, isFromGlob: false } as const

/** Rust's namespaces: a type and a constant may have the same name. */
type Space = 'type' | 'value'

/** The depth of each lookup in progress, by module, namespace and name. */
type Pending = Map<string, number>

/** The depths of the outermost and of the innermost pending lookup to which cyclic imports led back. */
interface Cycles {
  readonly first: number
  readonly last: number
}

const NO_CYCLES: Cycles = { first: Number.POSITIVE_INFINITY, last: -1 }

const joinedCycles = (one: Cycles, other: Cycles): Cycles => ({
  first: Math.min(one.first, other.first),
  last: Math.max(one.last, other.last),
})

/** Resolves paths as Rust does. */
export class Names {
  readonly #crates: Crates
  readonly #cfg: Cfg
  readonly #ids = new Map<Module, number>()
  readonly #resolved = new Map<string, readonly Candidate[]>()
  /** The results of lookups that a cycle of imports led back to a pending lookup. They hold until that lookup ends. */
  readonly #incomplete = new Map<string, { readonly found: readonly Candidate[]; readonly cycles: Cycles }>()
  /** The pending lookups to which the current lookup led back. */
  #cycles: Cycles = NO_CYCLES

  constructor(crates: Crates, cfg: Cfg) {
    this.#crates = crates
    this.#cfg = cfg
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
    if (isGlobal) return this.#globalPath(module, path, space, seen)
    if (rest.length === 0 && !['crate', 'self', 'super'].includes(first))
      return this.#inScope(module, first, space, seen)
    const start = this.#firstSegment(module, first, seen)
    if (start) return this.#followPath(start, rest, space, seen, module)
    return this.#crateNamed(module, path, space, seen)
  }

  /** Resolves the first segment of a longer path, unless the segment is the name of an unknown crate. */
  #firstSegment(module: Module, name: string, seen: Pending): Found | undefined {
    const own = withoutBlocks(module)
    if (name === 'crate') return { kind: 'module', module: module.crate.root }
    if (name === 'self') return { kind: 'module', module: own }
    if (name === 'super') return own.parent && { kind: 'module', module: own.parent }
    return this.#inScope(module, name, 'type', seen)
  }

  /** Resolves a path that begins with `::`: the name of a crate, or in Rust 2015 a path from the root. */
  #globalPath(module: Module, path: readonly string[], space: Space, seen: Pending): Found | undefined {
    const { crate } = module
    const atRoot = crate.isRust2015 ? this.#inModule(crate.root, path[0] ?? '', 'type', seen, module) : undefined
    if (atRoot) return this.#followPath(atRoot, path.slice(1), space, seen, module)
    return this.#crateNamed(module, path, space, seen)
  }

  /** Resolves a name as code in a module sees it: a name of the module, of a crate, or of Rust's prelude. */
  #inScope(module: Module, name: string, space: Space, seen: Pending): Found | undefined {
    const candidates: Candidate[] = []
    for (let at: Module | undefined = module; at; at = at.isBlock ? at.parent : undefined)
      candidates.push(...this.#bindings(at, name, space, seen).filter(({ within }) => isVisible(within, module)))
    const outer = space === 'type' ? this.#preludeOrCrate(module, name) : undefined
    if (outer) candidates.push({ found: outer, ...DEFINITE })
    return firstOf(candidates)
  }

  /** Follows a path from the target of its first segment. */
  #followPath(start: Found, path: readonly string[], space: Space, seen: Pending, viewer: Module): Found | undefined {
    let at = start
    for (const [index, step] of path.entries()) {
      if (at.kind === 'open') {
        const rest = path.slice(index)
        return oneOf(
          at.found.flatMap((found) => this.#followPath(found, rest, space, seen, viewer) ?? []),
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
          : this.#inModule(at.module, step, isLast ? space : 'type', seen, viewer)
      if (!next) return undefined
      at = next
    }
    return at
  }

  /** Finds a name in a module, as seen from the module `viewer`. */
  #inModule(module: Module, name: string, space: Space, seen: Pending, viewer: Module): Found | undefined {
    return firstOf(this.#bindings(module, name, space, seen).filter(({ within }) => isVisible(within, viewer)))
  }

  /** The possible targets of a name in a module, visible or not. An earlier one shadows later ones. */
  #bindings(module: Module, name: string, space: Space, seen: Pending): readonly Candidate[] {
    const key = `${this.#idOf(module)} ${space} ${name}`
    const resolved = this.#resolved.get(key)
    if (resolved) return resolved
    const incomplete = this.#incomplete.get(key)
    if (incomplete) {
      this.#cycles = joinedCycles(this.#cycles, incomplete.cycles)
      return incomplete.found
    }
    // Cyclic imports lead back to a pending lookup of the same name, which adds no targets.
    const pendingDepth = seen.get(key)
    if (pendingDepth !== undefined) {
      this.#cycles = joinedCycles(this.#cycles, { first: pendingDepth, last: pendingDepth })
      return []
    }
    const depth = seen.size
    const outer = this.#cycles
    this.#cycles = NO_CYCLES
    seen.set(key, depth)
    const found = this.#candidates(module, name, space, seen)
    seen.delete(key)
    for (const [other, { cycles }] of this.#incomplete) if (cycles.last >= depth) this.#incomplete.delete(other)
    const { first, last } = this.#cycles
    // The result is complete unless a cycle led to a lookup outside this one.
    if (first >= depth) this.#resolved.set(key, found)
    else {
      const cycles = { first, last: Math.min(last, depth - 1) }
      this.#incomplete.set(key, { found, cycles })
      this.#cycles = joinedCycles(outer, cycles)
      return found
    }
    this.#cycles = outer
    return found
  }

  #idOf(module: Module): number {
    const id = this.#ids.get(module) ?? this.#ids.size
    this.#ids.set(module, id)
    return id
  }

  #candidates(module: Module, name: string, space: Space, seen: Pending): readonly Candidate[] {
    const candidates: Candidate[] = []
    for (const candidate of this.#declared(module, name, space, seen)) {
      candidates.push(candidate)
      if ('holds' in candidate.state && candidate.state.holds) return candidates
    }
    candidates.push(...this.#imported(module, name, space, seen))
    // Items that their cfg excludes are the last candidate, so that the user learns of the cfg, not of a missing name.
    const items = space === 'type' ? (module.items.get(name) ?? []) : []
    if (items.length > 0 && !candidates.some(({ state }) => isPossible(state)))
      candidates.push({ found: { kind: 'items', items }, ...DEFINITE })
    return candidates
  }

  /** The items, modules and crates of a name that a module declares or imports by name. */
  *#declared(module: Module, name: string, space: Space, seen: Pending): Generator<Candidate> {
    const items = module.items.get(name) ?? []
    if (space === 'value') {
      for (const value of module.consts.get(name) ?? []) {
        const found: Found = { kind: 'const', value, module }
        const state = this.#cfgState(value.attributes, module)
        yield { found, state, within: nameableIn(module, value.visibility), isFromGlob: false }
      }
    } else {
      const states = items.map(({ rust }) => this.#cfgState(rust.attributes, module))
      const possible = items.filter((_, index) => isPossible(states[index] as CfgState))
      // Items that differ in their cfg usually have the same visibility; otherwise the widest one counts.
      const scopes = possible.map(({ rust }) => nameableIn(module, rust.visibility))
      const within = scopes.includes(undefined) ? undefined : scopes.reduce((a, b) => wider(a, b), scopes[0])
      if (possible.length > 0)
        yield { found: { kind: 'items', items }, state: anyOf(states), within, isFromGlob: false }
      for (const inner of module.modules) {
        if (inner.name !== name) continue
        const found: Found = { kind: 'module', module: inner }
        const state = this.#cfgState(inner.attributes, module)
        yield { found, state, within: nameableIn(module, inner.visibility), isFromGlob: false }
      }
      const crate = module.externs.get(name)
      const found = crate === undefined ? undefined : this.#crateNamed(module, [crate], 'type', new Map())
      if (found) yield { found, ...DEFINITE }
    }
    const unknownForeign: Candidate[] = []
    for (const use of module.uses) {
      if (use.as !== name) continue
      const found = this.#targetOfUse(module, use.path, use.isGlobal, space, seen)
      // `use time::macros::time` does not hide the crate `time` in `time::Date`.
      if (found?.kind === 'foreign' && isMacro(found.path)) continue
      const target = found?.kind === 'items' ? found.items[0]?.module : undefined
      const state = allOf([this.#cfgState(use.attributes, module), target ? this.#reach(target, module) : ALWAYS])
      const within = nameableIn(module, use.visibility)
      // One `use` may import a type, another a macro or a function of the same name. A path that is not a known type comes last.
      if (!found && space === 'type' && !this.#isOtherwiseKnown(module, use, seen))
        yield { found: { kind: 'unknown', path: use.path }, state, within, isFromGlob: false }
      else if (found?.kind === 'foreign' && !isImportableType(canonicalPath(found.path)))
        unknownForeign.push({ found, state, within, isFromGlob: false })
      else if (found) yield { found, state, within, isFromGlob: false }
    }
    yield* unknownForeign
  }

  /**
   * The targets of a name that a module imports with `*`. Rust refuses most names that two of them define, so several different
   * targets usually mean that crbus does not know one of the modules well enough.
   */
  #imported(module: Module, name: string, space: Space, seen: Pending): readonly Candidate[] {
    const own: Candidate[] = []
    const foreign: Candidate[] = []
    for (const use of module.uses) {
      if (use.as !== undefined) continue
      const state = this.#cfgState(use.attributes, module)
      const usable = nameableIn(module, use.visibility)
      for (const target of branchesOf(this.#targetOfUse(module, use.path, use.isGlobal, 'type', seen))) {
        if (target.kind === 'module') {
          for (const inner of this.#bindings(target.module, name, space, seen)) {
            const both = allOf([state, inner.state, this.#reach(target.module, module)])
            if (!isVisible(inner.within, module) || !isPossible(both)) continue
            const within = narrower(usable, inner.within)
            const candidate = { found: inner.found, state: both, within, isFromGlob: true }
            if (inner.found.kind === 'foreign') foreign.push(candidate)
            else own.push(candidate)
          }
        } else if (target.kind === 'foreign' && space === 'type') {
          const found: Found = { kind: 'foreign', path: [...target.path, name] }
          if (isInForeignModule(target.path, name) && isPossible(state))
            foreign.push({ found, state, within: usable, isFromGlob: true })
        }
      }
    }
    const candidates = merged(own.length > 0 ? own : foreign)
    const call = candidates.length === 0 ? undefined : macroDefining(name, module)
    return call ? [...candidates, { found: { kind: 'macro', call }, ...DEFINITE, isFromGlob: true }] : candidates
  }

  #cfgState(attributes: readonly Meta[], { crate }: Module): CfgState {
    return presence(attributes, this.#cfg.of(crate))
  }

  /** Whether a `use` imports a value, a function, a macro or a variant, and so no type. */
  #isOtherwiseKnown(module: Module, { path, isGlobal }: RustUse, seen: Pending): boolean {
    const name = path.at(-1) ?? ''
    const parent = path.length > 1 ? this.#targetOfUse(module, path.slice(0, -1), isGlobal, 'type', seen) : undefined
    const home = parent?.kind === 'module' ? parent.module : path.length === 1 ? module : undefined
    if (!home) return parent !== undefined && parent.kind !== 'unknown'
    if (home.functions.has(name) || home.macros.some((macro) => macro.name === name)) return true
    return this.#targetOfUse(module, path, isGlobal, 'value', seen) !== undefined
  }

  /** Whether a module that `from` imports from is compiled, according to the `cfg` of the modules around it. */
  #reach(module: Module, from: Module): CfgState {
    const outside = pathFromRoot(module).filter((outer) => !isWithin(from, outer))
    return allOf(outside.map((outer) => this.#cfgState(outer.attributes, outer)))
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
    if (isGlobal) return this.#globalPath(module, path, space, seen)
    const { root } = module.crate
    // Before Rust 2018, the path of a `use` began at the root of the crate.
    if (module.crate.isRust2015 && !['crate', 'self', 'super'].includes(first)) {
      const atRoot = this.#inModule(root, first, rest.length === 0 ? space : 'type', seen, module)
      if (atRoot) return this.#followPath(atRoot, rest, space, seen, module)
    }
    if (rest.length === 0 && !['crate', 'self', 'super'].includes(first)) {
      // `use serde;` and `use chrono::{self}` name a crate; `use a;` may name a module beside this one.
      return this.#inModule(module, first, space, seen, module) ?? this.#crateNamed(module, path, space, seen)
    }
    const start = this.#firstSegment(module, first, seen)
    if (start) return this.#followPath(start, rest, space, seen, module)
    const atRoot = this.#inModule(root, first, 'type', seen, module)
    if (atRoot && !module.crate.dependencies.has(first)) return this.#followPath(atRoot, rest, space, seen, module)
    return this.#crateNamed(module, path, space, seen)
  }

  /** Resolves a path that begins with the name of a crate. */
  #crateNamed(module: Module, path: readonly string[], space: Space, seen: Pending): Found | undefined {
    const [name = '', ...rest] = path
    if (['crate', 'self', 'super', 'Self'].includes(name)) return undefined
    const crate = this.#crates.dependency(module.crate, name)
    if (crate) return this.#followPath({ kind: 'module', module: crate.root }, rest, space, seen, module)
    return { kind: 'foreign', path: [this.#crates.packages.publishedName(module.crate, name), ...rest] }
  }

  /** Resolves a name that is in scope in every module: the name of a crate, or a name of Rust's prelude. */
  #preludeOrCrate(module: Module, name: string): Found | undefined {
    const { crate } = module
    const extern = crate.root.externs.get(name)
    if (extern !== undefined) return this.#crateNamed(module, [extern], 'type', new Map())
    if (crate.dependencies.has(name) || crate.library?.name === name)
      return this.#crateNamed(module, [name], 'type', new Map())
    const path = preludePath(name)
    return path && { kind: 'foreign', path }
  }
}

/** Whether a foreign path is that of a macro, which has another namespace than crates: `time::macros::time` or `uuid::uuid`. */
const isMacro = (path: readonly string[]): boolean =>
  path.slice(0, -1).some((step) => /(^|_)macros$/.test(step)) || (path.length === 2 && path[0] === path[1])
