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
import { branchesOfCfgIf, expandBitflags, isBitflags, isCfgIf } from '../../../rust/macros/library-macros.ts'
import { type CalledMacro, expandMacro } from '../../../rust/macros/macro-rules.ts'
import { readRust } from '../../../rust/read-rust.ts'
import { stringValue } from '../../../rust/rust-text.ts'
import { childrenOf, Source, type SourceLocation } from '../../../rust/source.ts'
import { type CargoDependency, type CargoManifest, crateName, readManifest } from './cargo-manifest.ts'

/** How files are read; paths have forward slashes, `undefined` is what is not there. */
export interface SourceFiles {
  read(path: string): string | undefined
  /** The names in a folder. */
  list(path: string): readonly string[] | undefined
}

export interface Crate {
  readonly name: string
  readonly folder: string
  readonly root: Module
  readonly dependencies: ReadonlyMap<string, CargoDependency>
  /** The library of the same package, for a program beside it. */
  readonly library: Crate | undefined
  /** What paths into it begin with: `crate` for the first package asked for, else its name. */
  readonly shownAs: string
}

export interface Item {
  readonly rust: RustItem
  readonly module: Module
}

export interface Module {
  readonly name: string
  readonly isPublic: boolean
  readonly parent: Module | undefined
  readonly crate: Crate
  readonly file: string
  /** Where the files of its modules are. */
  readonly folder: string
  readonly attributes: readonly Meta[]
  /** Here and below, several of one name differ in their `cfg`. */
  readonly items: Map<string, Item[]>
  readonly consts: Map<string, RustConst[]>
  readonly functions: Map<string, RustFunction>
  readonly modules: Module[]
  readonly uses: RustUse[]
  readonly impls: RustImpl[]
  readonly macros: RustMacro[]
  /** Macros called here which nothing here defines. */
  readonly invocations: RustInvocation[]
  readonly externs: Map<string, string>
}

/** Where the text of a module stands. */
type Standing = Pick<Module, 'file' | 'folder'>

/** Something that is not as an import needs it, but may not matter. */
export interface LoadTrouble extends SourceLocation {
  readonly reason: string
}

/** The crates of an import, read when they are asked for. */
export class Crates {
  readonly troubles: LoadTrouble[] = []
  readonly #files: SourceFiles
  readonly #byFolder = new Map<string, Crate | undefined>()
  readonly #manifests = new Map<string, CargoManifest | undefined>()
  readonly #sources = new Set<string>()
  readonly #given = new Map<string, string>()
  /** The file that is being read, and those that led to it. */
  readonly #reading: string[] = []
  #home: string | undefined

  constructor(files: SourceFiles) {
    this.#files = files
  }

  /** Every crate that was read. */
  readonly all: Crate[] = []

  /** Every file that was read. */
  get sources(): readonly string[] {
    return [...this.#sources]
  }

  manifest(folder: string): CargoManifest | undefined {
    if (!this.#manifests.has(folder)) {
      const text = this.#files.read(posix.join(folder, 'Cargo.toml'))
      this.#manifests.set(folder, text === undefined ? undefined : readManifest(text))
    }
    return this.#manifests.get(folder)
  }

  /** The library of a package, and its programs. */
  package(folder: string): Crate[] {
    const manifest = this.manifest(folder)
    if (!manifest) return []
    this.#home ??= folder
    if (manifest.name !== undefined) this.#given.set(manifest.name, folder)
    const library = this.library(folder)
    const listed = this.#files.list(posix.join(folder, 'src/bin')) ?? []
    const programs = [
      'src/main.rs',
      ...manifest.binaryPaths,
      ...listed.flatMap((name) => (name.endsWith('.rs') ? [`src/bin/${name}`] : [`src/bin/${name}/main.rs`])),
    ]
    const crates = [...new Set(programs)].flatMap((path) => {
      const file = posix.join(folder, path)
      if (this.#files.read(file) === undefined) return []
      return [
        this.#crate({ name: manifest.name ?? 'main', folder, file, library, shownAs: this.#shownAs(folder), manifest }),
      ]
    })
    return library ? [library, ...crates] : crates
  }

  #shownAs(folder: string): string {
    return folder === this.#home ? 'crate' : (this.manifest(folder)?.name ?? 'crate')
  }

  library(folder: string): Crate | undefined {
    if (!this.#byFolder.has(folder)) {
      const manifest = this.manifest(folder)
      const file = posix.join(folder, manifest?.libraryPath ?? 'src/lib.rs')
      const isThere = manifest?.name !== undefined && this.#files.read(file) !== undefined
      // Two crates may name each other in their tests.
      this.#byFolder.set(folder, undefined)
      if (isThere) {
        const name = manifest.name as string
        this.#byFolder.set(
          folder,
          this.#crate({ name, folder, file, library: undefined, shownAs: this.#shownAs(folder), manifest }),
        )
      }
    }
    return this.#byFolder.get(folder)
  }

