import { posix } from 'node:path'
import type { CargoManifest } from './cargo-manifest.ts'
import type { Packages } from './packages.ts'

/** The features of a dependency in one build. Cargo builds a crate once, with the features that any package of the build asks for. */
export interface UnifiedFeatures {
  /** The features that the package or a package that it depends on asks for. */
  readonly on: ReadonlySet<string>
  /** Features that depend on what is built: on features of these packages, and on other members of the workspace. */
  readonly possible: ReadonlySet<string>
}

/**
 * Collects the features that Cargo.toml files turn on in a published crate, as seen by the package in a folder. Packages from
 * a registry may turn on more.
 */
export function unifiedFeatures(packages: Packages, folder: string, published: string): UnifiedFeatures {
  const on = new Set<string>()
  const possible = new Set<string>()
  const own = dependenciesOf(packages, folder)
  for (const at of own) {
    for (const feature of askedBy(packages, at, published)) on.add(feature)
    for (const feature of switchedBy(packages.manifest(at), published)) possible.add(feature)
  }
  const workspace = packages.workspaceOf(folder)
  for (const member of workspace === undefined ? [] : packages.members(workspace)) {
    if (own.has(member)) continue
    for (const feature of askedBy(packages, member, published)) possible.add(feature)
    for (const feature of switchedBy(packages.manifest(member), published)) possible.add(feature)
  }
  return { on, possible }
}

/** The folders of a package and of the packages in the file system that it depends on. */
function dependenciesOf(packages: Packages, folder: string): ReadonlySet<string> {
  const folders = new Set([posix.normalize(folder)])
  for (const at of folders) {
    const dependencies = packages.manifest(at)?.dependencies ?? new Map()
    for (const name of dependencies.keys()) {
      const found = packages.dependencyFolder({ folder: at, dependencies }, name)
      if (found !== undefined && packages.manifest(found)) folders.add(posix.normalize(found))
    }
  }
  return folders
}

/** The features that a package asks for where it names the crate as a dependency. */
function askedBy(packages: Packages, folder: string, published: string): readonly string[] {
  const dependencies = packages.manifest(folder)?.dependencies
  if (!dependencies) return []
  const crate = { folder, dependencies }
  return [...dependencies.keys()].flatMap((name) =>
    packages.publishedName(crate, name) === published ? packages.featuresOf(crate, name) : [],
  )
}

/** The features of the crate that features of a package turn on: `serde-float` of `floats = ["rust_decimal/serde-float"]`. */
function switchedBy(manifest: CargoManifest | undefined, published: string): readonly string[] {
  const names = [...(manifest?.dependencies ?? [])].filter(([, dependency]) => dependency.package === published)
  return [...(manifest?.features.values() ?? [])].flat().flatMap((turnedOn) => {
    const [, name = '', feature] = /^([^/?]+)\??\/(.+)$/.exec(turnedOn) ?? []
    const isOfCrate = names.some(([key]) => key === name.replaceAll('-', '_'))
    return feature !== undefined && isOfCrate ? [feature] : []
  })
}
