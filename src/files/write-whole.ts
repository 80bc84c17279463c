import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder, refuseUndecodable, removeFolders } from './make-folder.ts'

export interface WriteOptions {
  /** Permissions of a new file before the umask. Default 0o666. A replaced file keeps its permissions and its owner. */
  readonly mode?: number | undefined
  /** Throws `EEXIST` instead of replacing an existing file. */
  readonly isNew?: boolean | undefined
  /** Creates the folder and its parents with these permissions when they are missing. */
  readonly folderMode?: number | undefined
  /** Flushes content and name to the disk before returning, so that they survive a power failure. */
  readonly isDurable?: boolean | undefined
}

/**
 * Writes a file atomically: to a temporary file beside it, which is then renamed. Follows a link and replaces its target. Writes
 * directly to anything but a regular file (a pipe that a process reads, a terminal, /dev/null). Throws Node's errors and leaves
 * no temporary file behind.
 */
export function writeWhole(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there?.isDirectory()) throw errno('EISDIR', path)
  if (there !== undefined && !there.isFile()) {
    writeToSpecial(path, content, there)
    return
  }
  refuseUndecodable(path)
  // Renaming would replace even a read-only file.
  if (there !== undefined) accessSync(path, constants.W_OK)
  const target = there === undefined ? path : realpathSync(path)
  if (there === undefined && isThere(path)) throw errno('ENOENT', path)
  const folder = dirname(target)
  const made = options.folderMode === undefined ? [] : makeFolder(folder, options.folderMode)
  // Loading node:crypto for a random name would take 5 ms. If a file with this name exists, opening it fails.
  const part = join(folder, `.crbus-${Math.random().toString(36).slice(2)}.part`)
  try {
    writePart(part, content, options)
    if (there !== undefined) keepAccess(part, there)
    if (options.isNew) placeNew(part, target)
    else renameSync(part, target)
  } catch (error) {
    rmSync(part, { force: true })
    removeFolders(made)
    throw error
  }
  if (options.isDurable) for (const changed of [folder, ...made.map((one) => dirname(one))]) syncFolder(changed)
}

/** Writes to a pipe or device. Throws `ENXIO` for a pipe that no process reads, on which writing would block forever. */
function writeToSpecial(path: string, content: string | Uint8Array, there: Stats): void {
  // Keep the pipe open until the content is written, so that the reader does not see its end before.
  const held = there.isFIFO() ? openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) : undefined
  try {
    writeFileSync(path, content)
  } finally {
    if (held !== undefined) closeSync(held)
  }
}

function writePart(part: string, content: string | Uint8Array, { mode = 0o666, isDurable }: WriteOptions): void {
  const file = openSync(part, 'wx', mode)
  try {
    writeFileSync(file, content)
    if (isDurable) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Copies permissions and owner from the replaced file to its replacement, so that root does not take a user's file over. */
export function keepAccess(part: string, { mode, uid, gid }: Stats): void {
  const own = statSync(part)
  if (own.uid !== uid || own.gid !== gid) {
    try {
      chownSync(part, uid, gid)
    } catch (error) {
      // Only root can change the owner, and the file may be writable for other users too.
      if (codeOf(error) !== 'EPERM') throw error
    }
  }
  chmodSync(part, mode)
}

/** Moves a file to a path; throws `EEXIST` when something exists there. */
export function placeNew(part: string, target: string): void {
  try {
    linkSync(part, target)
  } catch (error) {
    // File systems without hard links, such as FAT and some network file systems.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(codeOf(error))) throw error
    if (existsSync(target)) throw errno('EEXIST', target)
    renameSync(part, target)
    return
  }
  rmSync(part)
}

/** Flushes the names in a folder to the disk. Windows and some file systems do not support it, which is ignored. */
function syncFolder(folder: string): void {
  try {
    const opened = openSync(folder, 'r')
    try {
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
  } catch (error) {
    if (!['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM'].includes(codeOf(error))) throw error
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

const errno = (code: string, path: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${path}`), { code, path })

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined
