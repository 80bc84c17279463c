import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Schema } from '../../schema/model.ts'
import { readSchemaFile, type SchemaFileProblem } from '../../schema/schema-file.ts'
import { parseDocument, pathProblem, readText } from '../named-file.ts'

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
  /** By topic: the schema file that is set up for it, whatever topic the file names. */
  readonly ofTopics?: ReadonlyMap<string, string> | undefined
  /** Told of a file in the folder `schemas` that was found, not named, and that cannot be read. */
  readonly onPassedOver?: ((reason: string) => void) | undefined
}

/**
 * The schemas in a file or folder: the one that is named, else the one set up, else the folder `schemas` of the working
 * directory or the nearest one above that has it.
 *
 * In a folder, the `.json` files that have a `crbus_schema` are schemas, and other JSON belongs to other programs. A file
 * that is not JSON at all, or cannot be read, may be a schema that broke: where the folder was named or set up it is an
 * error, elsewhere `onPassedOver` is told. A named folder must hold a schema. Without `named`, the file that is set up for
 * a topic goes before the one that names the topic itself.
 */
export async function findSchemas(place: SchemaPlace, named?: string): Promise<FoundSchemas> {
  const found = await findInFolder(place, named)
  const { ofTopics = new Map<string, string>() } = place
  if (!found.ok || named !== undefined || ofTopics.size === 0) return found
  const files = found.files.filter(({ schema }) => !ofTopics.has(schema.topic))
  for (const [topic, path] of ofTopics) {
    const read = await readNamed(path)
    if (!read.ok) return { ok: false, reason: `${read.reason} (the schema that crbus.json names for ${topic})` }
    files.push(...read.files.map(({ schema }) => ({ path, schema: { ...schema, topic } })))
  }
  return { ok: true, files }
}

async function findInFolder({ cwd, schemas, onPassedOver }: SchemaPlace, named?: string): Promise<FoundSchemas> {
  const path = named ?? schemas?.path
  if (path === undefined) {
    const folder = await folderAbove(cwd)
    return folder === undefined ? { ok: true, files: [] } : readFolder(folder, onPassedOver ?? (() => {}))
  }
  const kind = await stat(path).catch(() => undefined)
  const mayBeMissing = named === undefined && schemas?.mustExist === false
  if (kind === undefined && mayBeMissing) return { ok: true, files: [] }
  if (!kind?.isDirectory()) return readNamed(path)
  const found = await readFolder(path)
  if (!found.ok || found.files.length > 0 || named === undefined) return found
  return { ok: false, reason: `${path} holds no schema, which is a .json file that "crbus schema import" writes` }
}

async function folderAbove(cwd: string): Promise<string | undefined> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const schemas = join(folder, SCHEMAS_FOLDER)
    if ((await stat(schemas).catch(() => undefined))?.isDirectory()) return schemas
    if (dirname(folder) === folder) return undefined
  }
}

/** Without `onPassedOver`, a file that cannot be read is an error. */
async function readFolder(folder: string, onPassedOver?: (reason: string) => void): Promise<FoundSchemas> {
  const problem = pathProblem(folder, 'file or folder')
  if (problem !== undefined) return { ok: false, reason: problem }
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => isSchemaName(entry.name) && !entry.isDirectory()).map(({ name }) => name)
  const files: SchemaFile[] = []
  for (const name of names.sort()) {
    const path = join(folder, name)
    const read = await readCandidate(path)
    if (!read.ok) {
      if (onPassedOver === undefined) return read
      onPassedOver(`${read.reason}; it is passed over`)
    } else if (read.text.includes(SCHEMA_MARK)) {
      const schema = toSchema(path, read.text)
      if (!schema.ok) return schema
      files.push(...schema.files)
    }
  }
  return { ok: true, files }
}

const SCHEMA_MARK = '"crbus_schema"'

/** Files that begin with a dot are those of editors and file systems. */
const isSchemaName = (name: string): boolean => name.endsWith('.json') && !name.startsWith('.')

async function readCandidate(path: string): Promise<Awaited<ReturnType<typeof readText>>> {
  // A pipe would be waited for.
  const problem = pathProblem(path, 'file')
  if (problem !== undefined) return { ok: false, reason: problem }
  const read = await readText(path)
  if (!read.ok || read.text.includes(SCHEMA_MARK)) return read
  const parsed = parseDocument(read.text)
  return parsed.ok ? read : { ok: false, reason: `${path} ${parsed.reason}` }
}

async function readNamed(path: string): Promise<FoundSchemas> {
  const read = await readText(path)
  return read.ok ? toSchema(path, read.text) : read
}

function toSchema(path: string, text: string): FoundSchemas {
  const read = readSchemaFile(text)
  if (!read.ok) return { ok: false, reason: problemsOf(path, read.problems) }
  return { ok: true, files: [{ path, schema: read.schema }] }
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
