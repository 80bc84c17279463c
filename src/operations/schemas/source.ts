import { existsSync } from 'node:fs'
import { join, posix, relative, resolve } from 'node:path'
import { withLines } from '../../bus/errors.ts'
import type { Hint } from '../../bus/hints.ts'
import { fixesOf } from '../../schema/import/import-report.ts'
import type { ImportRequest } from '../../schema/import/import-request.ts'
import type { Answers, Schema } from '../../schema/model.ts'
import { readSchemaFile } from '../../schema/schema-file.ts'
import { operationHints } from '../hints.ts'
import { pathProblemAfterName } from '../named-file.ts'
import { findSchemas, problemsOf, type SchemaLocation } from './find.ts'
import { answersIn, importSource, type KnownAnswers } from './known-answers.ts'
import { conditionOf } from './problem-condition.ts'
import { sourceFiles } from './rust-files.ts'

/** Runs git in a folder and returns what it prints, or why it failed. */
type RunGit = (args: readonly string[], cwd: string) => GitAnswer
type GitAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

export interface SchemaSourceRequest {
  readonly cwd: string
  readonly git: RunGit
  /** The enum or struct to import from Rust source. */
  readonly root?: string | undefined
  readonly topic?: string | undefined
  /** Answers for an import from Rust source. */
  readonly answers?: Answers | undefined
  /** Answers of earlier imports, for questions that `answers` leaves open. */
  readonly known?: KnownAnswers | undefined
}

export type SchemaSource =
  | { readonly ok: true; readonly schema: Schema }
  | { readonly ok: false; readonly reason: string; readonly hints: readonly Hint[] }

/**
 * Reads a schema from a schema file or from Rust source, on the disk or at a git revision (`HEAD~3:schemas/order-events.json`).
 * If there is a file with that name, the colon does not separate a revision.
 */
export function readSchemaSource(source: string, request: SchemaSourceRequest): SchemaSource {
  const { cwd } = request
  const path = relative(cwd, resolve(cwd, source)) || '.'
  const isFile = isSchemaFile(source)
  const problem = pathProblemAfterName(resolve(cwd, source), isFile ? 'stream' : 'file or folder')
  if (problem === undefined) return readFrom(path, source, sourceFiles(cwd), request)
  const colon = source.lastIndexOf(':')
  if (colon < 0 || existsSync(resolve(cwd, source))) return invalidSource(source, problem)
  return readAtRevision(source, source.slice(0, colon), source.slice(colon + 1), request)
}

/** Whether a source is a schema file rather than Rust source to import. */
export const isSchemaFile = (source: string): boolean => source.endsWith('.json')

/** Creates the result for a source that cannot be read, with examples of sources as hints. */
const invalidSource = (source: string, reason: string): SchemaSource => ({
  ok: false,
  reason: `${source}: ${reason}`,
  hints: examples,
})

const examples = ['schemas/order-events.json', 'services/orders', 'HEAD~3:schemas/order-events.json'].map(
  operationHints.giveSource,
)

type Files = ImportRequest['files']

function readAtRevision(source: string, revision: string, path: string, request: SchemaSourceRequest): SchemaSource {
  const { cwd, git } = request
  // git would take the revision for an option.
  if (revision.startsWith('-')) return invalidSource(source, 'a revision must not begin with -')
  const pathInGit = fullPath(path, cwd, git)
  const kind = git(['cat-file', '-t', `${revision}:${pathInGit === '.' ? '' : pathInGit}`], cwd)
  if (!kind.ok) return invalidSource(source, kind.reason.replace(/^fatal: /, ''))
  return readFrom(pathInGit, source, gitFiles(revision, cwd, git), request)
}

/**
 * Resolves a path as git does: paths that begin with `./` or `../` from the working directory, others from the repository root.
 */
function fullPath(path: string, cwd: string, git: RunGit): string {
  const prefix = /^\.\.?(?:\/|$)/.test(path) ? git(['rev-parse', '--show-prefix'], cwd) : undefined
  return posix.normalize(prefix?.ok ? join(prefix.text.trim(), path) : path).replace(/(.)\/$/, '$1')
}

/** Access to Rust source in the repository at a revision. */
function gitFiles(revision: string, cwd: string, git: RunGit): Files {
  const disk = sourceFiles(cwd)
  let all: readonly string[] | undefined
  const names = () => {
    const listed = all ? undefined : git(['ls-tree', '-r', '-z', '--name-only', '--full-tree', revision], cwd)
    all ??= listed?.ok ? listed.text.split('\0').filter((name) => name !== '') : []
    return all
  }
  return {
    // An absolute path is a dependency in the folder of cargo, which is not in the repository.
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

/** Reads a schema file or imports Rust source, from the disk or from git. `source` is the name for messages. */
function readFrom(path: string, source: string, files: Files, request: SchemaSourceRequest): SchemaSource {
  if (!isSchemaFile(path)) return importFrom(path, source, files, request)
  const text = files.read(path)
  if (text === undefined) return invalidSource(source, 'the file cannot be read')
  const read = readSchemaFile(text)
  if (read.ok) return read
  return { ok: false, reason: problemsOf(source, read.problems), hints: examples }
}

function importFrom(path: string, source: string, files: Files, request: SchemaSourceRequest): SchemaSource {
  const { root, topic, answers, known } = request
  const found = importSource({ paths: [path], files, root, topic, answers }, known)
  if (found.ok) return found
  const problems = found.problems.map((problem) => {
    const { file, line, about, reason } = problem
    const place = `${file}${line > 0 ? `:${line}` : ''}`
    const condition = conditionOf(problem)
    return `${place === about ? '' : `${place} `}${about}: ${reason}${condition === undefined ? '' : ` (if ${condition})`}`
  })
  const reason = withLines(`${source} cannot be imported`, problems)
  const fixes = fixesOf(found.problems)
  return { ok: false, reason, hints: fixes.length > 0 ? fixes : examples }
}

/** Reads the schema of a topic from the source `named`, else from the schemas of the project. */
export async function schemaForTopic(
  topic: string,
  named: string | undefined,
  request: SchemaSourceRequest & SchemaLocation,
): Promise<SchemaSource> {
  if (named !== undefined) return readSchemaSource(named, { ...request, topic, known: await answersIn(request) })
  const found = await findSchemas(request)
  const hints = [operationHints.nameSchema(`schemas/${topic}.json`), operationHints.importSchema(topic)]
  if (!found.ok) return { ok: false, reason: found.reason, hints }
  const own = found.files.find(({ schema }) => schema.topic === topic)
  if (own !== undefined) return { ok: true, schema: own.schema }
  return { ok: false, reason: `this project has no schema for topic '${topic}'`, hints }
}
