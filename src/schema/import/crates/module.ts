import { posix } from 'node:path'
import type {
  Meta,
  RustConst,
  RustFunction,
  RustImpl,
  RustInvocation,
  RustItem,
  RustMacro,
  RustScope,
  RustUse,
} from '../../../rust/ast.ts'
import { discriminantsOf } from '../../../rust/discriminants.ts'
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
  readonly isPublic: boolean
  readonly parent: Module | undefined
  readonly crate: Crate
  readonly file: string
  /** The folder of the files of its child modules. */
  readonly folder: string
  readonly attributes: readonly Meta[]
  /** The items by name, and the constants by name. Several of the same name differ in their `cfg`. */
  readonly items: Map<string, Item[]>
  readonly consts: Map<string, RustConst[]>
  readonly functions: Map<string, RustFunction>
  readonly modules: Module[]
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
}

/** Creates a crate together with its root module, because each refers to the other. */
export class NewCrate implements Crate {
  readonly name: string
  readonly folder: string
  readonly root: Module
  readonly dependencies: ReadonlyMap<string, CargoDependency>
  readonly library: Crate | undefined
  readonly shownAs: string

  constructor({ name, folder, file, library, shownAs, manifest }: CrateParts) {
    this.name = crateName(name)
    this.folder = folder
    this.dependencies = manifest?.dependencies ?? new Map()
    this.library = library
    this.shownAs = shownAs
    this.root = emptyModule(ROOT, undefined, this, { file, folder: posix.dirname(file) })
  }
}

/** The properties of the root module of every crate. */
export const ROOT = { name: 'crate', isPublic: true, attributes: [] }

/** Creates a module without items. */
export const emptyModule = (
  { name, isPublic, attributes }: Pick<Module, 'name' | 'isPublic' | 'attributes'>,
  parent: Module | undefined,
  crate: Crate,
  { file, folder }: ModuleFile,
): Module => ({
  ...{ name, isPublic, parent, crate, file, folder, attributes },
  items: new Map(),
  consts: new Map(),
  functions: new Map(),
  modules: [],
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
