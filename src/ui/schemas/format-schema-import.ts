import { withLines } from '../../bus/errors.ts'
import type { SchemaImportFailure } from '../../operations/schemas/import.ts'

/** Lists what an import could not resolve, each with its location in the source. */
export function formatImportProblems(problems: SchemaImportFailure['problems']): string {
  const lines = problems.map(({ file, line, about, reason, fix, condition }) => {
    const location = line > 0 ? `${file}:${line}` : file
    // The user knows the topic as a flag; its value is in the reason.
    const what = fix?.code === 'correct-topic' ? '--topic' : about
    const where = location === about ? location : `${location} ${what}`
    return `${where}: ${reason}${condition === undefined ? '' : ` (if ${condition})`}`
  })
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  return withLines(`the import cannot resolve ${count}`, lines)
}
