import { posix } from 'node:path'
import type { RustInvocation, RustModule, RustScope } from '../../../rust/ast.ts'
import { readBlock, readRust } from '../../../rust/read-rust.ts'
import { Source, type SourceLocation } from '../../../rust/source.ts'
import type { ImportProblem } from '../import-report.ts'
import type { ImportNote } from '../notes.ts'
import type { CargoManifest } from './cargo-manifest.ts'
import {
  type CalledMacros,
  expandCall,
  findMacro,
  MAX_EXPANSIONS,
  type MacroScope,
  macrosNamed,
  onlyMacro,
  withMacro,
} from './macro-expansion.ts'
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
import { includedFile, modulePaths, pathFromRoot } from './module-files.ts'
import { Packages, type SourceFiles } from './packages.ts'

/** The maximum nesting of modules: the default recursion limit of rustc. */
const MAX_MODULE_DEPTH = 128

/** The maximum number of files to read, each one as often as modules name it. The largest crates have a few thousand. */
const MAX_FILES = 20_000

/** The maximum number of macro calls. Large crates have a few thousand outside of functions. */
const MAX_CALLS = 20_000

/** Loads the crates of an import on first use: reads their modules and expands their macros. */
export class Crates {
  readonly packages: Packages
  /** All crates that are loaded so far. */
  readonly all: Crate[] = []
  /** Problems of the source. They may not affect the imported types. */
  readonly notes: ImportNote[] = []
  /** Limits that the source exceeds. Without its other modules, an import could be wrong. */
  readonly problems: ImportProblem[] = []
  readonly #noted = new Set<string>()
  #fileCount = 0
  #callCount = 0
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
    const name = manifest.name ?? 'main'
    const shownAs = this.#shownAs(folder)
    const crates = this.#programsOf(folder).map((file) =>
      this.#crate({ name, folder, file, library, shownAs, manifest }),
    )
    return library ? [library, ...crates] : crates
  }

  /** The files of the programs of a package that exist. */
  #programsOf(folder: string): string[] {
    const binNames = this.#files.list(posix.join(folder, 'src/bin')) ?? []
    const paths = [
      'src/main.rs',
      ...(this.packages.manifest(folder)?.binaryPaths ?? []),
      ...binNames.flatMap((name) => (name.endsWith('.rs') ? [`src/bin/${name}`] : [`src/bin/${name}/main.rs`])),
    ]
    return [...new Set(paths)]
      .map((path) => posix.join(folder, path))
      .filter((file) => this.#files.read(file) !== undefined)
  }

  /** The folders of the members of a workspace that have a library or a program. */
  membersWithSource(workspace: string): string[] {
    const members = [...new Set(this.packages.members(workspace))].filter((folder) => folder !== workspace)
    return members.filter((folder) => this.#programsOf(folder).length > 0 || this.library(folder) !== undefined)
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
      this.#read(module, { macros: new Map() })
    }
    this.#expandByPath(root)
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

  /** The text of a file that was read. */
  textOf(file: string): string | undefined {
    return this.#files.read(file)
  }

  /** The features of a crate that its own manifest or the manifest of a crate that depends on it turns on. */
  enabledFeatures(crate: Crate): readonly string[] {
    const dependents = this.all.flatMap((other) =>
      [...other.dependencies.keys()].flatMap((name) =>
        this.dependency(other, name) === crate ? this.packages.featuresOf(other, name) : [],
      ),
    )
    return this.packages.impliedFeatures(crate.folder, dependents)
  }

  /** Creates a crate and loads its modules. */
  #crate(parts: CrateParts & { readonly manifest: CargoManifest | undefined }): Crate {
    const crate = new NewCrate({ ...parts, edition: parts.manifest && this.packages.editionOf(parts.folder) })
    this.#read(crate.root, { macros: new Map() })
    this.#expandByPath(crate.root)
    this.all.push(crate)
    return crate
  }

  /** Adds the contents of a file to a module, and loads its child modules. */
  #read(module: Module, scope: MacroScope, file = module.file): void {
    const text = this.#fileCount < MAX_FILES ? this.#files.read(file) : undefined
    if (text === undefined) return
    this.#fileCount += 1
    if (this.#fileCount === MAX_FILES)
      this.#refuse(
        { file, line: 0 },
        file,
        `the source has more than ${MAX_FILES} files, counting each one as often as it is named`,
      )
    this.#sources.add(file)
    const read = readRust(new Source(file, text))
    for (const line of new Set(read.errors.map((error) => error.line))) this.#note({ file, line, code: 'unparsable' })
    if (file === module.file) module.attributes.push(...read.attributes)
    this.#reading.push(file)
    this.#fill(module, read, { file, folder: module.folder }, scope)
    this.#reading.pop()
  }

  /**
   * Adds a scope to a module in the order of the source, because a macro call refers to the last macro of that name before it.
   * Loads the files that the scope includes or declares as modules. `macros` are the macros that the scope sees, and receives
   * those that it defines.
   */
  #fill(module: Module, scope: RustScope, at: ModuleFile, macros: MacroScope, depth = 0): void {
    addScope(module, scope)
    const read = (text: string, line: number) => readRust(new Source(at.file, text, line))
    for (const block of scope.blocks) {
      const inner = block.body && readBlock(block.body)
      if (inner) {
        const child = emptyModule({ ...ROOT, name: '' }, module, module.crate, at, true)
        module.blocks.push(child)
        this.#fill(child, inner, at, { macros: macros.macros }, depth)
      }
    }
    for (const part of inOrder(scope)) {
      if (isTestOnly(part.attributes)) continue
      if ('rules' in part) macros.macros = withMacro(macros.macros, part)
      else if (!('tokens' in part)) this.#addModule(module, part, at, macros)
      else {
        const included = includedFile(part)
        const file = included === undefined ? undefined : posix.join(posix.dirname(at.file), included)
        // A file that is being read must not be read again, because a file may include itself.
        const canInclude = file !== undefined && !this.#reading.includes(file) && this.#files.read(file) !== undefined
        if (canInclude) {
          this.#read(module, macros, file)
          continue
        }
        const called = findMacro(part.name, macros.macros)
        const scopes = depth < MAX_EXPANSIONS && this.#mayExpand(part) ? expandCall(part, called, read) : undefined
        if (scopes === undefined) module.invocations.push(part)
        else for (const inner of scopes) this.#fill(module, inner, at, macros, depth + 1)
      }
    }
  }

  /** Counts a macro call. False if there are too many, because each call of a macro may lead to several others. */
  #mayExpand({ location, name }: RustInvocation): boolean {
    this.#callCount += 1
    if (this.#callCount <= MAX_CALLS) return true
    this.#refuse(
      location,
      name,
      `the source calls macros more than ${MAX_CALLS} times, counting calls inside of macros`,
    )
    return false
  }

  /** Adds a child module with its block or its files. */
  #addModule(module: Module, inner: RustModule, at: ModuleFile, macros: MacroScope): void {
    const enclosing = pathFromRoot(module)
    if (enclosing.length > MAX_MODULE_DEPTH) {
      this.#refuse(inner.location, inner.name, `modules are nested more than ${MAX_MODULE_DEPTH} levels deep`)
      return
    }
    const paths = modulePaths(inner.attributes)
    const seen: MacroScope = { macros: macros.macros }
    /** Returns the macros of a child to this module, if the child says so. */
    const leave = ({ attributes }: Module) => {
      if (attributes.some(({ path }) => path === 'macro_use')) macros.macros = seen.macros
    }
    if (inner.scope) {
      const folder = posix.join(at.folder, paths[0]?.path ?? inner.name)
      const attributes = [...inner.attributes, ...inner.scope.attributes]
      const child = emptyModule({ ...inner, attributes }, module, module.crate, { file: at.file, folder })
      module.modules.push(child)
      this.#fill(child, inner.scope, child, seen)
      leave(child)
      return
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
      const circle = enclosing.findIndex((outer) => outer.file === file)
      if (circle !== -1) {
        const chain = [...new Set(enclosing.slice(circle).map((outer) => outer.file)), file]
        this.#note({ ...inner.location, code: 'module-circular', module: inner.name, chain })
        continue
      }
      const attributes = [...inner.attributes, ...when]
      const ownsFolder = posix.basename(file) === 'mod.rs' || path !== undefined
      const folder = ownsFolder ? posix.dirname(file) : file.slice(0, -'.rs'.length)
      const child = emptyModule({ ...inner, attributes }, module, module.crate, { file, folder })
      module.modules.push(child)
      this.#read(child, seen)
      leave(child)
    }
    if (isFound) return
    const missing = { code: 'module-missing', module: inner.name, tried: [...new Set(tried)] } as const
    this.#note({ ...inner.location, ...missing })
  }

  /** Adds a note, unless another module that reads the same file added it already. */
  #note(note: ImportNote): void {
    const key = JSON.stringify(note)
    if (!this.#noted.has(key)) this.notes.push(note)
    this.#noted.add(key)
  }

  #refuse(location: SourceLocation, about: string, reason: string): void {
    if (this.problems.some((other) => other.reason === reason)) return
    this.problems.push({ ...location, about, reason, fix: undefined })
  }

  /**
   * Expands the calls of macros that are found by path once all files are read, because such a macro may be defined in a file
   * that is read later.
   */
  #expandByPath(module: Module): void {
    const notExpanded: RustInvocation[] = []
    for (let round = 0; round < MAX_EXPANSIONS && module.invocations.length > 0; round += 1) {
      for (const invocation of module.invocations.splice(0)) {
        const { file, line } = invocation.location
        const called = this.#macroByPath(module, invocation)
        const scopes =
          called && this.#mayExpand(invocation)
            ? expandCall(invocation, called, (text) => readRust(new Source(file, text, line)))
            : undefined
        if (scopes === undefined) notExpanded.push(invocation)
        const at = { file, folder: module.folder }
        for (const scope of scopes ?? []) this.#fill(module, scope, at, { macros: new Map() })
      }
    }
    module.invocations.push(...notExpanded)
    for (const child of [...module.modules, ...module.blocks]) this.#expandByPath(child)
  }

  /**
   * Finds a called macro as the only macro of that name in the module that its path names, else in the crate, else in a crate
   * from which the module imports the macro. Returns `undefined` if there is none, or if the choice is not clear.
   */
  #macroByPath(module: Module, { name }: RustInvocation): CalledMacros | undefined {
    const written = name.split('::').filter((step) => step !== '')
    const macroName = written.at(-1) as string
    const uses = written.length > 1 ? [] : module.uses
    const paths = [
      ...(written.length > 1 ? [written] : []),
      ...uses.flatMap(({ as, path }) => (as === macroName ? [path] : as === undefined ? [[...path, macroName]] : [])),
      ...(written.length > 1 ? [] : [...module.crate.root.externs.values()].map((crate) => [crate, macroName])),
    ]
    for (const path of paths) {
      const [first = '', ...rest] = path
      const child = module.modules.find(({ name: inner }) => inner === first)
      const isOwn = child !== undefined || first === 'crate' || first === 'self' || first === 'super'
      const crate = isOwn ? module.crate : this.dependency(module.crate, first)
      if (!crate) continue
      const original = path.at(-1) as string
      const shown = crate === module.crate ? 'crate' : `::${first}`
      const near = child ?? (first === 'self' ? module : first === 'super' ? module.parent : crate.root)
      const named = moduleAt(near, rest.slice(0, -1))
      const found =
        onlyMacro(named?.macros.filter((macro) => macro.name === original)) ??
        onlyMacro(macrosNamed(original, crate.root))
      if (found) return { macros: found, crate: shown }
    }
    const own = onlyMacro(macrosNamed(macroName, module.crate.root))
    return own && written.length === 1 ? { macros: own, crate: 'crate' } : undefined
  }
}

/** The macros, macro calls and modules of a scope in the order of the source. */
const inOrder = ({ macros, invocations, modules }: RustScope) =>
  [...macros, ...invocations, ...modules].sort((a, b) => a.at - b.at)

/** The module at a path of child modules and `super`. */
const moduleAt = (module: Module | undefined, path: readonly string[]): Module | undefined =>
  path.reduce<Module | undefined>(
    (at, step) => (step === 'super' ? at?.parent : at?.modules.find(({ name }) => name === step)),
    module,
  )
