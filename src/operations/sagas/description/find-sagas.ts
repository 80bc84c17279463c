import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withLines } from '../../../bus/errors.ts'
import { findUp } from '../../../files/find-up.ts'
import { isFolder } from '../../../files/make-folder.ts'
import { pathProblem, readText } from '../../named-file.ts'
import type { SagaFile } from './definition.ts'
import { readSagaFile, type SagaFileProblem } from './saga-file.ts'

/** The default folder of the descriptions of sagas in a project. */
export const SAGAS_FOLDER = 'sagas'

/** The descriptions of a project, sorted by name, and the folder that has them; `undefined` if there is no such folder. */
export type FoundSagas =
  | { readonly ok: true; readonly folder: string | undefined; readonly files: readonly SagaFile[] }
  | { readonly ok: false; readonly reason: string }

/** Where to look for descriptions of sagas. */
export interface SagaPlaces {
  readonly cwd: string
  /** A file or folder that the user names. */
  readonly named?: string | undefined
  /** The folder of the embedded bus. */
  readonly busFolder?: string | undefined
}

/**
 * Reads the descriptions of sagas in a file or folder: `named`, else the folder `sagas` in the working directory or in the nearest
 * parent that has such a folder, else the folder `sagas` beside the embedded bus. In a folder, `.json` files are descriptions, except
 * those that begin with a dot.
 */
export async function findSagas({ cwd, named, busFolder }: SagaPlaces): Promise<FoundSagas> {
  const beside = busFolder === undefined ? undefined : join(busFolder, SAGAS_FOLDER)
  const path = named ?? findUp(cwd, SAGAS_FOLDER, isFolder) ?? (beside && isFolder(beside) ? beside : undefined)
  if (path === undefined) return { ok: true, folder: undefined, files: [] }
  const problem = pathProblem(path, 'file or folder')
  if (problem !== undefined) return { ok: false, reason: problem }
  if (!isFolder(path)) return readFiles(path, [path])
  const entries = await readdir(path, { withFileTypes: true })
  const names = entries.filter(({ name }) => name.endsWith('.json') && !name.startsWith('.')).map(({ name }) => name)
  return readFiles(
    path,
    names.sort().map((name) => join(path, name)),
  )
}

async function readFiles(folder: string, paths: readonly string[]): Promise<FoundSagas> {
  const files: SagaFile[] = []
  for (const path of paths) {
    const problem = pathProblem(path, 'file')
    if (problem !== undefined) return { ok: false, reason: problem }
    const read = await readText(path)
    if (!read.ok) return read
    const file = readSagaFile(read.text)
    if (!file.ok) return { ok: false, reason: problemsOf(path, file.problems) }
    const { definition } = file
    const other = files.find((one) => one.definition.saga === definition.saga)
    if (other !== undefined) {
      return { ok: false, reason: `${other.path} and ${path} both describe the saga '${definition.saga}'` }
    }
    files.push({ path, definition })
  }
  return { ok: true, folder, files }
}

/** Maximum number of problems of a file to show. */
const MAX_PROBLEMS = 5

function problemsOf(file: string, problems: readonly SagaFileProblem[]): string {
  const lines = problems.slice(0, MAX_PROBLEMS).map(({ path, reason }) => (path === '' ? reason : `${path}: ${reason}`))
  const left = problems.length - lines.length
  return withLines(`${file} is not a description of a saga`, [...lines, ...(left > 0 ? [`and ${left} more`] : [])])
}
