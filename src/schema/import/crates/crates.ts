import { posix } from 'node:path'
import type { RustInvocation, RustMacro, RustScope } from '../../../rust/ast.ts'
import { branchesOfCfgIf, expandBitflags, isBitflags, isCfgIf } from '../../../rust/macros/library-macros.ts'
import { type CalledMacro, expandMacro } from '../../../rust/macros/macro-rules.ts'
import { readRust } from '../../../rust/read-rust.ts'
import { Source } from '../../../rust/source.ts'
import type { ImportNote } from '../notes.ts'
import type { CargoManifest } from './cargo-manifest.ts'
import {
  addScope,
  type Crate,
  type CrateParts,
  emptyModule,
  isTestOnly,
  type Module,
  type ModuleFile,
  NewCrate,
  ROOT,
} from './module.ts'
import { includedFile, modulePaths, withConditions } from './module-files.ts'
import { Packages, type SourceFiles } from './packages.ts'

/** The maximum nesting of macro calls, because a macro may call itself without end. Real code stays far below it. */
const MAX_EXPANSIONS = 16

/** Loads the crates of an import on first use: reads their modules and expands their macros. */
export class Crates {
  readonly packages: Packages
  /** All crates that are loaded so far. */
  readonly all: Crate[] = []
  /** Problems of the source. They may not affect the imported types. */
  readonly notes: ImportNote[] = []
  readonly #files: SourceFiles
  readonly #libraries = new Map<string, Crate | undefined>()
  readonly #sources = new Set<string>()
  /** The folders of the packages that the user asked to import, by crate name. */
  readonly #imported = new Map<string, string>()
  /** The files that are being read. `include!` in each file names the next one. */
  readonly #reading: string[] = []
  /** The folder of the first imported package. Paths in it are shown as `crate::…`. */
  #firstFolder: string | undefined

  constructor(files: SourceFiles) {
    this.#files = files
    this.packages = new Packages(files)
  }

  /** Every file that was read. */
  get sources(): readonly string[] {
    return [...this.#sources]
  }

  /** Loads the library and the programs of a package that the user asked to import. */
  package(folder: string): Crate[] {
    const manifest = this.packages.manifest(folder)
    if (!manifest) return []
    this.#firstFolder ??= folder
    if (manifest.name !== undefined) this.#imported.set(manifest.name, folder)
    const library = this.library(folder)
    const binNames = this.#files.list(posix.join(folder, 'src/bin')) ?? []
    const programs = [
      'src/main.rs',
      ...manifest.binaryPaths,
      ...binNames.flatMap((name) => (name.endsWith('.rs') ? [`src/bin/${name}`] : [`src/bin/${name}/main.rs`])),
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

  /** The first segment of paths into the crate of a package. */
  #shownAs(folder: string): string {
    return folder === this.#firstFolder ? 'crate' : (this.packages.manifest(folder)?.name ?? 'crate')
  }

  /** Loads the library of a package on first use. Returns `undefined` if the package has none. */
  library(folder: string): Crate | undefined {
    if (!this.#libraries.has(folder)) {
      const manifest = this.packages.manifest(folder)
      const file = posix.join(folder, manifest?.libraryPath ?? 'src/lib.rs')
      const exists = manifest?.name !== undefined && this.#files.read(file) !== undefined
      // Crates may depend on each other in tests. This entry ends the recursion.
      this.#libraries.set(folder, undefined)
      if (exists) {
        const name = manifest.name as string
        this.#libraries.set(
          folder,
          this.#crate({ name, folder, file, library: undefined, shownAs: this.#shownAs(folder), manifest }),
        )
      }
    }
    return this.#libraries.get(folder)
  }

  /** Loads a file as a crate of its own. `folder` is the folder of the package that contains the file, if any. */
  file(file: string, folder: string | undefined): Crate {
    const manifest = folder === undefined ? undefined : this.packages.manifest(folder)
    this.#firstFolder ??= folder
    const library = folder === undefined ? undefined : this.library(folder)
    const name = posix.basename(file, '.rs')
    return this.#crate({ name, folder: folder ?? posix.dirname(file), file, library, shownAs: 'crate', manifest })
  }

  /** Loads files without a package as one crate, in which each file is a module named after the file. */
  loose(files: readonly string[]): Crate {
    const crate = new NewCrate({ name: 'crate', folder: '', file: '', library: undefined, shownAs: 'crate' })
    const { root } = crate
    for (const file of files) {
      const name = posix.basename(file, '.rs')
      const isTaken = root.modules.some((other) => other.name === name)
      const at = { file, folder: posix.dirname(file) }
      const module = emptyModule({ ...ROOT, name: isTaken ? file : name }, root, crate, at)
      root.modules.push(module)
      this.#read(module)
    }
    this.#expandAll(root)
    this.all.push(crate)
    return crate
  }

  /** Finds the crate that a name refers to in the source of `crate`. `undefined` if its source is not available. */
  dependency(crate: Crate, name: string): Crate | undefined {
    if (crate.library && name === crate.library.name) return crate.library
    if (name === crate.name) return crate
    // The source of a dependency from a registry or a repository may be one of the imported packages.
    const { packages } = this
    const folder = packages.dependencyFolder(crate, name) ?? this.#imported.get(packages.publishedName(crate, name))
    return folder === undefined ? undefined : this.library(folder)
  }

  /** Creates a crate and loads its modules. */
  #crate(parts: CrateParts & { readonly manifest: CargoManifest | undefined }): Crate {
    const crate = new NewCrate(parts)
    this.#read(crate.root)
    this.#expandAll(crate.root)
    this.all.push(crate)
    return crate
  }