  /** A file that no crate holds, as a crate of its own; `folder` is its package, if it has one. */
  file(file: string, folder: string | undefined): Crate {
    const manifest = folder === undefined ? undefined : this.manifest(folder)
    this.#home ??= folder
    const library = folder === undefined ? undefined : this.library(folder)
    const name = posix.basename(file, '.rs')
    return this.#crate({ name, folder: folder ?? posix.dirname(file), file, library, shownAs: 'crate', manifest })
  }

  /** Files without a crate around them: each is a module, named after itself. */
  loose(files: readonly string[]): Crate {
    const { crate, root } = emptyCrate({ name: 'crate', folder: '', file: '', library: undefined, shownAs: 'crate' })
    for (const file of files) {
      const name = posix.basename(file, '.rs')
      const isTaken = root.modules.some((other) => other.name === name)
      const at = { file, folder: posix.dirname(file) }
      const module = emptyModule({ ...topModule, name: isTaken ? file : name }, root, crate, at)
      root.modules.push(module)
      this.#read(module)
    }
    this.#expandAll(root)
    this.all.push(crate)
    return crate
  }

  /** The crate a name outside of `crate` stands for, if its source is at hand. */
  dependency(crate: Crate, name: string): Crate | undefined {
    if (crate.library && name === crate.library.name) return crate.library
    if (name === crate.name && crate.root.parent === undefined) return crate
    const folder = this.#dependencyFolder(crate, name)
    return folder === undefined ? undefined : this.library(folder)
  }

