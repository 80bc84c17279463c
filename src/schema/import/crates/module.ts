import { posix } from 'node:path'
import type {
  Meta,
  RustConst,
  RustFunction,
  RustImpl,
  RustInvocation,
  RustItem,
  RustMacro,
  RustModule,
  RustScope,
  RustUse,
} from '../../../rust/ast.ts'
import { discriminantsOf } from '../../../rust/discriminants.ts'
import type { Visibility } from '../../../rust/visibility.ts'
import { type CargoDependency, type CargoManifest, crateName } from './cargo-manifest.ts'

/** A library or a program of a package, or all imported files without a package. */
export interface Crate {
  /** The name in Rust code, with underscores. */
  readonly name: string
  readonly folder: string
  readonly root: Module
  readonly dependencies: ReadonlyMap<string, CargoDependency>
  /** The library of the same package, if this is a program. */
  readonly library: Crate | undefined
  /** Whether the crate is of Rust 2015, in which the paths of `use` begin at the root of the crate. */
  readonly isRust2015: boolean
  /** The first segment of paths into the crate: `crate` for the first imported package, else the name of the crate. */
  readonly shownAs: string
}

/** A struct, enum, union, trait or type alias, and the module that defines it. */
export interface Item {
  readonly rust: RustItem
  readonly module: Module
}

/** A module of a crate, with the items of all its files and expanded macros. */
export interface Module {
  readonly name: string
  readonly visibility: Visibility
  readonly parent: Module | undefined
  readonly crate: Crate
  readonly file: string
  /** The folder of the files of its child modules. */
  readonly folder: string
  readonly attributes: Meta[]
  /** The items by name, and the constants by name. Several of the same name differ in their `cfg`. */
  readonly items: Map<string, Item[]>
  readonly consts: Map<string, RustConst[]>
  readonly functions: Map<string, RustFunction>
  readonly modules: Module[]
  /** The bodies of functions and constants that contain impl blocks. They see the names of this module. */
  readonly blocks: Module[]
  /** Whether this is such a body, which `self` and `super` do not name. */
  readonly isBlock: boolean
  readonly uses: RustUse[]
  readonly impls: RustImpl[]
  readonly macros: RustMacro[]
  /** Macro calls that are not expanded, or not yet. */
  readonly invocations: RustInvocation[]
  /** The crate for each name that `extern crate uuid as ids` introduces: `ids` → `uuid`. */
  readonly externs: Map<string, string>
}

/** The file of a module, and the folder of its child modules. */
export type ModuleFile = Pick<Module, 'file' | 'folder'>

/** The arguments for creating a crate. */
export interface CrateParts {
  readonly name: string
  readonly folder: string
  /** The file of the root module. */
  readonly file: string
  readonly library: Crate | undefined
  readonly shownAs: string
  readonly manifest?: CargoManifest | undefined
  /** The edition of Rust. Default: a recent one. */
  readonly edition?: string | undefined
}

/** Creates a crate together with its root module, because each refers to the other. */
export class NewCrate implements Crate {
  readonly name: string
  readonly folder: string
  readonly root: Module
  readonly dependencies: ReadonlyMap<string, CargoDependency>
  readonly library: Crate | undefined
  readonly isRust2015: boolean
  readonly shownAs: string

  constructor({ name, folder, file, library, shownAs, manifest, edition }: CrateParts) {
    this.name = crateName(name)
    this.folder = folder
    this.dependencies = manifest?.dependencies ?? new Map()
    this.library = library
    this.isRust2015 = edition === '2015'
    this.shownAs = shownAs
    this.root = emptyModule(ROOT, undefined, this, { file, folder: posix.dirname(file) })
  }
}

/** The properties of the root module of every crate. */
export const ROOT = { name: 'crate', visibility: 'everywhere', attributes: [] } as const

/** Creates a module without items. */
export const emptyModule = (
  { name, visibility, attributes }: Pick<RustModule, 'name' | 'visibility' | 'attributes'>,
  parent: Module | undefined,
  crate: Crate,
  { file, folder }: ModuleFile,
  isBlock = false,
): Module => ({
  ...{ name, visibility, parent, crate, file, folder, isBlock },
  attributes: [...attributes],
  items: new Map(),
  consts: new Map(),
  functions: new Map(),
  modules: [],
  blocks: [],
  uses: [],
  impls: [],
  macros: [],
  invocations: [],
  externs: new Map(),
})

/** Adds the items of a file, a `mod` block or an expanded macro to a module, except items that exist only in tests. */
export function addScope(module: Module, scope: RustScope): void {
  for (const rust of scope.items.flatMap((item) => [item, ...discriminantsOf(item)])) {
    if (isTestOnly(rust.attributes)) continue
    const same = module.items.get(rust.name)
    if (same) same.push({ rust, module })
    else module.items.set(rust.name, [{ rust, module }])
  }
  for (const value of scope.consts) {
    if (!isTestOnly(value.attributes)) module.consts.set(value.name, [...(module.consts.get(value.name) ?? []), value])
  }
  for (const value of scope.functions) module.functions.set(value.name, value)
  module.uses.push(...scope.uses.filter((use) => !isTestOnly(use.attributes)))
  module.impls.push(...scope.impls)
  module.macros.push(...scope.macros.filter((macro) => !isTestOnly(macro.attributes)))
  for (const { crate, as } of scope.externs) module.externs.set(as, crate)
}

/**
 * The module in which something of `module` can be named, with its child modules. `undefined` if it can be named everywhere.
 */
export function nameableIn(module: Module, visibility: Visibility): Module | undefined {
  if (visibility === 'everywhere') return undefined
  const [first, ...rest] = visibility.within
  const own = withoutBlocks(module)
  if (first === 'self') return rest.reduce((at, step) => (step === 'super' ? (at.parent ?? at) : at), own)
  if (first === 'super') return rest.reduce((at) => at.parent ?? at, own.parent ?? own)
  // The path names a module that contains this one, so its length says which one.
  const around = [own]
  for (let at = own.parent; at; at = at.parent) around.unshift(at)
  return around[Math.min(first === 'crate' ? rest.length : rest.length + 1, around.length - 1)]
}

/** The module that contains a block, or the module itself. */
export const withoutBlocks = (module: Module): Module =>
  module.isBlock && module.parent ? withoutBlocks(module.parent) : module

/** Whether the attributes require `cfg(test)`, alone or inside `all(…)`. */
export function isTestOnly(attributes: readonly Meta[]): boolean {
  const needsTest = (meta: Meta): boolean =>
    (meta.path === 'test' && meta.value === undefined) || (meta.path === 'all' && meta.items.some(needsTest))
  return attributes.some((meta) => meta.path === 'cfg' && meta.items.some(needsTest))
}

/** The path of a module: `crate::orders::events`, or `shared::events` if the module is not in the first imported package. */
export const modulePath = (module: Module): string[] =>
  module.parent ? [...modulePath(module.parent), module.name] : [module.crate.shownAs]

/** Whether `inner` is `outer`, or a module inside `outer`. */
export const isWithin = (inner: Module, outer: Module): boolean =>
  inner === outer || (inner.parent !== undefined && isWithin(inner.parent, outer))

/** All items of a module and its child modules. */
export const itemsOf = (module: Module): Item[] => [
  ...[...module.items.values()].flat(),
  ...module.modules.flatMap(itemsOf),
]
