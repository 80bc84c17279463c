import type { SchemaImportFailure } from '../../operations/schemas/import.ts'

/** Everything an import needs to know, a place and a sentence each. */
export function formatImportProblems(problems: SchemaImportFailure['problems']): string {
  const lines = problems.map(({ file, line, about, reason }) => {
    const place = line > 0 ? `${file}:${line}` : file
    return place === about ? `  ${place}: ${reason}` : `  ${place}  ${about}: ${reason}`
  })
  const count = problems.length === 1 ? 'one thing' : `${problems.length} things`
  return `the source leaves ${count} open\n${lines.join('\n')}`
}
