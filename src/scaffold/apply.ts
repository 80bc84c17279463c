import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { EventBusError } from '../bus/errors.ts'
import { causeOf, isDiskFull } from '../files/cause.ts'
import { makeFolder } from '../files/make-folder.ts'
import type { FilePlan, ScaffoldPlan } from './plan.ts'
import { ScaffoldRefused } from './refused.ts'

export interface ScaffoldDone {
  /** Paths that were written, from the plan's root. */
  readonly written: readonly string[]
}

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
    const staging = mkdtempSync(join(root, '.crbus-new-'))
    undo.push(() => rmSync(staging, { recursive: true, force: true }))
    const staged = wanted.map((file, index) => stage(join(root, file.path), file, join(staging, `${index}`)))
    for (const { target, part, before } of staged) {
      undo.push(...makeFolders(dirname(target)))
      undo.push(() => (before === undefined ? rmSync(target, { force: true }) : renameSync(before, target)))
      renameSync(part, target)
    }
    attempt(() => rmSync(staging, { recursive: true }))
    return { written: wanted.map(({ path }) => path) }
  } catch (error) {
    for (const step of undo.reverse()) attempt(step)
    throw asRefusal(error, root)
  }
}

interface Staged {
  readonly target: string
  readonly part: string
  /** A copy of what is there, to put back. */
  readonly before: string | undefined
}

function stage(path: string, { after, before, isExecutable }: FilePlan, part: string): Staged {
  // A link is followed, not replaced.
  const target = before === undefined ? path : realpathSync(path)
  writeFileSync(part, after, { mode: isExecutable ? 0o755 : 0o644 })
  if (before === undefined) return { target, part, before: undefined }
  const { mode } = statSync(target)
  const copy = `${part}.before`
  copyFileSync(target, copy)
  chmodSync(part, mode)
  return { target, part, before: copy }
}

/** Makes the folders that are missing; answers with how to take them away again. */
const makeFolders = (folder: string): (() => void)[] => makeFolder(folder).map((path) => () => rmdirSync(path))

function refuseStale(root: string, { path, before }: FilePlan): void {
  const target = join(root, path)
  const now = existsSync(target) ? readFileSync(target) : undefined
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
  return new EventBusError('REFUSED', `nothing was written: ${dest} cannot be written: ${causeOf(error, dest)}`, {
    suggestions,
    cause: error,
  })
}
