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
  /** Flushes the content and the name to the disk before returning, so that the file survives a power failure. */
  readonly isDurable?: boolean | undefined
}

/**
 * Writes a file atomically: writes the content to a temporary file in the same folder and renames that file to `path`. Replaces
 * the target of a symbolic link, not the link. Writes directly to a pipe, a terminal or a device such as /dev/null. If writing
 * fails, throws Node's error and leaves no temporary file behind.
 */
export function writeWhole(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
  const existing = statSync(path, { throwIfNoEntry: false })
  if (existing?.isDirectory()) throw errno('EISDIR', path)
  if (existing !== undefined && !existing.isFile()) {
    writeToSpecial(path, content, existing)
    return
  }
  refuseUndecodable(path)
  // Throws for a read-only file, which renaming would replace.
  if (existing !== undefined) accessSync(path, constants.W_OK)
  const target = existing === undefined ? path : realpathSync(path)
  // A broken link: renaming would replace the link instead of creating its target.
  if (existing === undefined && hasEntry(path)) throw errno('ENOENT', path)
  const folder = dirname(target)
  const created = options.folderMode === undefined ? [] : makeFolder(folder, options.folderMode)
  // Loading node:crypto for a random name would take 5 ms. If a file with this name exists, opening it fails.
  const part = join(folder, `.crbus-${Math.random().toString(36).slice(2)}.part`)
  try {
    writePart(part, content, options)
    if (existing !== undefined) keepAccess(part, existing)
    if (options.isNew) placeNew(part, target)
    else renameSync(part, target)
  } catch (error) {
    rmSync(part, { force: true })
    removeFolders(created)
    throw error
  }
  // The name of a created folder is stored in the parent of that folder.
  if (options.isDurable) for (const changed of [folder, ...created.map((one) => dirname(one))]) syncFolder(changed)
}

/** Writes to a pipe or device. Throws `ENXIO` for a pipe that no process reads, on which writing would block forever. */
function writeToSpecial(path: string, content: string | Uint8Array, existing: Stats): void {
  // Keep the pipe open until the content is written, so that the reader does not see the end of the pipe before.
  const held = existing.isFIFO() ? openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) : undefined
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

/** Copies permissions and owner of the replaced file, so that root does not become the owner of a user's file. */
export function keepAccess(part: string, { mode, uid, gid }: Stats): void {
  const own = statSync(part)
  if (own.uid !== uid || own.gid !== gid) {
    try {
      chownSync(part, uid, gid)
    } catch (error) {
      // Expected: only root can change the owner, and a file may be writable for users that do not own it.
      if (codeOf(error) !== 'EPERM') throw error
    }
  }
  chmodSync(part, mode)
}

/** Moves a file to a path. Throws `EEXIST` if the path exists. */
export function placeNew(part: string, target: string): void {
  try {
    linkSync(part, target)
  } catch (error) {
    // Expected on file systems without hard links, such as FAT and some network file systems.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(codeOf(error))) throw error
    if (existsSync(target)) throw errno('EEXIST', target)
    renameSync(part, target)
    return
  }
  rmSync(part)
}

/** Flushes the names in a folder to the disk. Does nothing on Windows and on file systems that do not support this. */
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

/** Whether anything is at the path, including a broken link. */
const hasEntry = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined
