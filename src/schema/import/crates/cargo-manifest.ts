/** The parts of a Cargo.toml that an import needs. */
export interface CargoManifest {
  /** The name of the crate in Rust code: `order_events`. `undefined` for a workspace without a root package. */
  readonly name: string | undefined
  /** The edition of Rust, such as `2021`. `inherited`: the workspace defines it. */
  readonly edition: string
  /** The edition that members can inherit. */
  readonly workspaceEdition: string | undefined
  /** The path of the library's root file, relative to the folder of the manifest. `undefined` for the default path. */
  readonly libraryPath: string | undefined
  /** The `path` of each `[[bin]]`, relative to the folder of the manifest. */
  readonly binaryPaths: readonly string[]
  /** The dependencies, by their names in Rust code. */
  readonly dependencies: ReadonlyMap<string, CargoDependency>
  /** The features of the package, each with those that it turns on: its own, and `uuid/serde` of dependencies. */
  readonly features: ReadonlyMap<string, readonly string[]>
  /** Glob patterns of the folders of member packages. `undefined` if the manifest is not a workspace. */
  readonly members: readonly string[] | undefined
  /** The dependencies that members can inherit with `workspace = true`. */
  readonly workspaceDependencies: ReadonlyMap<string, CargoDependency>
  /** Local replacements of published crates, by their published names. */
  readonly patches: ReadonlyMap<string, CargoDependency>
}

export interface CargoDependency {
  /** The published name of the crate, which the manifest may rename. */
  readonly package: string
  /** The required version, such as `1.3` or `>=0.2, <0.4`. `undefined` for a crate from a folder, a repository or the workspace. */
  readonly version: string | undefined
  /** The folder of the crate, relative to the folder of the manifest. */
  readonly path: string | undefined
  /** `workspace = true`: the workspace defines the dependency. */
  readonly isInherited: boolean
  readonly features: readonly string[]
}

/** The edition of a package whose manifest names none. */
export const DEFAULT_EDITION = '2015'

/** Converts the name of a package to the name of its crate in Rust code: `order-events` to `order_events`. */
export const crateName = (name: string): string => name.replaceAll('-', '_')

/** Reads a Cargo.toml and ignores everything that it cannot read, because Cargo itself reports broken manifests. */
export function readManifest(text: string): CargoManifest {
  const root = readToml(text)
  const workspace = tableOf(root.get('workspace'))
  const ownPackage = tableOf(root.get('package'))
  const name = textOf(ownPackage?.get('name'))
  const edition = ownPackage?.get('edition')
  const library = tableOf(root.get('lib'))
  const binaries = root.get('bin')
  const dependencies = new Map<string, CargoDependency>()
  // Dependencies may depend on the platform: `[target.'cfg(unix)'.dependencies]`.
  const sections = [root, ...[...(tableOf(root.get('target')) ?? [])].map(([, target]) => tableOf(target))]
  for (const section of sections) {
    for (const kind of ['dependencies', 'dev-dependencies']) {
      for (const [key, value] of dependenciesIn(tableOf(section?.get(kind)))) {
        if (!dependencies.has(key)) dependencies.set(key, value)
      }
    }
  }
  const members = workspace?.get('members')
  const libraryName = textOf(library?.get('name')) ?? name
  return {
    name: libraryName === undefined ? undefined : crateName(libraryName),
    edition: tableOf(edition) ? 'inherited' : (textOf(edition) ?? DEFAULT_EDITION),
    workspaceEdition: textOf(tableOf(workspace?.get('package'))?.get('edition')),
    libraryPath: textOf(library?.get('path')),
    binaryPaths: Array.isArray(binaries)
      ? binaries.flatMap((binary) => textOf(tableOf(binary)?.get('path')) ?? [])
      : [],
    dependencies,
    features: new Map(
      [...(tableOf(root.get('features')) ?? [])].map(([feature, turnsOn]) => [feature, textsOf(turnsOn)]),
    ),
    members: workspace && textsOf(members),
    workspaceDependencies: dependenciesIn(tableOf(workspace?.get('dependencies'))),
    patches: new Map(
      [...(tableOf(root.get('patch'))?.values() ?? [])]
        .flatMap((registry) => [...dependenciesIn(tableOf(registry)).values()])
        .map((dependency) => [dependency.package, dependency]),
    ),
  }
}

/** A package in a Cargo.lock. */
export interface LockedPackage {
  /** The published name, as the name of a crate in Rust code. */
  readonly name: string
  readonly version: string
  /** The packages that this package depends on, each with its version if the file has several. */
  readonly dependencies: readonly { readonly name: string; readonly version: string | undefined }[]
}

/** Reads the packages of a Cargo.lock. */
export function readLock(text: string): LockedPackage[] {
  const packages = readToml(text).get('package')
  return (Array.isArray(packages) ? packages : []).flatMap((one) => {
    const table = tableOf(one)
    const [name, version] = [textOf(table?.get('name')), textOf(table?.get('version'))]
    if (name === undefined || version === undefined) return []
    const dependencies = textsOf(table?.get('dependencies')).map((dependency) => {
      const [of = '', locked] = dependency.split(' ')
      return { name: crateName(of), version: locked }
    })
    return [{ name: crateName(name), version, dependencies }]
  })
}

