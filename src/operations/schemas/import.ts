import { join, relative, resolve } from 'node:path'
import { fileRefused } from '../../files/file-refused.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { compareSchemas } from '../../schema/compare/compare-with-samples.ts'
import type { SchemaChange } from '../../schema/compare/schema-change.ts'
import type { ImportHint } from '../../schema/import/hints.ts'
import { fixesOf, type ImportProblem } from '../../schema/import/import-report.ts'
import type { ImportedSchema } from '../../schema/import/import-schema.ts'
import type { ImportNote } from '../../schema/import/notes.ts'
import type { Answers } from '../../schema/model.ts'
import { readSchemaFile } from '../../schema/schema-file.ts'
import { writeSchemaFile } from '../../schema/write-schema-file.ts'
import { operationHints } from '../hints.ts'
import { pathProblemAfterName } from '../named-file.ts'
import { SCHEMAS_FOLDER } from './find.ts'
import { importSource } from './known-answers.ts'
import { conditionOf } from './problem-condition.ts'
import { sourceFiles } from './rust-files.ts'

/** A schema to import from Rust source. */
export interface SchemaImportRequest {
  /** Crates, folders or files of Rust source, relative to the working directory. */
  readonly paths: readonly string[]
  readonly cwd: string
  /** The enum or struct to import. Default: the one that the source publishes. */
  readonly root?: string | undefined
  readonly topic?: string | undefined
  /** Answers in addition to those in the existing schema file. */
  readonly answers: Answers
  /** The file to write. Default: `TOPIC.json` in `folder`. */
  readonly out?: string | undefined
  /** Default: `schemas` in the working directory. */
  readonly folder?: string | undefined
}

/**
 * An answer from the existing schema file: how a Rust type is serialized (`map`), or the answer to another question (`assume`).
 */
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
  /** Answers that the import took from the existing schema file. */
  readonly answered: readonly KeptAnswer[]
  /** The file to write, and its text. */
  readonly path: string
  readonly text: string
  /** Changes to the existing schema that affect events already written. */
  readonly changes: readonly SchemaChange[]
  /** The effect of writing the file. */
  readonly effect: 'create' | 'change' | 'nothing'
}

/** A failed import with the fixes of its problems, without repetitions. */
export type SchemaImportFailure = Omit<Extract<ImportedSchema, { ok: false }>, 'problems'> & {
  /** `condition` is the answers under which a problem arises, as text. */
  readonly problems: readonly (ImportProblem & { readonly condition?: string | undefined })[]
  readonly hints: readonly ImportHint[]
  /** The fixes that are only needed under some answers to other questions: `feature:beta is on`. */
  readonly conditionalHints: readonly { readonly hint: ImportHint; readonly condition: string }[]
}

/** Imports the schema and plans the file to write. Writes nothing. */
export function planSchemaImport(request: SchemaImportRequest): SchemaImportPlan | SchemaImportFailure {
  const { paths, cwd, root, topic, answers, out, folder = SCHEMAS_FOLDER } = request
  const files = sourceFiles(cwd)
  const relativePaths = [...new Set(paths.map((path) => relative(cwd, resolve(cwd, path)) || '.'))]
  const problems = relativePaths.flatMap((path) => {
    const problem = pathProblemAfterName(resolve(cwd, path), 'file or folder')
    return problem === undefined ? [] : [{ file: path, line: 0, about: path, reason: problem, fix: undefined }]
  })
  if (problems.length > 0) return { ok: false, problems, notes: [], hints: [], conditionalHints: [] }
  const fileOf = (name: string) => out ?? join(folder, `${name}.json`)
  // An existing file that is not a valid schema is replaced.
  const readExisting = (path: string) => {
    const text = files.read(path)
    const read = text === undefined ? undefined : readSchemaFile(text)
    return { text, schema: read?.ok ? read.schema : undefined }
  }
  const found = importSource(
    { paths: relativePaths, files, root, topic, answers },
    (name) => readExisting(fileOf(name)).schema?.answers,
  )
  if (!found.ok) {
    const conditional = found.problems.map((problem) => ({ ...problem, condition: conditionOf(problem) }))
    return { ...found, problems: conditional, ...hintsFor(conditional) }
  }
  const { schema, notes, sources } = found
  const path = fileOf(schema.topic)
  const text = writeSchemaFile(schema)
  const existing = readExisting(path)
  return {
    ok: true,
    topic: schema.topic,
    root: schema.root,
    typeCount: schema.types.size,
    eventTypes: [...schema.events.keys()],
    sources,
    notes,
    answered: [...keptAnswers('map', schema.answers, answers), ...keptAnswers('assume', schema.answers, answers)],
    path,
    text,
    changes: existing.schema ? compareSchemas(existing.schema, schema).filter(({ kind }) => kind !== 'safe') : [],
    effect: existing.text === undefined ? 'create' : existing.text === text ? 'nothing' : 'change',
  }
}

/** Returns the fixes of problems, each one once, and apart those that depend on other answers. */
function hintsFor(problems: SchemaImportFailure['problems']): Pick<SchemaImportFailure, 'hints' | 'conditionalHints'> {
  const hints = fixesOf(problems)
  const given = new Set(hints.map(({ text }) => text))
  const conditionalHints = problems.flatMap(({ fix: hint, condition }) => {
    if (hint === undefined || condition === undefined || given.has(hint.text)) return []
    given.add(hint.text)
    return [{ hint, condition }]
  })
  return { hints, conditionalHints }
}

/** Lists the answers in the new schema that the request did not give, which therefore come from the existing file. */
const keptAnswers = (part: keyof Answers, all: Answers | undefined, given: Answers): KeptAnswer[] =>
  [...(all?.[part] ?? [])].flatMap(([question, answer]) =>
    given[part].has(question) ? [] : [{ part, question, answer }],
  )

/** Writes the planned file atomically. Throws `REFUSED` if it cannot be written. */
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
