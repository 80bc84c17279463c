import { undecidedOptions } from '../cfg-answers.ts'
import type { Answers } from '../model.ts'
import { Crates } from './crates/crates.ts'
import { openPaths } from './crates/open-paths.ts'
import { importHints } from './hints.ts'
import { type ImportedSchema, importOnce } from './import-once.ts'
import type { ImportProblem } from './import-report.ts'
import type { ImportRequest } from './import-request.ts'
import { withFollowUps } from './look-ahead.ts'

export type { ImportedSchema }

/**
 * Imports the schema of a service from its Rust source. Returns all problems at once, each with a fix if there is one,
 * and notes about assumptions. Line 0 of a problem means the whole file. Problems that arise only under some answers are
 * included.
 */
export function importSchema(request: ImportRequest): ImportedSchema {
  const crates = new Crates(request.files)
  const opened = openPaths(crates, request)
  const [first] = opened.imported
  if (!first || opened.problems.length > 0) return { ok: false, problems: opened.problems, notes: [] }
  const given = request.answers ?? { map: new Map(), assume: new Map() }
  const invalid = invalidAnswers(given, request)
  if (invalid.length > 0) return { ok: false, problems: invalid, notes: [] }
  const result = importOnce(crates, first, opened, request, given)
  if (result.ok) return result
  const problems = withFollowUps(result.problems, (assumed) => {
    const assume = new Map([...given.assume, ...assumed.map(({ question, answer }) => [question, answer] as const)])
    const attempt = importOnce(crates, first, opened, request, { ...given, assume })
    return attempt.ok ? [] : attempt.problems
  })
  return { ...result, problems }
}

/** Refuses answers about options of `cfg` that are neither on nor off, because the import would guess what they mean. */
const invalidAnswers = (answers: Answers, { paths }: ImportRequest): ImportProblem[] =>
  undecidedOptions(answers).map((option) => ({
    ...{ file: paths.join(' '), line: 0, about: option },
    reason: `the answer must be on or off, not ${answers.assume.get(option)}`,
    fix: importHints.turnOn([option]),
  }))
