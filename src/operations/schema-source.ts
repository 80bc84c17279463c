import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve } from 'node:path'
import { type ImportRequest, importSchema } from '../schema/import-schema.ts'
import type { Schema } from '../schema/model.ts'
import { readSchemaFile } from '../schema/schema-file.ts'

type RunGit = (args: readonly string[], cwd: string) => GitAnswer
type GitAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

export interface SchemaSourceRequest {
  readonly cwd: string
  readonly git: RunGit
  readonly root?: string | undefined
  readonly topic?: string | undefined
  readonly map?: ReadonlyMap<string, string> | undefined
  readonly assume?: ReadonlyMap<string, string> | undefined
}

export type SchemaSource =
  | { readonly ok: true; readonly schema: Schema }
  | { readonly ok: false; readonly reason: string; readonly suggestions: readonly string[] }

/**
 * A schema from wherever it can be had: a schema file, Rust source, or either as it was at a git revision,
 * `HEAD~3:schemas/order-events.json`. A file of that name goes before a revision.
 */
export function readSchemaSource(source: string, request: SchemaSourceRequest): SchemaSource {
  const { cwd } = request
  const path = relative(cwd, resolve(cwd, source)) || '.'
  if (existsSync(resolve(cwd, source))) return readFrom(path, source, onDisk(cwd), request)
  const colon = source.lastIndexOf(':')
  if (colon < 0) return missing(source, 'there is no such file or folder')
  return readAtRevision(source, source.slice(0, colon), source.slice(colon + 1), request)
}

/** Whether it is a file that holds a schema, and not source that has to be imported. */
export const isSchemaFile = (source: string): boolean => source.endsWith('.json')

const missing = (source: string, reason: string): SchemaSource => ({
  ok: false,
  reason: `${source}: ${reason}`,
  suggestions: ['schemas/order-events.json', 'services/orders', 'HEAD~3:schemas/order-events.json'],
})

type Files = ImportRequest['files']

const onDisk = (cwd: string): Files => ({
  read: (path) => attempt(() => readFileSync(resolve(cwd, path), 'utf8')),
  list: (path) => attempt(() => readdirSync(resolve(cwd, path))),
})

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    // The import asks for files that may be there, and says itself what it misses.
    return undefined
  }
}

function readAtRevision(source: string, revision: string, path: string, request: SchemaSourceRequest): SchemaSource {
  const { cwd, git } = request
  if (revision.startsWith('-')) return missing(source, 'a revision does not begin with -')
  const at = fullPath(path, cwd, git)
  const kind = git(['cat-file', '-t', `${revision}:${at === '.' ? '' : at}`], cwd)
  if (!kind.ok) return missing(source, kind.reason.replace(/^fatal: /, ''))
  return readFrom(at, source, inGit(revision, cwd, git), request)
}

/** From the top of the repository, as git has it; `./` is from here, as git has it too. */
function fullPath(path: string, cwd: string, git: RunGit): string {
  const prefix = /^\.\.?(?:\/|$)/.test(path) ? git(['rev-parse', '--show-prefix'], cwd) : undefined
  return posix.normalize(prefix?.ok ? join(prefix.text.trim(), path) : path).replace(/(.)\/$/, '$1')
}

function inGit(revision: string, cwd: string, git: RunGit): Files {
  const disk = onDisk(cwd)
  let all: readonly string[] | undefined
  const names = () => {
    const listed = all ? undefined : git(['ls-tree', '-r', '-z', '--name-only', '--full-tree', revision], cwd)
    all ??= listed?.ok ? listed.text.split('\0').filter((name) => name !== '') : []
    return all
  }
  return {
    // Crates of others are where cargo put them, at any revision.
    read: (path) => {
      if (posix.isAbsolute(path)) return disk.read(path)
      const file = git(['cat-file', 'blob', `${revision}:${posix.normalize(path)}`], cwd)
      return file.ok ? file.text : undefined
    },
    list: (path) => {
      if (posix.isAbsolute(path)) return disk.list(path)
      const folder = posix.normalize(path).replace(/(.)\/$/, '$1')
      const inside =
        folder === '.'
          ? names()
          : names().flatMap((name) => (name.startsWith(`${folder}/`) ? [name.slice(folder.length + 1)] : []))
      return inside.length === 0 ? undefined : [...new Set(inside.map((name) => name.split('/')[0] as string))]
    },
  }
}

function readFrom(path: string, source: string, files: Files, request: SchemaSourceRequest): SchemaSource {
  if (!isSchemaFile(path)) return importFrom(path, source, files, request)
  const text = files.read(path)
  if (text === undefined) return missing(source, 'it cannot be read')
  const read = readSchemaFile(text)
  if (read.ok) return read
  const problems = read.problems
    .slice(0, 10)
    .map((problem) => `${problem.path === '' ? '' : `${problem.path}: `}${problem.reason}`)
  return { ok: false, reason: [`${source} is no schema file`, ...problems].join('\n'), suggestions: [] }
}

function importFrom(path: string, source: string, files: Files, request: SchemaSourceRequest): SchemaSource {
  const { root, topic, map, assume } = request
  const found = importSchema({ paths: [path], files, root, topic, map, assume })
  if (found.ok) return found
  const problems = found.problems.map(
    ({ file, line, about, reason }) => `${file}${line > 0 ? `:${line}` : ''} ${about}: ${reason}`,
  )
  const suggestions = [...new Set(found.problems.flatMap(({ fix }) => (fix === undefined ? [] : [fix])))]
  return { ok: false, reason: [`${source} cannot be imported`, ...problems].join('\n'), suggestions }
}

/** The schema named, else `schemas/<topic>.json` in the working directory or the nearest folder above that has it. */
export function schemaForTopic(topic: string, named: string | undefined, request: SchemaSourceRequest): SchemaSource {
  if (named !== undefined) return readSchemaSource(named, { ...request, topic })
  for (let folder = request.cwd; ; folder = dirname(folder)) {
    const path = join(folder, 'schemas', `${topic}.json`)
    if (existsSync(path)) return readSchemaSource(path, request)
    if (dirname(folder) === folder) break
  }
  const reason = `there is no schemas/${topic}.json here or in a folder above`
  return {
    ok: false,
    reason,
    suggestions: [`--schema schemas/${topic}.json`, `crbus schema import PATH --topic ${topic}`],
  }
}
