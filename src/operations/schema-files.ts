import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Schema } from '../schema/model.ts'
import { readSchemaFile, type SchemaFileProblem } from '../schema/schema-file.ts'

/** Where the schemas of a project are, next to its source. */
export const SCHEMAS_FOLDER = 'schemas'

interface SchemaFile {
  readonly path: string
  readonly schema: Schema
}

export type FoundSchemas =
  | { readonly ok: true; readonly files: readonly SchemaFile[] }
  | { readonly ok: false; readonly reason: string }

/** Where schemas are when a command is not told. */
export interface SchemaPlace {
  readonly cwd: string
  /** A file or folder that is set up for them. One that need not exist may be made by the first import. */
  readonly schemas: { readonly path: string; readonly mustExist: boolean } | undefined
}

/**
 * The schemas in a file or folder: the one that is named, else the one set up, else the folder `schemas` of the working
 * directory or the nearest one above that has it. JSON in there that is no schema of crbus is somebody else's, unless it
 * was named.
 */
export async function findSchemas({ cwd, schemas }: SchemaPlace, named?: string): Promise<FoundSchemas> {
  const path = named ?? schemas?.path
  if (path === undefined) return readFolder(await folderAbove(cwd))
  const kind = await stat(path).catch(() => undefined)
  if (kind !== undefined) return kind.isDirectory() ? readFolder(path) : readFiles([path])
  const mayBeMissing = named === undefined && schemas?.mustExist === false
  return mayBeMissing ? { ok: true, files: [] } : { ok: false, reason: `there is no ${path}` }
}

async function folderAbove(cwd: string): Promise<string | undefined> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const schemas = join(folder, SCHEMAS_FOLDER)
    if ((await stat(schemas).catch(() => undefined))?.isDirectory()) return schemas
    if (dirname(folder) === folder) return undefined
  }
}

async function readFolder(folder: string | undefined): Promise<FoundSchemas> {
  if (folder === undefined) return { ok: true, files: [] }
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  return readFiles(
    names.map((name) => join(folder, name)),
    true,
  )
}

async function readFiles(paths: readonly string[], isOpen = false): Promise<FoundSchemas> {
  const files: SchemaFile[] = []
  for (const path of paths) {
    const text = await readFile(path, 'utf8')
    if (isOpen && !text.includes('"crbus_schema"')) continue
    const read = readSchemaFile(text)
    if (!read.ok) return { ok: false, reason: problemsOf(path, read.problems) }
    files.push({ path, schema: read.schema })
  }
  return { ok: true, files }
}

/** More mistakes than this at once help nobody. */
const MOST_PROBLEMS = 5

function problemsOf(file: string, problems: readonly SchemaFileProblem[]): string {
  const lines = problems
    .slice(0, MOST_PROBLEMS)
    .map(({ path, reason }) => (path === '' ? reason : `${path}: ${reason}`))
  const left = problems.length - lines.length
  return [`${file} is not a schema file`, ...lines, ...(left > 0 ? [`… and ${left} more`] : [])].join('\n  ')
}
