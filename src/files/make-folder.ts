import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a folder and its missing parents; returns the created folders, outermost first. When one cannot be created, removes
 * the others again and throws Node's error.
 *
 * Creates one level at a time, because Node's `recursive` option never returns on a file system that reports ENOENT for mkdir,
 * as /proc does.
 */
export function makeFolder(path: string, mode = 0o777): string[] {
  refuseUndecodable(path)
  const missing: string[] = []
  for (let at = path; !isFolder(at); at = dirname(at)) {
    missing.unshift(at)
    if (dirname(at) === at) break
  }
  const made: string[] = []
  try {
    for (const folder of missing) if (makeLevel(folder, mode)) made.push(folder)
  } catch (error) {
    removeFolders(made)
    throw error
  }
  return made
}

/**
 * Throws `EILSEQ` for a path with U+FFFD. Node decodes bytes that are not UTF-8 to it, in arguments and in the name of the
 * working directory, so another file than the intended one would be created.
 */
export function refuseUndecodable(path: string): void {
  if (path.includes('\ufffd'))
    throw Object.assign(new Error(`EILSEQ: ${path}`), { code: 'EILSEQ', syscall: 'open', path })
}

/** Removes folders that {@link makeFolder} created, unless they contain something. */
export function removeFolders(made: readonly string[]): void {
  for (const folder of made.toReversed()) {
    try {
      rmdirSync(folder)
    } catch {
      // Another process has put a file into it and needs it and its parents.
      return
    }
  }
}

/** Creates one folder. Returns false when another process created it meanwhile. */
function makeLevel(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && isFolder(folder)) return false
    throw error
  }
}

/** Whether a path is a folder, or a link to one. A path that cannot be read is not: using it fails too, with the reason. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
