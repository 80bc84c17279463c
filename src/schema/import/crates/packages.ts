import { posix } from 'node:path'
import { type CargoDependency, type CargoManifest, DEFAULT_EDITION, readManifest } from './cargo-manifest.ts'

/** Access to source files. Paths have forward slashes. Both methods return `undefined` for a path that does not exist. */
export interface SourceFiles {
  read(path: string): string | undefined
  /** The names of the files and folders in a folder. */
  list(path: string): readonly string[] | undefined
}

/** The properties of a crate that are needed to find its dependencies. */
interface DependentCrate {
  readonly folder: string
  readonly dependencies: ReadonlyMap<string, CargoDependency>
}

/**
 * The maximum number of parent folders to search. A relative path has no root that ends the search: `..` continues with
 * `../..`.
 */
const MAX_LEVELS = 24

/** Reads the Cargo.toml files of packages and workspaces, each file once. */
export class Packages {
  readonly #files: SourceFiles
  readonly #manifests = new Map<string, CargoManifest | undefined>()

  constructor(files: SourceFiles) {
    this.#files = files
  }

  /** The Cargo.toml of a folder, or `undefined` if the folder has none. */
  manifest(folder: string): CargoManifest | undefined {
    if (!this.#manifests.has(folder)) {
      const text = this.#files.read(posix.join(folder, 'Cargo.toml'))
      this.#manifests.set(folder, text === undefined ? undefined : readManifest(text))
    }
    return this.#manifests.get(folder)
  }

  /** The edition of Rust of the package in a folder. */
  editionOf(folder: string): string {
    const edition = this.manifest(folder)?.edition ?? DEFAULT_EDITION
    if (edition !== 'inherited') return edition
    const workspace = this.workspaceOf(folder)
    return (workspace === undefined ? undefined : this.manifest(workspace)?.workspaceEdition) ?? DEFAULT_EDITION
  }

  /** The folder of a dependency whose source is in the file system, as its `path` or a `[patch]` says. */
  dependencyFolder(crate: DependentCrate, name: string): string | undefined {
    const dependency = crate.dependencies.get(name)
    const workspace = this.workspaceOf(crate.folder)
    const inherited = workspace === undefined ? undefined : this.manifest(workspace)?.workspaceDependencies.get(name)
    if (dependency?.path !== undefined) return posix.join(crate.folder, dependency.path)
    if (dependency?.isInherited && workspace !== undefined && inherited?.path !== undefined) {
      return posix.join(workspace, inherited.path)
    }
    const published = this.publishedName(crate, name)
    for (const folder of [workspace, crate.folder]) {
      const path = folder === undefined ? undefined : this.manifest(folder)?.patches.get(published)?.path
      if (folder !== undefined && path !== undefined) return posix.join(folder, path)
    }
    return undefined
  }

  /** The published name of a dependency, which a manifest may rename. */
  publishedName(crate: DependentCrate, name: string): string {
    const dependency = crate.dependencies.get(name)
    if (!dependency?.isInherited) return dependency?.package ?? name
    const workspace = this.workspaceOf(crate.folder) ?? ''
    return this.manifest(workspace)?.workspaceDependencies.get(name)?.package ?? dependency.package
  }

  /** The Cargo features that a crate enables in a dependency. */
  featuresOf(crate: DependentCrate, name: string): readonly string[] {
    const own = crate.dependencies.get(name)
    const workspace = own?.isInherited ? this.workspaceOf(crate.folder) : undefined
    const inherited = workspace === undefined ? undefined : this.manifest(workspace)?.workspaceDependencies.get(name)
    return [...(own?.features ?? []), ...(inherited?.features ?? [])]
  }

  /** The required version of a published crate, by the first two numbers of the requirement: `[0, 3]` of `^0.3.36`. */
  versionOf(crate: DependentCrate, published: string): readonly [number, number] | undefined {
    for (const [name, own] of crate.dependencies) {
      if (this.publishedName(crate, name) !== published) continue
      const workspace = own.isInherited ? this.workspaceOf(crate.folder) : undefined
      const inherited = workspace === undefined ? undefined : this.manifest(workspace)?.workspaceDependencies.get(name)
      const found = /(\d+)(?:\.(\d+))?/.exec(own.version ?? inherited?.version ?? '')
      return found ? [Number(found[1]), Number(found[2] ?? 0)] : undefined
    }
    return undefined
  }

  /** The features that these features of the package in a folder turn on, and they themselves. */
  impliedFeatures(folder: string, features: readonly string[]): readonly string[] {
    const table = this.manifest(folder)?.features
    const all = new Set(features)
    for (const feature of all) for (const implied of table?.get(feature) ?? []) all.add(implied)
    return [...all]
  }

  /** The folder of the workspace that contains a folder, or `undefined` if there is none. */
  workspaceOf(folder: string): string | undefined {
    return this.#searchUpwards(folder, (manifest) => manifest.members !== undefined)
  }

  /** The folder of the package that contains a file, or `undefined` if there is none. */
  packageOf(file: string): string | undefined {
    return this.#searchUpwards(posix.dirname(file), (manifest) => manifest.name !== undefined)
  }

  /** The folders of the member packages of a workspace. The patterns of members may contain `*`. */
  members(folder: string): string[] {
    return (this.manifest(folder)?.members ?? []).flatMap((pattern) => {
      const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.')
      let folders = [folder]
      for (const segment of segments) {
        folders = folders.flatMap((at) =>
          segment.includes('*')
            ? (this.#files.list(at) ?? [])
                .filter((name) => matchesPattern(segment, name))
                .map((name) => posix.join(at, name))
            : [posix.join(at, segment)],
        )
      }
      return folders.filter((at) => this.manifest(at)?.name !== undefined)
    })
  }

  #searchUpwards(folder: string, isWanted: (manifest: CargoManifest) => boolean): string | undefined {
    let at = posix.normalize(folder)
    for (let level = 0; level < MAX_LEVELS; level += 1) {
      const manifest = this.manifest(at)
      if (manifest && isWanted(manifest)) return at
      const up = posix.join(at, '..')
      if (up === at) return undefined
      at = up
    }
    return undefined
  }
}

/** Whether a name matches a pattern with at most one `*`. */
function matchesPattern(pattern: string, name: string): boolean {
  const [before = '', after = ''] = pattern.split('*')
  return name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after)
}
