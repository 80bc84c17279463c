import { accessSync, closeSync, constants, openSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { advice, type Hint } from '../bus/hints.ts'
import { causeOf, isMissing, kindOf } from '../files/cause.ts'

// Primary result codes of SQLite: https://sqlite.org/rescode.html
const BUSY = 5
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

type FaultKind = 'busy' | 'read-only' | 'input-output' | 'damaged' | 'full' | 'unopenable' | 'not-sqlite' | 'other'

/** Why a SQLite file cannot be used. */
export interface Fault {
  readonly kind: FaultKind
  /** The rest of a sentence that begins with the file: "the event store at PATH …". */
  readonly reason: string
  /** What to try next, apart from using another file. */
  readonly hints: readonly Hint[]
}

/** The primary result code in an error of SQLite, which is the low byte of an extended code. `undefined` for other errors. */
const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined

/**
 * Whether a file that could not be opened may still be readable: SQLite reports these codes also if it cannot create the
 * write-ahead log beside the file.
 */
export const isUnwritable = (error: unknown): boolean =>
  [READONLY, IOERR, FULL, CANTOPEN].includes(resultCode(error) ?? 0)

/** Whether another process has locked the file. */
export const isBusy = (error: unknown): boolean => resultCode(error) === BUSY

/**
 * Describes an error from using a file. `busyTimeout` is how long SQLite waited for locks of other processes, in milliseconds.
 */
export function faultOf(error: unknown, path: string, busyTimeout: number): Fault {
  const message = error instanceof Error ? error.message : String(error)
  const folder = dirname(resolve(path))
  const obstacle = resultCode(error) === undefined ? undefined : obstacleBeside(path)
  if (obstacle !== undefined) return { kind: 'unopenable', reason: `cannot be opened: ${obstacle}`, hints: [] }
  switch (resultCode(error)) {
    case BUSY:
      return {
        kind: 'busy',
        reason: `was locked by another process for ${busyTimeout / 1000} s`,
        hints: [advice('try again when that process has ended its transaction')],
      }
    case READONLY:
      return {
        kind: 'read-only',
        reason: 'is read-only',
        hints: [advice(`make ${path} and its folder writable`)],
      }
    case FULL:
      return diskFull(folder)
    case IOERR:
      // SQLite also reports IOERR if there is no space for the index of the write-ahead log, if a disk quota is used up, and if
      // the path is a folder.
      if (isDiskFull(folder)) return diskFull(folder)
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return unopenable(path)
      return {
        kind: 'input-output',
        reason: `cannot be used: the disk of ${folder} reports an input/output error (${message})`,
        hints: [advice('check the system log for errors of the disk')],
      }
    case CORRUPT:
      return {
        kind: 'damaged',
        reason: `is damaged: ${message}`,
        hints: [
          advice('restore the file from a backup'),
          advice(`or print what is still readable as SQL: sqlite3 ${path} .recover`),
        ],
      }
    case CANTOPEN:
      return unopenable(path)
    case NOTADB:
      return {
        kind: 'not-sqlite',
        reason: 'is not a SQLite database',
        hints: [advice('check the path')],
      }
    case undefined:
      // An error with a system call is Node's, from creating the folder.
      return (error as NodeJS.ErrnoException)?.syscall === undefined
        ? { kind: 'other', reason: `cannot be used: ${message}`, hints: [] }
        : { kind: 'unopenable', reason: `cannot be opened: ${causeOf(error, path)}`, hints: [] }
    default:
      return {
        kind: 'other',
        reason: `cannot be used: ${message}`,
        hints: [advice('check that the file was created by crbus and is writable')],
      }
  }
}

const unopenable = (path: string): Fault => ({
  kind: 'unopenable',
  reason: `cannot be opened: ${whyUnopenable(path)}`,
  hints: [],
})

const diskFull = (folder: string): Fault => ({
  kind: 'full',
  reason: `cannot be written: no space left on the disk of ${folder}`,
  hints: [advice('make room on the disk')],
})

function isDiskFull(folder: string): boolean {
  try {
    return statfsSync(folder).bavail === 0
  } catch {
    return false
  }
}

/** Opens the file again to learn the error of the operating system, which SQLite does not report. */
function whyUnopenable(path: string): string {
  try {
    closeSync(openSync(path, 'r'))
  } catch (error) {
    return isMissing(error, path) ? whyNotCreated(path) : causeOf(error, path)
  }
  if (statSync(path).isDirectory()) return 'it is a folder'
  const log = `${realpathSync(path)}-wal`
  return (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0
    ? `a process was killed before it had copied ${log} into the database, and SQLite can finish that only in a writable folder: copy both files to one`
    : whyNotCreated(path)
}

/** Why SQLite could not create the file, or one of the files that it keeps beside a database. */
function whyNotCreated(path: string): string {
  const folder = dirname(resolve(path))
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return `cannot create a file in ${folder}`
  } catch (error) {
    return causeOf(error, join(folder, basename(path)))
  }
}

/**
 * Describes a file beside a database that SQLite cannot use as its log because it is not a regular file: SQLite itself only
 * reports a disk error then. Returns `undefined` if there is none.
 */
function obstacleBeside(path: string): string | undefined {
  for (const ending of ['-wal', '-shm', '-journal']) {
    const beside = `${resolve(path)}${ending}`
    const found = statSync(beside, { throwIfNoEntry: false })
    if (found !== undefined && !found.isFile()) return `${beside} is ${kindOf(found)}, not a file`
  }
  return undefined
}