  #dependencyFolder(crate: Crate, name: string): string | undefined {
    const dependency = crate.dependencies.get(name)
    const workspace = this.workspaceOf(crate.folder)
    const inherited = workspace === undefined ? undefined : this.manifest(workspace)?.workspaceDependencies.get(name)
    if (dependency?.path !== undefined) return posix.join(crate.folder, dependency.path)
    if (dependency?.isInherited && workspace !== undefined && inherited?.path !== undefined) {
      return posix.join(workspace, inherited.path)
    }
    const own = this.realName(crate, name)
    for (const folder of [workspace, crate.folder]) {
      const path = folder === undefined ? undefined : this.manifest(folder)?.patches.get(own)?.path
      if (folder !== undefined && path !== undefined) return posix.join(folder, path)
    }
    // From a registry or a repository, but its source was asked for as well.
    return this.#given.get(own)
  }

  /** What the name stands for in a package that gives crates other names. */
  realName(crate: Crate, name: string): string {
    const dependency = crate.dependencies.get(name)
    if (!dependency?.isInherited) return dependency?.package ?? name
    const workspace = this.workspaceOf(crate.folder) ?? ''
    return this.manifest(workspace)?.workspaceDependencies.get(name)?.package ?? dependency.package
  }

  featuresOf(crate: Crate, name: string): readonly string[] {
    const own = crate.dependencies.get(name)
    const workspace = own?.isInherited ? this.workspaceOf(crate.folder) : undefined
    const inherited = workspace === undefined ? undefined : this.manifest(workspace)?.workspaceDependencies.get(name)
    return [...(own?.features ?? []), ...(inherited?.features ?? [])]
  }

  workspaceOf(folder: string): string | undefined {
    return this.#upwards(folder, (manifest) => manifest.members !== undefined)
  }

  packageOf(file: string): string | undefined {
    return this.#upwards(posix.dirname(file), (manifest) => manifest.name !== undefined)
  }

  /** Folders of the packages of a workspace, of which `*` names all of a folder. */
  members(folder: string): string[] {
    return (this.manifest(folder)?.members ?? []).flatMap((pattern) => {
      const steps = pattern.split('/').filter((step) => step !== '' && step !== '.')
      let folders = [folder]
      for (const step of steps) {
        folders = folders.flatMap((at) =>
          step.includes('*')
            ? (this.#files.list(at) ?? []).filter((name) => fits(step, name)).map((name) => posix.join(at, name))
            : [posix.join(at, step)],
        )
      }
      return folders.filter((at) => this.manifest(at)?.name !== undefined)
    })
  }

  #upwards(folder: string, fitting: (manifest: CargoManifest) => boolean): string | undefined {
    let at = posix.normalize(folder)
    // No tree is that deep; a relative path has no end of its own.
    for (let level = 0; level < 24; level += 1) {
      const manifest = this.manifest(at)
      if (manifest && fitting(manifest)) return at
      const up = posix.join(at, '..')
      if (up === at) return undefined
      at = up
    }
    return undefined
  }

  #crate(of: CrateParts & { readonly manifest: CargoManifest | undefined }): Crate {
    const { crate, root } = emptyCrate(of)
    this.#read(root)
    this.#expandAll(root)
    this.all.push(crate)
    return crate
  }

  #read(module: Module, file = module.file): void {
    const text = this.#files.read(file)
    if (text === undefined) return
    this.#sources.add(file)
    const scope = readRust(new Source(file, text))
    for (const location of scope.errors)
      this.troubles.push({ ...location, reason: 'this is not Rust that crbus understands' })
    this.#reading.push(file)
    this.#fill(module, scope, { file, folder: module.folder })
    this.#reading.pop()
  }

  #fill(module: Module, scope: RustScope, at: Standing): void {
    addScope(module, scope)
    for (const invocation of scope.invocations) {
      if (isTestOnly(invocation.attributes)) continue
      const included = includedFile(invocation)
      const file = included === undefined ? undefined : posix.join(posix.dirname(at.file), included)
      // What includes itself would never end.
      const isNew = file !== undefined && !this.#reading.includes(file) && this.#files.read(file) !== undefined
      if (isNew) this.#read(module, file)
      else module.invocations.push(invocation)
    }
    for (const inner of scope.modules) {
      if (isTestOnly(inner.attributes)) continue
      const places = placesOf(inner.attributes)
      if (inner.scope) {
        const folder = posix.join(at.folder, places[0]?.path ?? inner.name)
        const child = emptyModule(inner, module, module.crate, { file: at.file, folder })
        module.modules.push(child)
        this.#fill(child, inner.scope, child)
        continue
      }
      // Within `mod a { … }` a path begins in the folder of `a`, elsewhere beside the file.
      const isInline = module.file === module.parent?.file
      const tried: string[] = []
      let isThere = false
      for (const { path, when } of places) {
        const candidates =
          path === undefined
            ? [posix.join(at.folder, `${inner.name}.rs`), posix.join(at.folder, inner.name, 'mod.rs')]
            : isInline
              ? [posix.join(at.folder, path)]
              : [posix.join(posix.dirname(at.file), path), posix.join(at.folder, path)]
        const file = candidates.find((candidate) => this.#files.read(candidate) !== undefined)
        tried.push(...candidates)
        if (file === undefined) continue
        isThere = true
        const attributes = [...inner.attributes, ...when]
        const ownsFolder = posix.basename(file) === 'mod.rs' || path !== undefined
        const folder = ownsFolder ? posix.dirname(file) : file.slice(0, -'.rs'.length)
        const ofFile = emptyModule({ ...inner, attributes }, module, module.crate, { file, folder })
        module.modules.push(ofFile)
        this.#read(ofFile)
      }
      if (isThere) continue
      const reason = `module '${inner.name}' is in no file: neither ${[...new Set(tried)].join(' nor ')}`
      this.troubles.push({ ...inner.location, reason })
    }
  }

  /** Macros may be used in files before the one that defines them is read, so they are expanded when all are. */
  #expandAll(module: Module): void {
    let pending = module.invocations.splice(0)
    const left: RustInvocation[] = []
    for (let round = 0; round < MAX_EXPANSIONS && pending.length > 0; round += 1) {
      for (const invocation of pending) {
        const scopes = this.#expanded(module, invocation)
        if (scopes === undefined) left.push(invocation)
        const standing = { file: invocation.location.file, folder: module.folder }
        const own = invocation.attributes.filter(({ path }) => path === 'cfg')
        for (const scope of scopes ?? []) this.#fill(module, conditional(scope, own), standing)
      }
      pending = module.invocations.splice(0)
    }
    module.invocations.push(...left, ...pending)
    for (const child of module.modules) this.#expandAll(child)
  }

  #expanded(module: Module, invocation: RustInvocation): RustScope[] | undefined {
    const { file, line } = invocation.location
    const read = (text: string) => readRust(new Source(file, text, line))
    if (isBitflags(invocation)) return [read(expandBitflags(invocation))]
    if (isCfgIf(invocation)) {
      return branchesOfCfgIf(invocation).map(({ attributes, body }) =>
        conditional(read(body), read(`${attributes} struct It;`).items[0]?.attributes ?? []),
      )
    }
    const called = this.#called(module, invocation)
    const text = called && expandMacro(invocation, called)
    return text === undefined ? undefined : [read(text)]
  }

  /** Of this module or one around it, else the only one of that name in the crate, else of the crate it is brought from. */
  #called(module: Module, { name }: RustInvocation): CalledMacro | undefined {
    const steps = name.split('::').filter((step) => step !== '')
    const last = steps.at(-1) as string
    for (let at: Module | undefined = module; at; at = at.parent) {
      const macros = steps.length === 1 ? at.macros.filter((one) => one.name === last) : []
      const macro = macros.at(-1)
      // Of two that features choose between, neither is taken.
      if (macros.length > 1 && macros.some(({ attributes }) => attributes.some(({ path }) => path === 'cfg')))
        return undefined
      if (macro) return { macro, crate: 'crate' }
    }
    const [own, ...others] = macrosNamed(last, module.crate.root)
    if (own) return others.length === 0 ? { macro: own, crate: 'crate' } : undefined
    const paths =
      steps.length > 1
        ? [steps]
        : [
            ...module.uses.flatMap(({ as, path }) => (as === last || as === undefined ? [path] : [])),
            ...[...module.crate.root.externs.values()].map((crate) => [crate]),
          ]
    for (const [crate = ''] of paths) {
      const there = crate === 'crate' ? undefined : this.dependency(module.crate, crate)
      const [macro, ...more] = there && there !== module.crate ? macrosNamed(last, there.root) : []
      if (macro && more.length === 0) return { macro, crate: `::${crate}` }
    }
    return undefined
  }
}

