import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing; returns the ones it made, outermost first. Throws Node's error of
 * the first that cannot be made, and leaves none then.
 *
 * One level at a time: Node's own `recursive` never returns where a file system answers ENOENT to mkdir, as /proc does.
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
 * Throws `EILSEQ` for a path with U+FFFD, which is what Node makes of bytes that are not UTF-8 in an argument or in the
 * name of the working directory: another file than the one that is meant would be made.
 */
export function refuseUndecodable(path: string): void {
  if (path.includes('\ufffd'))
    throw Object.assign(new Error(`EILSEQ: ${path}`), { code: 'EILSEQ', syscall: 'open', path })
}

/** Removes folders that {@link makeFolder} made, as far as nothing is in them. */
export function removeFolders(made: readonly string[]): void {
  for (const folder of made.toReversed()) {
    try {
      rmdirSync(folder)
    } catch {
      // Another process has put something into it, and needs it and those above.
      return
    }
  }
}

/** False when another process made it meanwhile. */
function makeLevel(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && isFolder(folder)) return false
    throw error
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // Making it fails as well, with the reason.
    return false
  }
}
