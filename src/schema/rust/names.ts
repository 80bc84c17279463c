import type { Crates, Item, Module } from './crates.ts'
import { canonicalPath, isKnownName, preludePath } from './foreign-types.ts'
import type { RustConst } from './syntax.ts'

/** What a name of Rust stands for. */
export type Found =
  /** More than one: they differ in their `cfg`. */
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'module'; readonly module: Module }
  | { readonly kind: 'const'; readonly value: RustConst; readonly module: Module }
  /** In a crate whose source is not at hand. */
  | { readonly kind: 'foreign'; readonly path: readonly string[] }

type Space = 'type' | 'value'

/** Resolves paths as Rust does, except that of what is named it does not ask who may see it. */
export class Names {
  readonly #crates: Crates

  constructor(crates: Crates) {
    this.#crates = crates
  }

  find(module: Module, path: readonly string[], space: Space = 'type', isGlobal = false): Found | undefined {
    const found = this.#find(module, path, space, isGlobal, new Set())
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
        const target = this.#used(at, use.path, use.isGlobal, 'type', new Set())
        if (target?.kind === 'module') visit(target.module, seen)
        if (target?.kind === 'foreign') globs.add(target.path.join('::'))
      }
    }
    visit(module, new Set())
    return [...globs]
  }

  #find(
    module: Module,
    path: readonly string[],
    space: Space,
    isGlobal: boolean,
    seen: Set<string>,
  ): Found | undefined {
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

  #first(module: Module, name: string, seen: Set<string>): Found | undefined {
    if (name === 'crate') return { kind: 'module', module: module.crate.root }
    if (name === 'self') return { kind: 'module', module }
    if (name === 'super') return module.parent && { kind: 'module', module: module.parent }
    return this.#inModule(module, name, 'type', seen)
  }

  /** Follows a path from what its first step is. */
  #within(start: Found, path: readonly string[], space: Space, seen: Set<string>): Found | undefined {
    let at = start
    for (const [index, step] of path.entries()) {
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
  #inModule(module: Module, name: string, space: Space, seen: Set<string>, viewer = module): Found | undefined {
    const key = `${moduleId(module)} ${space} ${name}`
    // Asked for again on the way to its own answer; elsewhere the same question may come up again.
    if (seen.has(key)) return undefined
    seen.add(key)
    const found = this.#declaredIn(module, name, space, viewer) ?? this.#brought(module, name, space, seen, viewer)
    seen.delete(key)
    return found
  }

  #brought(module: Module, name: string, space: Space, seen: Set<string>, viewer: Module): Found | undefined {
    const isInside = isWithin(viewer, module)
    const uses = isInside ? module.uses : module.uses.filter((use) => use.isPublic)
    for (const use of uses) {
      if (use.as !== name) continue
      const found = this.#used(module, use.path, use.isGlobal, space, seen)
      if (found) return found
    }
    let known: Found | undefined
    for (const use of uses) {
      if (use.as !== undefined) continue
      const target = this.#used(module, use.path, use.isGlobal, 'type', seen)
      if (target?.kind === 'module') {
        const found = this.#inModule(target.module, name, space, seen, module)
        if (found?.kind === 'foreign') known ??= found
        else if (found) return found
      } else if (target?.kind === 'foreign' && space === 'type') {
        const path = [...target.path, name]
        if (isKnownName(canonicalPath(path))) known ??= { kind: 'foreign', path }
      }
    }
    return known
  }

  #declaredIn(module: Module, name: string, space: Space, viewer: Module): Found | undefined {
    if (space === 'value') {
      const value = module.consts.get(name)
      return value && { kind: 'const', value, module }
    }
    const isInside = isWithin(viewer, module)
    const items = module.items.get(name)?.filter(({ rust }) => isInside || rust.isPublic) ?? []
    if (items.length > 0) return { kind: 'items', items }
    const inner = module.modules.get(name)
    if (inner && (isInside || inner.isPublic)) return { kind: 'module', module: inner }
    const crate = module.externs.get(name)
    return crate === undefined ? undefined : this.#crateNamed(module, [crate], 'type', new Set())
  }

  #used(
    module: Module,
    path: readonly string[],
    isGlobal: boolean,
    space: Space,
    seen: Set<string>,
  ): Found | undefined {
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

  #crateNamed(module: Module, path: readonly string[], space: Space, seen: Set<string>): Found | undefined {
    const [name = '', ...rest] = path
    if (['crate', 'self', 'super', 'Self'].includes(name)) return undefined
    const crate = this.#crates.dependency(module.crate, name)
    if (crate) return this.#within({ kind: 'module', module: crate.root }, rest, space, seen)
    return { kind: 'foreign', path: [this.#crates.realName(module.crate, name), ...rest] }
  }

  /** What every module knows: the prelude, and the crates. */
  #everywhere(module: Module, name: string): Found | undefined {
    const path = preludePath(name)
    if (path) return { kind: 'foreign', path }
    return module.crate.dependencies.has(name)
      ? { kind: 'foreign', path: [this.#crates.realName(module.crate, name)] }
      : undefined
  }
}

/** `crate::orders::events`, with its crate's name for `crate` where it is not of the package that is imported. */
export const modulePath = (module: Module): string[] =>
  module.parent ? [...modulePath(module.parent), module.name] : [module.crate.shownAs]

const isWithin = (inner: Module, outer: Module): boolean =>
  inner === outer || (inner.parent !== undefined && isWithin(inner.parent, outer))

export const itemsOf = (module: Module): Item[] => [
  ...[...module.items.values()].flat(),
  ...[...module.modules.values()].flatMap(itemsOf),
]

const moduleId = (module: Module): string => `${module.file} ${modulePath(module).join('::')}`
