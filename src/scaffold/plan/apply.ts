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
import { ScaffoldRefused } from '../refused.ts'
import type { FilePlan, ScaffoldPlan } from './plan.ts'
import { findTarget, readTarget, type Target } from './target.ts'

export interface ScaffoldDone {
  /** Paths that were written, from the plan's root. */
  readonly written: readonly string[]
}

/** The beginning of the name of the folder in which files are written before they are moved. */
const STAGING = '.crbus-new-'

/** Whether the file is written: what differs only when that is forced. */
export const isWritten = ({ action }: FilePlan, force: boolean): boolean =>
  action === 'create' || action === 'edit' || (action === 'changed' && force)

/**
 * Writes what was planned, all of it or nothing. Files are written whole in a folder beside their places and then moved
 * there; when one cannot be, those before it are put back. It runs to its end without giving way, so that no signal comes
 * between. Refuses when a file is no longer what the plan was made from.
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
  /** Behind links. */
  readonly target: string
  readonly part: string
  /** A copy of what is there, to put back. */
  readonly before: string | undefined
}

function stage({ path: target, isThere }: Target, file: FilePlan, part: string): Staged {
  const { after, isExecutable } = file
  writeFileSync(part, after, { mode: isExecutable ? 0o755 : 0o644 })
  if (!isThere) return { file, target, part, before: undefined }
  // Renaming would replace what its owner has made read-only.
  accessSync(target, constants.W_OK)
  const copy = `${part}.before`
  copyFileSync(target, copy)
  keepAccess(part, statSync(target))
  return { file, target, part, before: copy }
}

/** A link that was made since would have the file written elsewhere. */
function refuseMoved(root: string, path: string, target: string): void {
  if (findTarget(root, path).path === target) return
  throw new ScaffoldRefused(`${path} leads elsewhere since a moment ago; nothing was written`, [
    'the same command again',
  ])
}

/** Makes the folders that are missing; answers with how to take them away again. */
const makeFolders = (folder: string): (() => void)[] => makeFolder(folder).map((path) => () => rmdirSync(path))

function refuseStale(root: string, { path, before }: FilePlan): void {
  const now = readTarget(root, path)
  const isSame = before === undefined ? now === undefined : now?.equals(Buffer.from(before as Uint8Array))
  if (isSame) return
  throw new ScaffoldRefused(`${path} has changed since the plan was made; nothing was written`, [
    'the same command again',
  ])
}

function attempt(step: () => void): void {
  try {
    step()
  } catch {
    // The first error is the one to tell; the rest is put back all the same.
  }
}

/** What the file system says is not a bug of crbus: a folder in the way, no permission, no room. */
function asRefusal(error: unknown, root: string): unknown {
  const { code, path = root, dest = path } = error as NodeJS.ErrnoException & { readonly dest?: string }
  if (code === undefined) return error
  const suggestions = isDiskFull(error) ? ['make room on the disk'] : []
  // A name that the user has never seen explains nothing.
  const what = dest.startsWith(join(root, STAGING)) ? '' : `${dest} cannot be written: `
  return new EventBusError('REFUSED', `nothing was written: ${what}${causeOf(error, dest)}`, {
    suggestions,
    cause: error,
  })
}
