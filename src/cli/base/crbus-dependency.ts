import { readFileSync, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { pathProblem } from '../../operations/named-file.ts'
import { packCrbus, type VendoredPackage, vendoredPath } from '../../scaffold/crbus-package.ts'
import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'

/** How package.json of a service depends on crbus. */
interface CrbusDependency {
  /** The value in `dependencies`. */
  readonly value: string
  /** The copy of crbus that the value refers to; absent if npm gets crbus from elsewhere. */
  readonly vendored?: VendoredPackage
}

/** The first two bytes of a gzipped file. */
const GZIP_MAGIC = 0x1f8b

/** Whether `--crbus` has a path rather than a version (`^0.1.0`) or a location that npm reads (`file:../crbus`). */
const isPath = (given: string): boolean =>
  /^(?:\.{0,2}[/\\]|\.{1,2}$|[a-z]:[/\\])/i.test(given) || (given.endsWith('.tgz') && !/^[a-z+]{2,}:/i.test(given))

/**
 * Returns the dependency for `--crbus`. An archive or a folder of crbus is copied into the service, because a path to it would not
 * exist in another clone or in a container. Without the flag, the running crbus in the folder `root` is copied.
 */
export function crbusDependency(given: string | undefined, cwd: string, root: string): CrbusDependency {
  if (given !== undefined && !isPath(given)) return { value: given }
  const path = given === undefined ? root : resolve(cwd, given)
  const problem = pathProblem(path, 'file or folder')
  const suggestions = [
    flag('--crbus ./crbus-0.1.0.tgz', 'an archive of npm pack'),
    flag('--crbus ./node_modules/crbus', 'an installed crbus'),
  ]
  if (problem !== undefined) throw new UsageError(`--crbus: ${problem}`, suggestions)
  const vendored = statSync(path).isDirectory() ? packCrbus(path) : readArchive(path)
  if (vendored === undefined)
    throw new UsageError(`--crbus: ${path} is not a packed, installed or built crbus`, suggestions)
  return { value: `file:${vendored.path}`, vendored }
}

/** Reads an archive that `npm pack` made; `undefined` if the file is not gzipped. */
function readArchive(path: string): VendoredPackage | undefined {
  const content = readFileSync(path)
  const isGzipped = content.length > 2 && content.readUInt16BE() === GZIP_MAGIC
  return isGzipped ? { path: vendoredPath(basename(path)), content } : undefined
}
