import { posix } from 'node:path'
import { type CargoDependency, type CargoManifest, readManifest } from './cargo-manifest.ts'

/** Access to source files. Paths have forward slashes. Both methods return `undefined` for a path that does not exist. */
export interface SourceFiles {
  read(path: string): string | undefined
  /** The names of the files and folders in a folder. */
  list(path: string): readonly string[] | undefined
}

/** The properties of a crate that its dependencies are found by. */
interface DependentCrate {
  readonly folder: string
  readonly dependencies: ReadonlyMap<string, CargoDependency>
}

/** The search for a manifest ends after this many parent folders, because `..` of a relative path never ends. */
const MAX_LEVELS = 24

/** Reads the Cargo.toml files of packages and workspaces, each one once. */
export class Packages {
  readonly #files: SourceFiles
  readonly #manifests = new Map<string, CargoManifest | undefined>()

  constructor(files: SourceFiles) {
    this.#files = files
  }

  manifest(folder: string): CargoManifest | undefined {
    if (!this.#manifests.has(folder)) {
      const text = this.#files.read(posix.join(folder, 'Cargo.toml'))
      this.#manifests.set(folder, text === undefined ? undefined : readManifest(text))
    }
    return this.#manifests.get(folder)
  }

  /** The folder of a dependency that is in the file system, by its path or by a patch. */
  dependencyFolder(crate: DependentCrate, name: string): string | undefined {
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
    return undefined
  }

  /** The published name of a dependency, which a manifest may rename. */
  realName(crate: DependentCrate, name: string): string {
    const dependency = crate.dependencies.get(name)
    if (!dependency?.isInherited) return dependency?.package ?? name
    const workspace = this.workspaceOf(crate.folder) ?? ''
    return this.manifest(workspace)?.workspaceDependencies.get(name)?.package ?? dependency.package
  }

  /** The features that a crate enables in a dependency. */
  featuresOf(crate: DependentCrate, name: string): readonly string[] {
    const own = crate.dependencies.get(name)
    const workspace = own?.isInherited ? this.workspaceOf(crate.folder) : undefined
    const inherited = workspace === undefined ? undefined : this.manifest(workspace)?.workspaceDependencies.get(name)
    return [...(own?.features ?? []), ...(inherited?.features ?? [])]
  }

  /** The folder of the workspace that contains a folder. */
  workspaceOf(folder: string): string | undefined {
    return this.#searchUpwards(folder, (manifest) => manifest.members !== undefined)
  }

  /** The folder of the package that contains a file. */
  packageOf(file: string): string | undefined {
    return this.#searchUpwards(posix.dirname(file), (manifest) => manifest.name !== undefined)
  }

  /** The folders of the packages of a workspace. Patterns of members may contain `*`. */
  members(folder: string): string[] {
    return (this.manifest(folder)?.members ?? []).flatMap((pattern) => {
      const steps = pattern.split('/').filter((step) => step !== '' && step !== '.')
      let folders = [folder]
      for (const step of steps) {
        folders = folders.flatMap((at) =>
          step.includes('*')
            ? (this.#files.list(at) ?? [])
                .filter((name) => matchesPattern(step, name))
                .map((name) => posix.join(at, name))
            : [posix.join(at, step)],
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