const macrosNamed = (name: string, module: Module): RustMacro[] => [
  ...module.macros.filter((macro) => macro.name === name),
  ...module.modules.flatMap((child) => macrosNamed(name, child)),
]

/** What is there if more holds than it says itself. */
function conditional(scope: RustScope, metas: readonly Meta[]): RustScope {
  if (metas.length === 0) return scope
  const also = <T extends { readonly attributes: readonly Meta[] }>(all: readonly T[]): T[] =>
    all.map((one) => ({ ...one, attributes: [...one.attributes, ...metas] }))
  const { items, consts, uses, macros, invocations, modules } = scope
  return {
    ...scope,
    ...{ items: also(items), consts: also(consts), uses: also(uses) },
    ...{ macros: also(macros), invocations: also(invocations), modules: also(modules) },
  }
}

/** `include!("ids.rs")`; what a build makes has another path. */
function includedFile({ name, tokens }: RustInvocation): string | undefined {
  const [only, ...more] = childrenOf(tokens.node).slice(1, -1)
  return name === 'include' && only && more.length === 0
    ? stringValue({ node: only, source: tokens.source })
    : undefined
}

/** Where a module may be: at its `path`, else, with `cfg_attr(unix, path = "…")`, at one of several, `when` that holds. */
function placesOf(attributes: readonly Meta[]): { path: string | undefined; when: readonly Meta[] }[] {
  const pathIn = (metas: readonly Meta[]) => metas.find(({ path }) => path === 'path')?.value
  const fixed = pathIn(attributes)
  if (fixed !== undefined) return [{ path: fixed, when: [] }]
  const conditions = attributes.flatMap((meta) => {
    const [condition, ...then] = meta.path === 'cfg_attr' ? meta.items : []
    const path = pathIn(then)
    return condition && path !== undefined ? [{ path, condition, at: meta }] : []
  })
  const around = (at: Meta, path: string, items: readonly Meta[]): Meta => ({ ...at, path, items, value: undefined })
  const otherwise = conditions.map(({ condition, at }) => around(at, 'cfg', [around(at, 'not', [condition])]))
  return [
    ...conditions.map(({ path, condition, at }) => ({ path, when: [around(at, 'cfg', [condition])] })),
    { path: undefined, when: otherwise },
  ]
}

interface CrateParts {
  readonly name: string
  readonly folder: string
  readonly file: string
  readonly library: Crate | undefined
  readonly shownAs: string
  readonly manifest?: CargoManifest | undefined
}

/** A crate and its root module know each other. */
function emptyCrate(of: CrateParts): { crate: Crate; root: Module } {
  const { name, folder, library, shownAs } = of
  const crate = {
    name: crateName(name),
    folder,
    library,
    shownAs,
    dependencies: of.manifest?.dependencies ?? new Map(),
  }
  const whole: Crate = Object.assign(crate, { root: undefined as unknown as Module })
  const root = emptyModule(topModule, undefined, whole, { file: of.file, folder: posix.dirname(of.file) })
  Object.assign(whole, { root })
  return { crate: whole, root }
}

const topModule = { name: 'crate', isPublic: true, attributes: [] }

const emptyModule = (
  { name, isPublic, attributes }: Pick<Module, 'name' | 'isPublic' | 'attributes'>,
  parent: Module | undefined,
  crate: Crate,
  { file, folder }: Standing,
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

function addScope(module: Module, scope: RustScope): void {
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

/** `cfg(test)`, alone or among what must all hold. */
function isTestOnly(attributes: readonly Meta[]): boolean {
  const needsTest = (meta: Meta): boolean =>
    (meta.path === 'test' && meta.value === undefined) || (meta.path === 'all' && meta.items.some(needsTest))
  return attributes.some((meta) => meta.path === 'cfg' && meta.items.some(needsTest))
}

/** More than macros are nested in real code; a macro that calls itself for ever ends here. */
const MAX_EXPANSIONS = 16

function fits(pattern: string, name: string): boolean {
  const [before = '', after = ''] = pattern.split('*')
  return name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after)
}
