import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ImportRequest } from '../../schema/import/import-schema.ts'
import { pathProblem } from '../named-file.ts'

/** How Rust source is read from the disk: paths as they are shown, from the working directory. */
export const sourceFiles = (cwd: string): ImportRequest['files'] => ({
  read: (path) => attempt(() => readSource(resolve(cwd, path))),
  list: (path) => attempt(() => readdirSync(resolve(cwd, path))),
})

/** `undefined` for a pipe or device, which source may lead to by a link or `#[path]` and which may have no end. */
const readSource = (path: string): string | undefined =>
  pathProblem(path, 'file') === undefined ? readFileSync(path, 'utf8') : undefined

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    // The import asks for files that may be there, and says itself what it misses.
    return undefined
  }
}
