import { posix } from 'node:path'
import {
  type CargoDependency,
  type CargoManifest,
  DEFAULT_EDITION,
  type LockedPackage,
  readLock,
  readManifest,
} from './cargo-manifest.ts'

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

/** The first two numbers of a version: `[0, 3]` of `0.3.36`. */
export type Version = readonly [number, number]

const versionIn = (text: string): Version | undefined => {
  const found = /(\d+)(?:\.(\d+))?/.exec(text)
  return found ? [Number(found[1]), Number(found[2] ?? 0)] : undefined
}

/** Whether a version is earlier than another one. */
export const isEarlier = (a: Version, b: Version): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

/** The earliest version that a requirement with several versions accepts: 0.2 of `>=0.2, <0.4`. */
const lowestOf = (requirement: string): Version => {
  const found = /(?:^|>=?|\^|~|=)\s*(\d+(?:\.\d+)?)/.exec(requirement)
  return versionIn(found?.[1] ?? '') ?? [0, 0]
}

/** A requirement that accepts only versions with the same encodings, as Cargo understands it: `1`, `^0.3.36` or `=0.2.1`. */
const NARROW_REQUIREMENT = /^\s*[=^~]?\s*(?:[1-9]\d*(?:\.\d\S*)?|0\.\d\S*)\s*$/

/** Reads the Cargo.toml files of packages and workspaces, each file once. */
export class Packages {
  readonly #files: SourceFiles
  readonly #manifests = new Map<string, CargoManifest | undefined>()
  readonly #locks = new Map<string, readonly LockedPackage[] | undefined>()

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
  versionOf(crate: DependentCrate, published: string): Version | undefined {
    return versionIn(this.#requirement(crate, published) ?? '')
  }

  /**
   * The earliest version of a published crate that the package may be built with, and the file that says so. A requirement such as
   * `*`, and a crate that another crate re-exports, leave the version to Cargo.lock. `undefined` if no file says anything.
   */
  earliestVersion(
    crate: DependentCrate,
    published: string,
  ): { readonly version: Version; readonly file: 'Cargo.toml' | 'Cargo.lock' } | undefined {
    const requirement = this.#requirement(crate, published)
    const required = requirement === undefined ? undefined : lowestOf(requirement)
    if (required && NARROW_REQUIREMENT.test(requirement ?? '')) return { version: required, file: 'Cargo.toml' }
    const [locked] = this.#lockedVersions(crate.folder, published).sort((a, b) => (isEarlier(a, b) ? -1 : 1))
    if (locked) return { version: locked, file: 'Cargo.lock' }
    return required && { version: required, file: 'Cargo.toml' }
  }

  /** The version requirement of a published crate. `undefined` if the package does not depend on it, or names no version. */
  #requirement(crate: DependentCrate, published: string): string | undefined {
    for (const [name, own] of crate.dependencies) {
      if (this.publishedName(crate, name) !== published) continue
      const workspace = own.isInherited ? this.workspaceOf(crate.folder) : undefined
      const inherited = workspace === undefined ? undefined : this.manifest(workspace)?.workspaceDependencies.get(name)
      return own.version ?? inherited?.version
    }
    return undefined
  }

  /** The versions in Cargo.lock: those that the package itself depends on, or all if it does not depend on the crate. */
  #lockedVersions(folder: string, published: string): Version[] {
    const lock = this.#lock(this.workspaceOf(folder) ?? folder) ?? this.#lock(folder) ?? []
    const own = lock.find(({ name }) => name === this.manifest(folder)?.name)
    const needed = own?.dependencies.filter(({ name }) => name === published) ?? []
    const all = lock.filter(({ name }) => name === published).map(({ version }) => version)
    const versions = needed.length > 0 ? needed.flatMap(({ version }) => version ?? all) : all
    return versions.flatMap((version) => {
      const found = versionIn(version)
      return found ? [found] : []
    })
  }

  /** The packages of the Cargo.lock of a folder, or `undefined` if the folder has none. */
  #lock(folder: string): readonly LockedPackage[] | undefined {
    if (!this.#locks.has(folder)) {
      const text = this.#files.read(posix.join(folder, 'Cargo.lock'))
      this.#locks.set(folder, text === undefined ? undefined : readLock(text))
    }
    return this.#locks.get(folder)
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
