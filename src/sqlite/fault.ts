import { accessSync, closeSync, constants, openSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { causeOf, isMissing, kindOf } from '../files/cause.ts'

/** Primary result codes: https://sqlite.org/rescode.html */
const BUSY = 5
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

type FaultKind = 'busy' | 'read-only' | 'input-output' | 'damaged' | 'full' | 'unopenable' | 'not-sqlite' | 'other'

/** Why a file of SQLite cannot be used. */
export interface Fault {
  readonly kind: FaultKind
  /** Goes on after "the event store at PATH". */
  readonly reason: string
  /** What to try next, besides another file. */
  readonly suggestions: readonly string[]
}

/** Why SQLite threw; `undefined` when it was not SQLite. The extended codes have more above the low byte. */
const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined

/** Whether a file may still be readable that could not be opened: its log could not be made. */
export const isUnwritable = (error: unknown): boolean =>
  [READONLY, IOERR, FULL, CANTOPEN].includes(resultCode(error) ?? 0)

export const isBusy = (error: unknown): boolean => resultCode(error) === BUSY

/** Puts what was thrown while a file was used into words. `patience` is how long another process was waited for, in ms. */
export function faultOf(error: unknown, path: string, patience: number): Fault {
  const message = error instanceof Error ? error.message : String(error)
  const folder = dirname(resolve(path))
  const beside = resultCode(error) === undefined ? undefined : besideOf(path)
  if (beside !== undefined) return { kind: 'unopenable', reason: `cannot be opened: ${beside}`, suggestions: [] }
  switch (resultCode(error)) {
    case BUSY:
      return {
        kind: 'busy',
        reason: `was kept by another process for ${patience / 1000} s`,
        suggestions: ['try again when that process is done with its transaction'],
      }
    case READONLY:
      return {
        kind: 'read-only',
        reason: 'is read-only: it can be read, and not be changed',
        suggestions: [`make ${path} and its folder writable`],
      }
    case FULL:
      return full(folder)
    case IOERR:
      // No room for the index of the log, a quota that is used up, and a folder in the file's place are told as this.
      if (isFull(folder)) return full(folder)
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return unopenable(path)
      return {
        kind: 'input-output',
        reason: `cannot be used: the disk of ${folder} reports an input/output error (${message})`,
        suggestions: ['look into the log of the system for what ails the disk'],
      }
    case CORRUPT:
      return {
        kind: 'damaged',
        reason: `is damaged: ${message}`,
        suggestions: ['bring the file back from a copy', `sqlite3 ${path} .recover`],
      }
    case CANTOPEN:
      return unopenable(path)
    case NOTADB:
      return {
        kind: 'not-sqlite',
        reason: 'is not a SQLite database',
        suggestions: ['check that the file is a SQLite one'],
      }
    case undefined:
      // What Node says of making the folder has a code of the system.
      return (error as NodeJS.ErrnoException)?.syscall === undefined
        ? { kind: 'other', reason: `cannot be used: ${message}`, suggestions: [] }
        : { kind: 'unopenable', reason: `cannot be opened: ${causeOf(error, path)}`, suggestions: [] }
    default:
      return {
        kind: 'other',
        reason: `cannot be used: ${message}`,
        suggestions: ['check that the file is one of crbus and may be written'],
      }
  }
}

const unopenable = (path: string): Fault => ({
  kind: 'unopenable',
  reason: `cannot be opened: ${whyUnopenable(path)}`,
  suggestions: [],
})

const full = (folder: string): Fault => ({
  kind: 'full',
  reason: `cannot be written: no space left on the disk of ${folder}`,
  suggestions: ['make room on the disk'],
})

function isFull(folder: string): boolean {
  try {
    return statfsSync(folder).bavail === 0
  } catch {
    return false
  }
}

/** SQLite does not say what the system said: the file is opened once more to learn it. */
function whyUnopenable(path: string): string {
  try {
    closeSync(openSync(path, 'r'))
  } catch (error) {
    return isMissing(error, path) ? whyNotMade(path) : causeOf(error, path)
  }
  if (statSync(path).isDirectory()) return 'it is a folder'
  const log = `${realpathSync(path)}-wal`
  return (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0
    ? `what a process that was killed left in ${log} can be read only in a folder that may be written: copy both files to one`
    : whyNotMade(path)
}

function whyNotMade(path: string): string {
  const folder = dirname(resolve(path))
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return `no file can be made in ${folder}`
  } catch (error) {
    return causeOf(error, join(folder, basename(path)))
  }
}

/** SQLite keeps a log and its index beside a file, and takes another thing in their place for a failing disk. */
function besideOf(path: string): string | undefined {
  for (const ending of ['-wal', '-shm', '-journal']) {
    const beside = `${resolve(path)}${ending}`
    const found = statSync(beside, { throwIfNoEntry: false })
    if (found !== undefined && !found.isFile()) return `${beside} is ${kindOf(found)}, not a file`
  }
  return undefined
}
