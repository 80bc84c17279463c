import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ImportRequest } from '../../schema/import/import-request.ts'
import { pathProblem } from '../named-file.ts'

/** Access to Rust source on the disk. Relative paths start at `cwd`. */
export const sourceFiles = (cwd: string): ImportRequest['files'] => ({
  read: (path) => attempt(() => readSource(resolve(cwd, path))),
  list: (path) => attempt(() => readdirSync(resolve(cwd, path))),
})

/**
 * Reads a regular file. Returns `undefined` for a pipe or a device, because reading one may never end. A symbolic link or a
 * `#[path]` attribute can point to one.
 */
const readSource = (path: string): string | undefined =>
  pathProblem(path, 'file') === undefined ? readFileSync(path, 'utf8') : undefined

/** Returns the result of a read, or `undefined` if it fails. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    // The import asks for files that may not exist, and reports the missing ones itself.
    return undefined
  }
}
