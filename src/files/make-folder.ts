import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a folder and its missing parents. Returns the created folders, outermost first. If one cannot be created, removes the
 * others again and throws Node's error.
 *
 * Creates one level at a time, because `mkdirSync` with the option `recursive` never returns on a file system that answers ENOENT
 * to mkdir, as /proc does.
 */
export function makeFolder(path: string, mode = 0o777): string[] {
  refuseUndecodable(path)
  const missing: string[] = []
  for (let at = path; !isFolder(at); at = dirname(at)) {
    missing.unshift(at)
    if (dirname(at) === at) break
  }
  const created: string[] = []
  try {
    for (const folder of missing) if (makeLevel(folder, mode)) created.push(folder)
  } catch (error) {
    removeFolders(created)
    throw error
  }
  return created
}

/**
 * Throws `EILSEQ` for a path with the replacement character U+FFFD. Node puts this character for bytes that are not UTF-8, in
 * arguments and in the name of the working directory, so a file with another name than intended would be created.
 */
export function refuseUndecodable(path: string): void {
  if (path.includes('\ufffd'))
    throw Object.assign(new Error(`EILSEQ: ${path}`), { code: 'EILSEQ', syscall: 'open', path })
}

/** Removes folders that {@link makeFolder} created, unless they contain something. */
export function removeFolders(created: readonly string[]): void {
  for (const folder of created.toReversed()) {
    try {
      rmdirSync(folder)
    } catch {
      // Another process has put a file into the folder, and so needs the folder and its parents.
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

/** Whether a path is a folder or a link to one. False if the path cannot be read: using the path fails later, with the reason. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