  /** Adds the contents of a file to a module, and loads its child modules. */
  #read(module: Module, file = module.file): void {
    const text = this.#files.read(file)
    if (text === undefined) return
    this.#sources.add(file)
    const scope = readRust(new Source(file, text))
    for (const { file: at, line } of scope.errors) this.notes.push({ file: at, line, code: 'unparsable' })
    this.#reading.push(file)
    this.#fill(module, scope, { file, folder: module.folder })
    this.#reading.pop()
  }

  /** Adds a scope to a module, and loads the files that the scope includes or declares as modules. */
  #fill(module: Module, scope: RustScope, at: ModuleFile): void {
    addScope(module, scope)
    for (const invocation of scope.invocations) {
      if (isTestOnly(invocation.attributes)) continue
      const included = includedFile(invocation)
      const file = included === undefined ? undefined : posix.join(posix.dirname(at.file), included)
      // A file that is being read must not be read again, because a file may include itself.
      const canInclude = file !== undefined && !this.#reading.includes(file) && this.#files.read(file) !== undefined
      if (canInclude) this.#read(module, file)
      else module.invocations.push(invocation)
    }
    for (const inner of scope.modules) {
      if (isTestOnly(inner.attributes)) continue
      const paths = modulePaths(inner.attributes)
      if (inner.scope) {
        const folder = posix.join(at.folder, paths[0]?.path ?? inner.name)
        const child = emptyModule(inner, module, module.crate, { file: at.file, folder })
        module.modules.push(child)
        this.#fill(child, inner.scope, child)
        continue
      }
      // Inside `mod a { … }` a path is relative to the folder of `a`, elsewhere to the folder of the file.
      const isInlineModule = module.file === module.parent?.file
      const tried: string[] = []
      let isFound = false
      for (const { path, when } of paths) {
        const candidates =
          path === undefined
            ? [posix.join(at.folder, `${inner.name}.rs`), posix.join(at.folder, inner.name, 'mod.rs')]
            : isInlineModule
              ? [posix.join(at.folder, path)]
              : [posix.join(posix.dirname(at.file), path), posix.join(at.folder, path)]
        const file = candidates.find((candidate) => this.#files.read(candidate) !== undefined)
        tried.push(...candidates)
        if (file === undefined) continue
        isFound = true
        const attributes = [...inner.attributes, ...when]
        const ownsFolder = posix.basename(file) === 'mod.rs' || path !== undefined
        const folder = ownsFolder ? posix.dirname(file) : file.slice(0, -'.rs'.length)
        const child = emptyModule({ ...inner, attributes }, module, module.crate, { file, folder })
        module.modules.push(child)
        this.#read(child)
      }
      if (isFound) continue
      const { file, line } = inner.location
      this.notes.push({ file, line, code: 'module-missing', module: inner.name, tried: [...new Set(tried)] })
    }
  }

  /** Expands macro calls once all files are read, because a macro may be defined in a file that is read later. */
  #expandAll(module: Module): void {
    let pending = module.invocations.splice(0)
    const notExpanded: RustInvocation[] = []
    for (let round = 0; round < MAX_EXPANSIONS && pending.length > 0; round += 1) {
      for (const invocation of pending) {
        const scopes = this.#expanded(module, invocation)
        if (scopes === undefined) notExpanded.push(invocation)
        const at = { file: invocation.location.file, folder: module.folder }
        const conditions = invocation.attributes.filter(({ path }) => path === 'cfg')
        for (const scope of scopes ?? []) this.#fill(module, withConditions(scope, conditions), at)
      }
      pending = module.invocations.splice(0)
    }
    module.invocations.push(...notExpanded, ...pending)
    for (const child of module.modules) this.#expandAll(child)
  }

  /** The code that a macro call expands to. `undefined` if crbus cannot expand the macro. */
  #expanded(module: Module, invocation: RustInvocation): RustScope[] | undefined {
    const { file, line } = invocation.location
    const read = (text: string) => readRust(new Source(file, text, line))
    if (isBitflags(invocation)) return [read(expandBitflags(invocation))]
    if (isCfgIf(invocation)) {
      return branchesOfCfgIf(invocation).map(({ attributes, body }) =>
        // Attributes can only be parsed with an item, so attach them to a struct.
        withConditions(read(body), read(`${attributes} struct It;`).items[0]?.attributes ?? []),
      )
    }
    const called = this.#macroFor(module, invocation)
    const text = called && expandMacro(invocation, called)
    return text === undefined ? undefined : [read(text)]
  }

  /**
   * Finds a called macro in this module and its parents, else as the only macro of that name in the crate, else in a crate
   * from which the module imports the macro. Returns `undefined` if there is none, or if the choice is not clear.
   */
  #macroFor(module: Module, { name }: RustInvocation): CalledMacro | undefined {
    const steps = name.split('::').filter((step) => step !== '')
    const macroName = steps.at(-1) as string
    for (let at: Module | undefined = module; at; at = at.parent) {
      const macros = steps.length === 1 ? at.macros.filter((one) => one.name === macroName) : []
      // A later macro of the same name replaces earlier ones.
      const macro = macros.at(-1)
      // If their `cfg` decides between several macros, the right one is unknown.
      if (macros.length > 1 && macros.some(({ attributes }) => attributes.some(({ path }) => path === 'cfg')))
        return undefined
      if (macro) return { macro, crate: 'crate' }
    }
    const [own, ...others] = macrosNamed(macroName, module.crate.root)
    if (own) return others.length === 0 ? { macro: own, crate: 'crate' } : undefined
    const paths =
      steps.length > 1
        ? [steps]
        : [
            ...module.uses.flatMap(({ as, path }) => (as === macroName || as === undefined ? [path] : [])),
            ...[...module.crate.root.externs.values()].map((crate) => [crate]),
          ]
    for (const [crate = ''] of paths) {
      const dependency = crate === 'crate' ? undefined : this.dependency(module.crate, crate)
      const [macro, ...more] = dependency && dependency !== module.crate ? macrosNamed(macroName, dependency.root) : []
      if (macro && more.length === 0) return { macro, crate: `::${crate}` }
    }
    return undefined
  }
}

/** All macros with a name in a module and its child modules. */
const macrosNamed = (name: string, module: Module): RustMacro[] => [
  ...module.macros.filter((macro) => macro.name === name),
  ...module.modules.flatMap((child) => macrosNamed(name, child)),
]
