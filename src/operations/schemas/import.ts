import { join, relative, resolve } from 'node:path'
import { fileRefused } from '../../files/file-refused.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { compareSchemas } from '../../schema/compare/compare-schemas.ts'
import type { SchemaChange } from '../../schema/compare/schema-change.ts'
import type { ImportHint } from '../../schema/import/hints.ts'
import { fixesOf } from '../../schema/import/import-report.ts'
import type { ImportedSchema } from '../../schema/import/import-schema.ts'
import type { ImportNote } from '../../schema/import/notes.ts'
import type { Answers } from '../../schema/model.ts'
import { readSchemaFile, writeSchemaFile } from '../../schema/schema-file.ts'
import { operationHints } from '../hints.ts'
import { pathProblemBehindName } from '../named-file.ts'
import { SCHEMAS_FOLDER } from './find.ts'
import { importSource } from './known-answers.ts'
import { sourceFiles } from './rust-files.ts'

/** A schema to import from Rust source. */
export interface SchemaImportRequest {
  /** Crates, folders of source or files, relative to the working directory. */
  readonly paths: readonly string[]
  readonly cwd: string
  readonly root?: string | undefined
  readonly topic?: string | undefined
  /** Answers in addition to those in the existing schema file. */
  readonly answers: Answers
  /** The file to write. Default: `<topic>.json` in `folder`. */
  readonly out?: string | undefined
  /** Default: `schemas` in the working directory. */
  readonly folder?: string | undefined
}

/** An answer about the source: how a Rust type is serialized (`map`), or the answer to a question (`assume`). */
interface KeptAnswer {
  readonly part: keyof Answers
  readonly question: string
  readonly answer: string
}

export interface SchemaImportPlan {
  readonly ok: true
  readonly topic: string
  readonly root: string
  readonly typeCount: number
  readonly eventTypes: readonly string[]
  readonly sources: readonly string[]
  readonly notes: readonly ImportNote[]
  /** Answers that come from the existing file. */
  readonly answered: readonly KeptAnswer[]
  readonly path: string
  readonly text: string
  /** Changes that affect events already written. */
  readonly changes: readonly SchemaChange[]
  /** The effect of writing the file. */
  readonly effect: 'create' | 'change' | 'nothing'
}

/** An import with problems. `hints` are the fixes of all problems, each one once. */
export type SchemaImportFailure = Extract<ImportedSchema, { ok: false }> & { readonly hints: readonly ImportHint[] }

/** Imports the schema and plans the file to write. Changes nothing. */
export function planSchemaImport(request: SchemaImportRequest): SchemaImportPlan | SchemaImportFailure {
  const { paths, cwd, root, topic, answers, out, folder = SCHEMAS_FOLDER } = request
  const files = sourceFiles(cwd)
  const shown = [...new Set(paths.map((path) => relative(cwd, resolve(cwd, path)) || '.'))]
  const problems = shown.flatMap((path) => {
    const problem = pathProblemBehindName(resolve(cwd, path), 'file or folder')
    return problem === undefined ? [] : [{ file: path, line: 0, about: path, reason: problem, fix: undefined }]
  })
  if (problems.length > 0) return { ok: false, problems, notes: [], hints: [] }
  const fileOf = (name: string) => out ?? join(folder, `${name}.json`)
  const inFile = (path: string) => {
    const text = files.read(path)
    const read = text === undefined ? undefined : readSchemaFile(text)
    return { text, schema: read?.ok ? read.schema : undefined }
  }
  const found = importSource(
    { paths: shown, files, root, topic, answers },
    (name) => inFile(fileOf(name)).schema?.answers,
  )
  if (!found.ok) return { ...found, hints: fixesOf(found.problems) }
  const { schema, notes, sources } = found
  const path = fileOf(schema.topic)
  const text = writeSchemaFile(schema)
  const before = inFile(path)
  return {
    ok: true,
    topic: schema.topic,
    root: schema.root,
    typeCount: schema.types.size,
    eventTypes: [...schema.events.keys()],
    sources,
    notes,
    answered: [...answersBeside('map', schema.answers, answers), ...answersBeside('assume', schema.answers, answers)],
    path,
    text,
    changes: before.schema ? compareSchemas(before.schema, schema).filter(({ kind }) => kind !== 'safe') : [],
    effect: before.text === undefined ? 'create' : before.text === text ? 'nothing' : 'change',
  }
}

const answersBeside = (part: keyof Answers, all: Answers | undefined, given: Answers): KeptAnswer[] =>
  [...(all?.[part] ?? [])].flatMap(([question, answer]) =>
    given[part].has(question) ? [] : [{ part, question, answer }],
  )

/** Writes the planned file atomically. `REFUSED` when it cannot be written. */
export function applySchemaImport(plan: SchemaImportPlan, cwd: string): void {
  if (plan.effect === 'nothing') return
  const path = resolve(cwd, plan.path)
  try {
    writeWhole(path, plan.text, { folderMode: 0o777 })
  } catch (error) {
    throw fileRefused('the schema', plan.path, error, [
      operationHints.otherSchemaFile(),
      operationHints.previewSchema(),
    ])
  }
}