function dependenciesIn(table: TomlTable | undefined): Map<string, CargoDependency> {
  return new Map(
    [...(table ?? [])].map(([key, value]) => {
      const details = tableOf(value)
      const features = details?.get('features')
      const dependency = {
        package: crateName(textOf(details?.get('package')) ?? key),
        version: textOf(details?.get('version')) ?? textOf(value),
        path: textOf(details?.get('path')),
        isInherited: details?.get('workspace') === true,
        features: textsOf(features),
      }
      return [crateName(key), dependency]
    }),
  )
}

type TomlTable = Map<string, TomlValue>
type TomlValue = string | number | boolean | TomlValue[] | TomlTable

const tableOf = (value: TomlValue | undefined): TomlTable | undefined => (value instanceof Map ? value : undefined)
const textOf = (value: TomlValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

const textsOf = (value: TomlValue | undefined): string[] =>
  Array.isArray(value) ? value.flatMap((one) => textOf(one) ?? []) : []

/** Parses the subset of TOML that manifests use. Skips lines that it cannot parse. */
function readToml(text: string): TomlTable {
  const root: TomlTable = new Map()
  const reader = new TomlReader(text)
  let table = root
  while (!reader.isAtEnd()) {
    const header = reader.header()
    if (header) table = header.isList ? appendTable(root, header.path) : tableAt(root, header.path)
    else {
      const entry = reader.entry()
      if (entry) tableAt(table, entry.path.slice(0, -1)).set(entry.path.at(-1) as string, entry.value)
    }
    reader.toNextLine()
  }
  return root
}

/** Returns the table at a path, creating it if it does not exist. In an array of tables, the path continues in the last one. */
function tableAt(table: TomlTable, path: readonly string[]): TomlTable {
  let inner = table
  for (const key of path) {
    const found = inner.get(key)
    const last = Array.isArray(found) ? found.at(-1) : found
    const next: TomlTable = last instanceof Map ? last : new Map()
    if (next !== last) inner.set(key, next)
    inner = next
  }
  return inner
}

/** Appends a table to an array of tables: `[[bin]]`. */
function appendTable(root: TomlTable, path: readonly string[]): TomlTable {
  const parent = tableAt(root, path.slice(0, -1))
  const key = path.at(-1) ?? ''
  const list = parent.get(key)
  const table: TomlTable = new Map()
  if (Array.isArray(list)) list.push(table)
  else parent.set(key, [table])
  return table
}

/** Reads the elements of a TOML text from the start to the end. A method that finds another element returns `undefined`. */
class TomlReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Skips white space and comments. Returns true if nothing is left. */
  isAtEnd(): boolean {
    this.#skipBlanks(/(?:\s|#[^\n]*)*/y)
    return this.#at >= this.#text.length
  }

  toNextLine(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end === -1 ? this.#text.length : end + 1
  }

  /** Reads the path in `[package]`, or in `[[bin]]` for a list of tables. */
  header(): { path: string[]; isList: boolean } | undefined {
    if (!this.#takeIf('[')) return undefined
    const isList = this.#takeIf('[')
    return { path: this.#path(), isList }
  }

  /** Reads `key = value`. */
  entry(): { path: string[]; value: TomlValue } | undefined {
    const path = this.#path()
    if (path.length === 0 || !this.#takeIf('=')) return undefined
    const value = this.#value()
    return value === undefined ? undefined : { path, value }
  }

  #path(): string[] {
    const path: string[] = []
    do {
      this.#skipBlanks()
      const key = this.#string() ?? this.#match(/[\w-]+/y)
      if (key === undefined) return []
      path.push(key)
    } while (this.#takeIf('.'))
    return path
  }

  #value(): TomlValue | undefined {
    this.#skipBlanks()
    const text = this.#string()
    if (text !== undefined) return text
    if (this.#takeIf('[')) return this.#list()
    if (this.#takeIf('{')) return this.#inlineTable()
    const word = this.#match(/[\w.+:-]+/y)
    if (word === 'true' || word === 'false') return word === 'true'
    return word === undefined ? undefined : Number(word)
  }

  #list(): TomlValue[] {
    const list: TomlValue[] = []
    while (!this.isAtEnd() && !this.#takeIf(']')) {
      const value = this.#value()
      if (value === undefined) break
      list.push(value)
      this.#skipBlanks(/(?:\s|#[^\n]*)*/y)
      this.#takeIf(',')
    }
    return list
  }

  #inlineTable(): TomlTable {
    const table: TomlTable = new Map()
    while (!this.isAtEnd() && !this.#takeIf('}')) {
      const entry = this.entry()
      if (!entry) break
      tableAt(table, entry.path.slice(0, -1)).set(entry.path.at(-1) as string, entry.value)
      this.#takeIf(',')
    }
    return table
  }

  #string(): string | undefined {
    const found = this.#match(/"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y)
    if (found === undefined) return undefined
    if (found.startsWith('"""') || found.startsWith("'''")) return found.slice(3, -3)
    return found.startsWith("'") ? found.slice(1, -1) : found.slice(1, -1).replaceAll(/\\(["\\])/g, '$1')
  }

  #takeIf(text: string): boolean {
    this.#skipBlanks()
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #skipBlanks(pattern = /[ \t]*/y): void {
    this.#match(pattern)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }
}
