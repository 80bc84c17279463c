import { posix } from 'node:path'
import { importHints } from '../hints.ts'
import type { ImportProblem } from '../import-report.ts'
import type { ImportRequest } from '../import-request.ts'
import type { Crates } from './crates.ts'
import type { Crate, Module } from './module.ts'

/** The result of {@link openPaths}. */
export interface Opened {
  /** The crates that the paths of the request name. */
  readonly imported: readonly Crate[]
  /** The files whose types may be the root of the schema. `undefined` if the types of all files may be. */
  readonly rootFiles: ReadonlySet<string> | undefined
  /** The folder to which the locations in the schema are relative. */
  readonly base: string
  readonly problems: readonly ImportProblem[]
}

/** How many members of a workspace a message lists, so that it stays short. */
const MAX_SHOWN_MEMBERS = 8

const NOT_RUST = 'not Rust source; name a .rs file, a crate or a folder of source'

/** Loads the crates of the requested paths: those of packages, and one crate for all files without a package. */
export function openPaths(crates: Crates, { paths, files }: ImportRequest): Opened {
  const imported: Crate[] = []
  const namedFiles = new Set<string>()
  const filesWithoutPackage: string[] = []
  const problems: ImportProblem[] = []
  let base: string | undefined
  const openPackage = (folder: string) => {
    base ??= folder
    imported.push(...crates.package(folder))
  }
  const openFile = (file: string) => {
    const folder = crates.packages.packageOf(file)
    namedFiles.add(file)
    if (folder === undefined) {
      filesWithoutPackage.push(file)
      return
    }
    base ??= folder
    const isLoaded = () => imported.some(({ root }) => filesOf(root).has(file))
    if (!isLoaded()) imported.push(...crates.package(folder))
    // The file is an example, a test or another program. Answers are resolved in the first crate, so put it there.
    if (!isLoaded()) imported.unshift(crates.file(file, folder))
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
          imported.push(crates.file(posix.join(path, root), crates.packages.packageOf(posix.join(path, root))))
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
  if (filesWithoutPackage.length > 0) imported.push(crates.loose(filesWithoutPackage))
  if (imported.length === 0 && problems.length === 0) {
    const [path = ''] = paths
    const members = crates.membersWithSource(posix.basename(path) === 'Cargo.toml' ? posix.dirname(path) : path)
    const [member] = members
    const shown = members.slice(0, MAX_SHOWN_MEMBERS)
    const rest = members.length > shown.length ? ` and ${members.length - shown.length} more` : ''
    const where = member === undefined ? '' : `; members of this workspace with source are ${shown.join(', ')}${rest}`
    const reason = `no library or program found, such as src/lib.rs or src/main.rs${where}`
    const fix = member === undefined ? undefined : importHints.importFrom(member)
    problems.push({ file: path, line: 0, about: path, reason, fix })
  }
  // If the request names only files, the root must be in one of them.
  const namesFolder = paths.some((path) => !path.endsWith('.rs'))
  return {
    imported,
    rootFiles: namedFiles.size > 0 && !namesFolder ? namedFiles : undefined,
    base: base ?? '',
    problems,
  }
}

/** The files of a module and its child modules. */
function filesOf(module: Module): Set<string> {
  const files = new Set([module.file])
  for (const child of module.modules) for (const file of filesOf(child)) files.add(file)
  return files
}
