import { dirname, join } from 'node:path'

/**
 * Looks for a name in a folder, then in each folder above it. Returns the first path that `isWanted` accepts, or `undefined` if
 * it accepts none.
 */
export function findUp(folder: string, name: string, isWanted: (path: string) => boolean): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, name)
    if (isWanted(path)) return path
    if (dirname(at) === at) return undefined
  }
}
