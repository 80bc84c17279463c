import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { dirname, parse, resolve, sep } from 'node:path'

/**
 * Describes why the file system refused to create, write or read `path`, and names the folder or link at fault. The text
 * continues a message that names the path: "the file PATH cannot be written: it is a folder".
 */
export function causeOf(error: unknown, path: string): string {
  const { code, message, syscall, path: refused = '' } = error as NodeJS.ErrnoException
  const full = resolve(path)
  const obstacle = findObstacle(full)
  const folder = obstacle?.inside ?? dirname(full)
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `permission denied: ${obstacle === undefined && resolve(refused) === full ? full : folder}`
    case 'EROFS':
      return `${folder} is on a read-only file system`
    case 'ENOSPC':
      return `no space left on the disk of ${folder}`
    case 'EDQUOT':
      return `the disk quota of ${folder} is used up`
    case 'ENAMETOOLONG':
      return 'its name is too long for the file system'
    case 'EILSEQ':
      return 'its name is not UTF-8'
    case 'ENXIO':
      return 'no process reads from the pipe'
    case 'EISDIR':
      return 'it is a folder'
    case 'EBUSY':
      return 'it is in use, or a mount point'
    case 'EIO':
      return `the disk of ${folder} reports an input/output error`
    case 'EEXIST':
      return obstacle === undefined ? 'it exists and is not a folder' : describeObstacle(obstacle, full, syscall)
    case 'ELOOP':
    case 'ENOENT':
      return obstacle === undefined ? message : describeObstacle(obstacle, full, syscall)
    case 'ENOTDIR':
      return obstacle === undefined ? 'it is not a folder' : describeObstacle(obstacle, full, syscall)
    case 'EFTYPE':
      return `it is ${kindOf(statSync(full))}, not a file`
    default:
      return message ?? String(error)
  }
}

/** Describes a cause like {@link causeOf}, for a message that has just named the path: leaves out this path at the end. */
export function causeAfterPath(error: unknown, path: string): string {
  const cause = causeOf(error, path)
  const own = `: ${resolve(path)}`
  return cause.endsWith(own) ? cause.slice(0, -own.length) : cause
}

/** Whether an error means that the disk or the disk quota of the user is full. */
export const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')

/** Whether a file was not found because it does not exist, rather than because of a broken link or a file in its path. */
export const isMissing = (error: unknown, path: string): boolean =>
  (error as NodeJS.ErrnoException).code === 'ENOENT' && findObstacle(resolve(path))?.kind === 'missing'

/**
 * Throws `EFTYPE` if a pipe, a socket or a device is at the path: opening a pipe would block, and reading many devices never
 * ends. Accepts missing files and folders, because the errors of the system are clear enough for them.
 */
export function refuseSpecial(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isFile() || found.isDirectory()) return
  throw Object.assign(new Error(`EFTYPE: ${path}`), { code: 'EFTYPE', syscall: 'open', path })
}

/** Returns the kind of a file for a message, such as `a pipe`. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a file'
  if (stats.isDirectory()) return 'a folder'
  return stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device'
}

/** The first part of a path that prevents access: a missing folder or file, a broken link, or a file that should be a folder. */
interface Obstacle {
  readonly kind: 'loop' | 'dangling' | 'file' | 'missing'
  /** The path of this part. */
  readonly at: string
  /** The folder that contains this part. */
  readonly inside: string
}

/** Describes an obstacle on the way to `path`. `syscall` is the system call that failed, as Node names it: `mkdir`, `scandir`. */
function describeObstacle({ kind, at, inside }: Obstacle, path: string, syscall: string | undefined): string {
  if (kind === 'loop') return `${at} is a link that leads back to itself`
  if (kind === 'dangling') return `${at} is a link to ${readlinkSync(at)}, which does not exist`
  if (kind === 'file') return `${at} is not a folder`
  if (syscall === 'scandir') return `there is no folder ${at}`
  // File systems such as /proc answer ENOENT to every change, also when the folder exists.
  if (syscall === 'mkdir') return `cannot create a folder in ${inside}`
  return at === path ? `cannot create a file in ${inside}` : `there is no folder ${at}`
}

/** Checks an absolute path part by part. Returns `undefined` if no part is an obstacle. */
function findObstacle(path: string): Obstacle | undefined {
  const { root } = parse(path)
  const names = path.slice(root.length).split(sep)
  let at = root
  for (const [index, name] of names.entries()) {
    const inside = at
    at = at.endsWith(sep) ? `${at}${name}` : `${at}${sep}${name}`
    const kind = obstacleKind(at, index === names.length - 1)
    if (kind !== undefined) return { kind, at, inside }
  }
  return undefined
}

function obstacleKind(path: string, isLast: boolean): Obstacle['kind'] | undefined {
  try {
    return statSync(path).isDirectory() || isLast ? undefined : 'file'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return 'loop'
    return isLink(path) ? 'dangling' : 'missing'
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    // It does not exist, or its folder is not searchable.
    return false
  }
}
