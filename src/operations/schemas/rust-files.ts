import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ImportRequest } from '../../schema/import/import-request.ts'
import { pathProblem } from '../named-file.ts'

/** Reads Rust source from the disk. Paths are relative to the working directory. */
export const sourceFiles = (cwd: string): ImportRequest['files'] => ({
  read: (path) => attempt(() => readSource(resolve(cwd, path))),
  list: (path) => attempt(() => readdirSync(resolve(cwd, path))),
})

/** Reads a file; `undefined` for a pipe or device, which a link or `#[path]` may name and which may never end. */
const readSource = (path: string): string | undefined =>
  pathProblem(path, 'file') === undefined ? readFileSync(path, 'utf8') : undefined

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    // The import asks for files that may not exist, and reports the missing ones itself.
    return undefined
  }
}
