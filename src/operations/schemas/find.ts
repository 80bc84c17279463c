import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { withLines } from '../../bus/errors.ts'
import { findUp } from '../../files/find-up.ts'
import { isFolder } from '../../files/make-folder.ts'
import type { Schema } from '../../schema/model.ts'
import { readSchemaFile, type SchemaFileProblem } from '../../schema/schema-file.ts'
import { parseDocument, pathProblem, readText } from '../named-file.ts'

/** The default folder of schemas in a project. */
export const SCHEMAS_FOLDER = 'schemas'

interface SchemaFile {
  readonly path: string
  readonly schema: Schema
}

export type FoundSchemas =
  | { readonly ok: true; readonly files: readonly SchemaFile[] }
  | { readonly ok: false; readonly reason: string }

/** Where to find the schemas of a project. */
export interface SchemaLocation {
  readonly cwd: string
  /** The configured file or folder. With `mustExist: false`, it may be missing, because the first import creates it. */
  readonly schemas: { readonly path: string; readonly mustExist: boolean } | undefined
  /** The configured schema file of each topic. It is used for that topic even if the file names another one. */
  readonly ofTopics?: ReadonlyMap<string, string> | undefined
  /** Called with the reason for each file that is ignored; see {@link findSchemas}. */
  readonly onIgnored?: ((reason: string) => void) | undefined
}

/**
 * Reads the schemas in a file or folder: `named`, else the configured one, else the folder `schemas` in the working directory or
 * in the nearest parent that has such a folder.
 *
 * In a folder, `.json` files with the key `crbus_schema` are schemas; other JSON files are skipped. A file that is not JSON or
 * cannot be read may be a damaged schema. It is an error if the folder is named or configured; otherwise `onIgnored` is called
 * and the file is ignored. The folder `named` must contain a schema. Without `named`, the configured file of a topic takes
 * precedence over other files that name the topic.
 */
export async function findSchemas(location: SchemaLocation, named?: string): Promise<FoundSchemas> {
  const found = await findInPlace(location, named)
  const { ofTopics = new Map<string, string>() } = location
  if (!found.ok || named !== undefined || ofTopics.size === 0) return found
  const files = found.files.filter(({ schema }) => !ofTopics.has(schema.topic))
  for (const [topic, path] of ofTopics) {
    const read = await readNamed(path)
    if (!read.ok) return { ok: false, reason: `${read.reason} (crbus.json names this schema for ${topic})` }
    files.push(...read.files.map(({ schema }) => ({ path, schema: { ...schema, topic } })))
  }
  return { ok: true, files }
}

/** Reads the schemas in the named, configured or default place, without the configured files of topics. */
async function findInPlace({ cwd, schemas, onIgnored }: SchemaLocation, named?: string): Promise<FoundSchemas> {
  const path = named ?? schemas?.path
  if (path === undefined) {
    const folder = findUp(cwd, SCHEMAS_FOLDER, isFolder)
    return folder === undefined ? { ok: true, files: [] } : readFolder(folder, onIgnored ?? (() => {}))
  }
  const kind = await stat(path).catch(() => undefined)
  const mayBeMissing = named === undefined && schemas?.mustExist === false
  if (kind === undefined && mayBeMissing) return { ok: true, files: [] }
  if (!kind?.isDirectory()) return readNamed(path)
  const found = await readFolder(path)
  if (!found.ok || found.files.length > 0 || named === undefined) return found
  return { ok: false, reason: `${path} contains no schema` }
}

/** Reads the schemas of a folder. Without `onIgnored`, an unreadable file is an error. */
async function readFolder(folder: string, onIgnored?: (reason: string) => void): Promise<FoundSchemas> {
  const problem = pathProblem(folder, 'file or folder')
  if (problem !== undefined) return { ok: false, reason: problem }
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => isSchemaName(entry.name) && !entry.isDirectory()).map(({ name }) => name)
  const files: SchemaFile[] = []
  for (const name of names.sort()) {
    const path = join(folder, name)
    const read = await readCandidate(path)
    if (!read.ok) {
      if (onIgnored === undefined) return read
      onIgnored(read.reason)
    } else if (read.text.includes(SCHEMA_KEY)) {
      const schema = toSchema(path, read.text)
      if (!schema.ok) return schema
      files.push(...schema.files)
    }
  }
  return { ok: true, files }
}

/** A text that occurs in every schema file. */
const SCHEMA_KEY = '"crbus_schema"'

/** Whether a file may be a schema. Files that begin with a dot belong to editors and file systems. */
const isSchemaName = (name: string): boolean => name.endsWith('.json') && !name.startsWith('.')

/** Reads a JSON file that may be a schema. Parses files without the key of schemas only to tell if they are damaged. */
async function readCandidate(path: string): Promise<Awaited<ReturnType<typeof readText>>> {
  // Accept only regular files, because reading a pipe would block.
  const problem = pathProblem(path, 'file')
  if (problem !== undefined) return { ok: false, reason: problem }
  const read = await readText(path)
  if (!read.ok || read.text.includes(SCHEMA_KEY)) return read
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

/** Maximum number of problems of a schema file to show. */
const MAX_PROBLEMS = 5

/** Says that a file is not a schema file, with the first of its problems. */
export function problemsOf(file: string, problems: readonly SchemaFileProblem[]): string {
  const lines = problems.slice(0, MAX_PROBLEMS).map(({ path, reason }) => (path === '' ? reason : `${path}: ${reason}`))
  const left = problems.length - lines.length
  return withLines(`${file} is not a schema file`, [...lines, ...(left > 0 ? [`and ${left} more`] : [])])
}
