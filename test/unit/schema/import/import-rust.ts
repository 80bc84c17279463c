import { posix } from 'node:path'
import { formatSuggestion, toSuggestion } from '../../../../src/cli/suggestions.ts'
import { conditionOf } from '../../../../src/operations/schemas/problem-condition.ts'
import type { ImportRequest } from '../../../../src/schema/import/import-request.ts'
import { type ImportedSchema, importSchema } from '../../../../src/schema/import/import-schema.ts'
import { writeSchemaFile } from '../../../../src/schema/write-schema-file.ts'
import { importNoteText } from '../../../../src/ui/schemas/import-note-words.ts'

/** Imports source files from memory: texts by path, or one text as the library of a crate. */
export function importRust(
  rust: string | Readonly<Record<string, string>>,
  options: Partial<Omit<ImportRequest, 'map' | 'assume'>> & {
    readonly map?: Readonly<Record<string, string>>
    readonly assume?: Readonly<Record<string, string>>
  } = {},
): ImportedSchema {
  const { map = {}, assume = {}, ...request } = options
  const texts: Record<string, string> =
    typeof rust === 'string' ? { 'Cargo.toml': '[package]\nname = "orders"\n', 'src/lib.rs': rust } : { ...rust }
  const isUnder = (path: string, folder: string) => folder === '.' || path.startsWith(`${folder}/`)
  return importSchema({
    paths: ['.'],
    topic: 'order-events',
    ...request,
    answers: { map: new Map(Object.entries(map)), assume: new Map(Object.entries(assume)) },
    files: {
      read: (path) => texts[path],
      list: (folder) => {
        const inside = Object.keys(texts).filter((path) => isUnder(path, folder))
        if (inside.length === 0) return undefined
        return [...new Set(inside.map((path) => posix.relative(folder, path).split('/')[0] as string))]
      },
    },
  })
}

/** The types in the format of schema files without their locations, or the problems of a failed import. */
export function typesOf(imported: ImportedSchema): unknown {
  if (!imported.ok) return imported.problems
  const { types } = JSON.parse(writeSchemaFile(imported.schema)) as { types: Record<string, Record<string, unknown>> }
  return Object.fromEntries(
    Object.entries(types).map(([name, { at: _, ...type }]) => [name, type.struct ?? type.enum ?? null]),
  )
}

/** The sentences of the notes of an import. */
export const noteTexts = ({ notes }: ImportedSchema): string[] => notes.map(importNoteText)

/** The notes of an import, one line each. */
export const noteLines = ({ notes }: ImportedSchema): string[] =>
  notes.map((note) => `${note.file}:${note.line} ${importNoteText(note)}`)

/** The problems of a failed import, one line each, with their fixes as the command line suggests them, and their conditions. */
export const linesOf = (imported: ImportedSchema): string[] =>
  imported.ok
    ? []
    : imported.problems.map((problem) => {
        const { file, line, about, reason, fix } = problem
        const condition = conditionOf(problem)
        const suggestion = fix === undefined ? '' : formatSuggestion(toSuggestion(fix))
        return `${file}:${line} ${about}: ${reason} [${suggestion}]${condition === undefined ? '' : ` if ${condition}`}`
      })
