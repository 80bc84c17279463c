import {
  accessSync,
  constants,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { EventBusError } from '../../bus/errors.ts'
import { causeOf, isDiskFull } from '../../files/cause.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { keepAccess, placeNew } from '../../files/write-whole.ts'
import { scaffoldHints } from '../hints.ts'
import { ScaffoldRefused } from '../refused.ts'
import type { FilePlan, ScaffoldPlan } from './plan.ts'
import { findTarget, readTarget, type Target } from './target.ts'

export interface ScaffoldDone {
  /** The files that were written, relative to the root of the plan. */
  readonly written: readonly string[]
}

/** Prefix of the temporary folder in which files are written before they are moved. */
const STAGING_PREFIX = '.crbus-new-'

/** Returns whether applying the plan writes the file. A file with differences is overwritten only with `force`. */
export const isWritten = ({ action }: FilePlan, force: boolean): boolean =>
  action === 'create' || action === 'edit' || (action === 'changed' && force)

/**
 * Writes all files of a plan, or none. Writes the files to a temporary folder of the same file system and then moves them; if one
 * move fails, restores the files before it. Runs synchronously, so that no signal handler runs in between. Throws
 * `ScaffoldRefused` if a file has changed since the plan was made.
 */
export function applyScaffold({ root, files }: ScaffoldPlan, { force = false } = {}): ScaffoldDone {
  const wanted = files.filter((file) => isWritten(file, force))
  if (wanted.length === 0) return { written: [] }
  for (const file of wanted) refuseStale(root, file)
  const undo: (() => void)[] = []
  try {
    undo.push(...makeFolders(root))
    const staging = mkdtempSync(join(root, STAGING_PREFIX))
    undo.push(() => rmSync(staging, { recursive: true, force: true }))
    const staged = wanted.map((file, index) => stage(findTarget(root, file.path), file, join(staging, `${index}`)))
    for (const { file, target, temporary, before } of staged) {
      undo.push(...makeFolders(dirname(target)))
      refuseMoved(root, file.path, target)
      if (before === undefined) placeNew(temporary, target)
      else renameSync(temporary, target)
      undo.push(() => (before === undefined ? rmSync(target, { force: true }) : renameSync(before, target)))
    }
    attempt(() => rmSync(staging, { recursive: true }))
    return { written: wanted.map(({ path }) => path) }
  } catch (error) {
    for (const step of undo.reverse()) attempt(step)
    throw asRefusal(error, root)
  }
}

/** A file that is ready to be moved to its target. */
interface Staged {
  readonly file: FilePlan
  /** The absolute path, with links resolved. */
  readonly target: string
  /** The temporary file with the new content. */
  readonly temporary: string
  /** A copy of the existing file, to restore it. */
  readonly before: string | undefined
}

/** Writes the new content to a temporary file, and copies the existing file. */
function stage({ path: target, exists }: Target, file: FilePlan, temporary: string): Staged {
  const { after, isExecutable } = file
  writeFileSync(temporary, after, { mode: isExecutable ? 0o755 : 0o644 })
  if (!exists) return { file, target, temporary, before: undefined }
  // Checked here, because moving a file over another one also replaces a read-only file.
  accessSync(target, constants.W_OK)
  const copy = `${temporary}.before`
  copyFileSync(target, copy)
  keepAccess(temporary, statSync(target))
  return { file, target, temporary, before: copy }
}

/** Throws `ScaffoldRefused` if the path leads to another file than when it was staged, because of a new link. */
function refuseMoved(root: string, path: string, target: string): void {
  if (findTarget(root, path).path === target) return
  throw new ScaffoldRefused(`${path} now leads to another file; nothing was written`, [scaffoldHints.planAgain()])
}

/** Creates the missing folders of a path, and returns functions that remove them. */
const makeFolders = (folder: string): (() => void)[] => makeFolder(folder).map((path) => () => rmdirSync(path))

/** Throws `ScaffoldRefused` if a file has another content than when the plan was made. */
function refuseStale(root: string, { path, before }: FilePlan): void {
  const now = readTarget(root, path)
  const isSame = before === undefined ? now === undefined : now?.equals(Buffer.from(before as Uint8Array))
  if (isSame) return
  throw new ScaffoldRefused(`${path} has changed since the plan was made; nothing was written`, [
    scaffoldHints.planAgain(),
  ])
}

/** Runs a step of the cleanup and ignores its error. */
function attempt(step: () => void): void {
  try {
    step()
  } catch {
    // The first error is reported; the other files are restored nevertheless.
  }
}

/** Turns an error of the file system into an `EventBusError` with code `REFUSED`, because it is not a bug of crbus. */
function asRefusal(error: unknown, root: string): unknown {
  const { code, path = root, dest = path } = error as NodeJS.ErrnoException & { readonly dest?: string }
  if (code === undefined) return error
  const hints = isDiskFull(error) ? [scaffoldHints.advice('free space on the disk')] : []
  // The name of a temporary file would not help the user.
  const what = dest.startsWith(join(root, STAGING_PREFIX)) ? '' : `${dest} cannot be written: `
  return new EventBusError('REFUSED', `nothing was written: ${what}${causeOf(error, dest)}`, {
    hints,
    cause: error,
  })
}
