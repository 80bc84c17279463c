import { posix } from 'node:path'
import { type CargoDependency, type CargoManifest, crateName, readManifest } from './cargo-manifest.ts'
import { expandMacro, type MacroRules } from './macros.ts'
import {
  type Meta,
  type Place,
  type RustConst,
  type RustFunction,
  type RustImpl,
  type RustInvocation,
  type RustItem,
  type RustMacro,
  type RustScope,
  type RustUse,
  readRust,
  Source,
} from './syntax.ts'

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

/** Something that is not as an import needs it, but may not matter. */
export interface LoadTrouble extends Place {
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
    const macros: MacroRules = new Map()
    for (const file of files) {
      const name = posix.basename(file, '.rs')
      const isTaken = root.modules.some((other) => other.name === name)
      const module = emptyModule({ ...topModule, name: isTaken ? file : name }, root, crate, file)
      root.modules.push(module)
      this.#read(module, { file, folder: posix.dirname(file), isRoot: true, macros })
    }
    expandAll(root, macros)
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
    const macros: MacroRules = new Map()
    this.#read(root, { file: of.file, folder: posix.dirname(of.file), isRoot: true, macros })
    expandAll(root, macros)
    this.all.push(crate)
    return crate
  }

  #read(module: Module, at: { file: string; folder: string; isRoot: boolean; macros: MacroRules }): void {
    const text = this.#files.read(at.file)
    if (text === undefined) return
    this.#sources.add(at.file)
    const scope = readRust(new Source(at.file, text))
    for (const place of scope.errors)
      this.troubles.push({ ...place, reason: 'this is not Rust that crbus understands' })
    this.#fill(module, scope, at)
  }

  #fill(module: Module, scope: RustScope, at: { file: string; folder: string; macros: MacroRules }): void {
    addScope(module, scope, at.macros)
    for (const inner of scope.modules) {
      if (isTestOnly(inner.attributes)) continue
      const places = placesOf(inner.attributes)
      if (inner.scope) {
        const child = emptyModule(inner, module, module.crate, at.file)
        module.modules.push(child)
        this.#fill(child, inner.scope, { ...at, folder: posix.join(at.folder, places[0]?.path ?? inner.name) })
        continue
      }
      const tried: string[] = []
      let isThere = false
      for (const { path, when } of places) {
        const candidates =
          path === undefined
            ? [posix.join(at.folder, `${inner.name}.rs`), posix.join(at.folder, inner.name, 'mod.rs')]
            : [posix.join(posix.dirname(at.file), path), posix.join(at.folder, path)]
        const file = candidates.find((candidate) => this.#files.read(candidate) !== undefined)
        tried.push(...candidates)
        if (file === undefined) continue
        isThere = true
        const attributes = [...inner.attributes, ...when]
        const ofFile = emptyModule({ ...inner, attributes }, module, module.crate, file)
        module.modules.push(ofFile)
        const ownsFolder = posix.basename(file) === 'mod.rs' || path !== undefined
        const folder = ownsFolder ? posix.dirname(file) : file.slice(0, -'.rs'.length)
        this.#read(ofFile, { file, folder, isRoot: false, macros: at.macros })
      }
      if (isThere) continue
      const reason = `module '${inner.name}' is in no file: neither ${[...new Set(tried)].join(' nor ')}`
      this.troubles.push({ ...inner.place, reason })
    }
  }
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
  const root = emptyModule(topModule, undefined, whole, of.file)
  Object.assign(whole, { root })
  return { crate: whole, root }
}

const topModule = { name: 'crate', isPublic: true, attributes: [] }

const emptyModule = (
  { name, isPublic, attributes }: Pick<Module, 'name' | 'isPublic' | 'attributes'>,
  parent: Module | undefined,
  crate: Crate,
  file: string,
): Module => ({
  ...{ name, isPublic, parent, crate, file, attributes },
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

function addScope(module: Module, scope: RustScope, macros: MacroRules): void {
  for (const rust of scope.items) {
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
  for (const macro of scope.macros) macros.set(macro.name, macro)
  module.invocations.push(...scope.invocations)
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

/** Macros may be used in files before the one that defines them is read, so they are expanded when all are. */
function expandAll(module: Module, macros: MacroRules): void {
  let pending = module.invocations.splice(0)
  for (let round = 0; round < MAX_EXPANSIONS && pending.length > 0; round += 1) {
    for (const invocation of pending) {
      const expanded = expandMacro(invocation, macros)
      if (expanded === undefined) {
        module.invocations.push(invocation)
        continue
      }
      const scope = readRust(new Source(invocation.place.file, expanded, invocation.place.line))
      addScope(module, { ...scope, invocations: [] }, macros)
      module.invocations.push(...scope.invocations.map((inner) => ({ ...inner, place: invocation.place })))
      for (const inner of scope.modules) {
        if (!inner.scope) continue
        const child = emptyModule(inner, module, module.crate, module.file)
        module.modules.push(child)
        addScope(child, inner.scope, macros)
      }
    }
    pending = module.invocations.filter(
      (invocation) => macros.has(lastStep(invocation.name)) && !pending.includes(invocation),
    )
    for (const invocation of pending) module.invocations.splice(module.invocations.indexOf(invocation), 1)
  }
  for (const child of module.modules) expandAll(child, macros)
}

const lastStep = (path: string): string => path.slice(path.lastIndexOf(':') + 1)

function fits(pattern: string, name: string): boolean {
  const [before = '', after = ''] = pattern.split('*')
  return name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after)
}
