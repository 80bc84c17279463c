import { dirname, join } from 'node:path'

/** Finds a name in a folder or the nearest folder above it. Returns its path, or `undefined` when no such path is accepted. */
export function findUp(folder: string, name: string, isWanted: (path: string) => boolean): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, name)
    if (isWanted(path)) return path
    if (dirname(at) === at) return undefined
  }
}
