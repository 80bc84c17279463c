import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'

/** Returns a path that is outside the folder of the project's file; `undefined` for a path inside. */
export function outside(path: string, file: string): string | undefined {
  const inside = relative(realPath(dirname(file)), realPath(path))
  // On Windows, the relative path to another drive is absolute.
  return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? path : undefined
}

/** Returns a path without symbolic links. The part of the path that does not exist stays as it is. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path))
  }
}
