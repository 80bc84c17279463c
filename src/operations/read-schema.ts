import { readFile } from 'node:fs/promises'
import type { Schema } from '../schema/model.ts'
import { readSchemaFile } from '../schema/schema-file.ts'

export type ReadSchema =
  | { readonly ok: true; readonly schema: Schema }
  | { readonly ok: false; readonly reason: string; readonly suggestions: readonly string[] }

/** More mistakes than this at once help nobody. */
const mostProblems = 5

/** Reads the schema file at this path. Looking for the one in `schemas/` when none is named would be done here. */
export async function readSchema(path: string | undefined): Promise<ReadSchema> {
  if (path === undefined) {
    const suggestions = ['--schema schemas/order-events.json']
    return { ok: false, reason: 'no schema file is named', suggestions }
  }
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return { ok: false, reason: `cannot read ${path}: ${(error as Error).message}`, suggestions: [] }
  }
  const read = readSchemaFile(text)
  if (read.ok) return read
  const lines = read.problems
    .slice(0, mostProblems)
    .map(({ path: at, reason }) => (at === '' ? reason : `${at}: ${reason}`))
  const left = read.problems.length - lines.length
  if (left > 0) lines.push(`… and ${left} more`)
  return { ok: false, reason: [`${path} is not a schema file`, ...lines].join('\n  '), suggestions: [] }
}
