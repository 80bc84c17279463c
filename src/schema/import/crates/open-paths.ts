import { posix } from 'node:path'
import type { ImportProblem } from '../import-report.ts'
import type { ImportRequest } from '../import-request.ts'
import type { Crates } from './crates.ts'
import type { Crate, Module } from './module.ts'

/** The crates of the paths of an import. */
interface Opened {
  readonly own: readonly Crate[]
  /** The files whose types may be the root. `undefined` if all may be. */
  readonly only: ReadonlySet<string> | undefined
  /** The folder that the locations in the schema are relative to. */
  readonly base: string
  readonly problems: readonly ImportProblem[]
}

const NOT_RUST = 'it is not Rust source: name a .rs file, a crate or a folder of source'

/** Loads the paths of an import: the crates of packages, and one crate for all files without a package. */
export function openPaths(crates: Crates, { paths, files }: ImportRequest): Opened {
  const own: Crate[] = []
  const only = new Set<string>()
  const loose: string[] = []
  const problems: ImportProblem[] = []
  let base: string | undefined
  const openPackage = (folder: string) => {
    base ??= folder
    own.push(...crates.package(folder))
  }
  const openFile = (file: string) => {
    const folder = crates.packages.packageOf(file)
    only.add(file)
    if (folder === undefined) {
      loose.push(file)
      return
    }
    base ??= folder
    const inCrates = own.some(({ root }) => filesOf(root).has(file)) ? own : crates.package(folder)
    if (inCrates !== own) own.push(...inCrates)
    // The file is an example, a test or another program.
    if (!inCrates.some(({ root }) => filesOf(root).has(file))) own.unshift(crates.file(file, folder))
  }
  for (const given of paths) {
    const path = posix.normalize(given).replace(/(.)\/$/, '$1')
    const folder = posix.basename(path) === 'Cargo.toml' ? posix.dirname(path) : path
    const manifest = crates.packages.manifest(folder)
    if (manifest) {
      if (manifest.name !== undefined) openPackage(folder)
      else for (const member of crates.packages.members(folder)) openPackage(member)
      if (manifest.name === undefined) base = folder
    } else if (path.endsWith('.rs') && files.read(path) !== undefined) openFile(path)
    else {
      const names = files.list(path)
      const parent = posix.join(path, '..')
      if (names && posix.basename(path) === 'src' && crates.packages.manifest(parent)?.name !== undefined)
        openPackage(parent)
      else {
        const rust = (names ?? []).filter((name) => name.endsWith('.rs')).sort()
        const root = ['lib.rs', 'main.rs', 'mod.rs'].find((name) => rust.includes(name))
        if (root !== undefined)
          own.push(crates.file(posix.join(path, root), crates.packages.packageOf(posix.join(path, root))))
        else for (const name of rust) openFile(posix.join(path, name))
        base ??= root === undefined ? undefined : path
        if (rust.length === 0) {
          const isFile = !names && files.read(path) !== undefined
          const reason = names ? 'the folder has no .rs files' : isFile ? NOT_RUST : 'there is no such file or folder'
          problems.push({ file: given, line: 0, about: given, reason, fix: undefined })
        }
      }
    }
  }
  if (loose.length > 0) own.push(crates.loose(loose))
  if (own.length === 0 && problems.length === 0) {
    const reason = 'it has neither src/lib.rs nor src/main.rs'
    problems.push({ file: paths[0] ?? '', line: 0, about: paths[0] ?? '', reason, fix: undefined })
  }
  // If only files are imported, only their types may be the root.
  const isAll = paths.some((path) => !path.endsWith('.rs'))
  return { own, only: only.size > 0 && !isAll ? only : undefined, base: base ?? '', problems }
}

function filesOf(module: Module): Set<string> {
  const files = new Set([module.file])
  for (const child of module.modules) for (const file of filesOf(child)) files.add(file)
  return files
}
