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
const STAGING = '.crbus-new-'

/** Returns whether a file is written. A file with differences is written only with `force`. */
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
    const staging = mkdtempSync(join(root, STAGING))
    undo.push(() => rmSync(staging, { recursive: true, force: true }))
    const staged = wanted.map((file, index) => stage(findTarget(root, file.path), file, join(staging, `${index}`)))
    for (const { file, target, part, before } of staged) {
      undo.push(...makeFolders(dirname(target)))
      refuseMoved(root, file.path, target)
      if (before === undefined) placeNew(part, target)
      else renameSync(part, target)
      undo.push(() => (before === undefined ? rmSync(target, { force: true }) : renameSync(before, target)))
    }
    attempt(() => rmSync(staging, { recursive: true }))
    return { written: wanted.map(({ path }) => path) }
  } catch (error) {
    for (const step of undo.reverse()) attempt(step)
    throw asRefusal(error, root)
  }
}

interface Staged {
  readonly file: FilePlan
  /** With links resolved. */
  readonly target: string
  readonly part: string
  /** A copy of the existing file, to restore it. */
  readonly before: string | undefined
}

function stage({ path: target, exists }: Target, file: FilePlan, part: string): Staged {
  const { after, isExecutable } = file
  writeFileSync(part, after, { mode: isExecutable ? 0o755 : 0o644 })
  if (!exists) return { file, target, part, before: undefined }
  // Renaming would replace a file that its owner has made read-only.
  accessSync(target, constants.W_OK)
  const copy = `${part}.before`
  copyFileSync(target, copy)
  keepAccess(part, statSync(target))
  return { file, target, part, before: copy }
}

/** Throws `ScaffoldRefused` if a new link would redirect the file. */
function refuseMoved(root: string, path: string, target: string): void {
  if (findTarget(root, path).path === target) return
  throw new ScaffoldRefused(`${path} now leads to another file; nothing was written`, [scaffoldHints.planAgain()])
}

/** Creates the missing folders of a path, and returns functions that remove them. */
const makeFolders = (folder: string): (() => void)[] => makeFolder(folder).map((path) => () => rmdirSync(path))

function refuseStale(root: string, { path, before }: FilePlan): void {
  const now = readTarget(root, path)
  const isSame = before === undefined ? now === undefined : now?.equals(Buffer.from(before as Uint8Array))
  if (isSame) return
  throw new ScaffoldRefused(`${path} has changed since the plan was made; nothing was written`, [
    scaffoldHints.planAgain(),
  ])
}

function attempt(step: () => void): void {
  try {
    step()
  } catch {
    // The first error is reported; the other files are restored nevertheless.
  }
}

/** Turns an error of the file system into a refusal: it is not a bug of crbus. */
function asRefusal(error: unknown, root: string): unknown {
  const { code, path = root, dest = path } = error as NodeJS.ErrnoException & { readonly dest?: string }
  if (code === undefined) return error
  const hints = isDiskFull(error) ? [scaffoldHints.advice('free space on the disk')] : []
  // The name of a temporary file would not help the user.
  const what = dest.startsWith(join(root, STAGING)) ? '' : `${dest} cannot be written: `
  return new EventBusError('REFUSED', `nothing was written: ${what}${causeOf(error, dest)}`, {
    hints,
    cause: error,
  })
}
