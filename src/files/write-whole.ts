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
  /** Permissions of a new file, less the umask. Default 0o666. A file that is replaced keeps its own, and its owner. */
  readonly mode?: number | undefined
  /** The file must not be there: throws `EEXIST` instead of replacing it. */
  readonly isNew?: boolean | undefined
  /** Makes the folder and those above it when they are missing, with these permissions. */
  readonly folderMode?: number | undefined
  /** Returns when content and name are on the disk, so that they survive a power failure. */
  readonly isDurable?: boolean | undefined
}

/**
 * Writes a file whole or not at all: beside its place, then renamed. A link is followed, and the file that it leads to is
 * replaced. What is not a regular file (a pipe that a process reads, a terminal, /dev/null) is written to as it is. Throws
 * Node's errors and leaves nothing behind.
 */
export function writeWhole(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there?.isDirectory()) throw errno('EISDIR', path)
  if (there !== undefined && !there.isFile()) {
    writeToSpecial(path, content, there)
    return
  }
  refuseUndecodable(path)
  // Renaming would replace what its owner has made read-only.
  if (there !== undefined) accessSync(path, constants.W_OK)
  const target = there === undefined ? path : realpathSync(path)
  if (there === undefined && isThere(path)) throw errno('ENOENT', path)
  const folder = dirname(target)
  const made = options.folderMode === undefined ? [] : makeFolder(folder, options.folderMode)
  // Loading node:crypto for a name takes 5 ms. Where another file has this one, opening it fails.
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

/** Without a process that reads it, a pipe would be waited for without end: `ENXIO` is thrown then. */
function writeToSpecial(path: string, content: string | Uint8Array, there: Stats): void {
  // Held until the content is written, so that the reader does not see an end before.
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

/** Gives a file the permissions of the one that it replaces, and its owner: root must not take a file away from a user. */
export function keepAccess(part: string, { mode, uid, gid }: Stats): void {
  const own = statSync(part)
  if (own.uid !== uid || own.gid !== gid) {
    try {
      chownSync(part, uid, gid)
    } catch (error) {
      // A user who is not root, and may write to the file all the same, cannot give files away.
      if (codeOf(error) !== 'EPERM') throw error
    }
  }
  chmodSync(part, mode)
}

/** Moves a file to a path at which there is nothing; throws `EEXIST` where something has appeared meanwhile. */
export function placeNew(part: string, target: string): void {
  try {
    linkSync(part, target)
  } catch (error) {
    // File systems without hard links: FAT, some of networks.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(codeOf(error))) throw error
    if (existsSync(target)) throw errno('EEXIST', target)
    renameSync(part, target)
    return
  }
  rmSync(part)
}

/** Makes the names in a folder durable. Windows has no such call, and some file systems do not take it. */
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
