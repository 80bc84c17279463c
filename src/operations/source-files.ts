import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ImportRequest } from '../schema/rust/import-schema.ts'

/** How Rust source is read from the disk: paths as they are shown, from the working directory. */
export const sourceFiles = (cwd: string): ImportRequest['files'] => ({
  read: (path) => attempt(() => readFileSync(resolve(cwd, path), 'utf8')),
  list: (path) => attempt(() => readdirSync(resolve(cwd, path))),
})

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    // The import asks for files that may be there, and says itself what it misses.
    return undefined
  }
}
