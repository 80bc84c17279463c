import { isUtf8 } from 'node:buffer'
import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'

// Files that a user names: what is wrong with one is said in words, and never as an error of the system.

/** What may be at a path: a file alone, whatever can be read from beginning to end, or a file or folder. */
type Wanted = 'file' | 'stream' | 'file or folder'

/** Why nothing can be read at a path, as a sentence that names it; `undefined` when something can. */
export function pathProblem(path: string, wanted: Wanted): string | undefined {
  const problem = problemAt(path, wanted)
  return problem === MISSING ? `there is no ${path}` : problem && `${path} ${problem}`
}

/** The same as a sentence that stands behind the name of the path. */
export function pathProblemBehindName(path: string, wanted: Wanted): string | undefined {
  const problem = problemAt(path, wanted)
  return problem === MISSING ? 'there is no such file or folder' : problem && `it ${problem}`
}

const MISSING = 'does not exist'

function problemAt(path: string, wanted: Wanted): string | undefined {
  let found: Stats
  try {
    found = statSync(path)
  } catch (error) {
    return whyMissing(path, error as NodeJS.ErrnoException)
  }
  if (found.isDirectory()) {
    if (wanted !== 'file or folder') return 'is a folder, not a file'
  } else if (!found.isFile() && (wanted !== 'stream' || found.isSocket())) {
    return `is a ${found.isFIFO() ? 'pipe' : found.isSocket() ? 'socket' : 'device'}, not a file`
  }
  try {
    accessSync(path, constants.R_OK)
    return undefined
  } catch {
    return 'may not be read by this user'
  }
}

function whyMissing(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return isLink(path) ? 'is a symbolic link to what does not exist' : MISSING
  if (code === 'ENOTDIR') return `does not exist: ${dirname(path)} is not a folder`
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user'
  if (code === 'ELOOP') return 'is a symbolic link to itself'
  return `cannot be read: ${message}`
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

/** Larger than any schema, plan or list of offsets. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

type Failure = { readonly ok: false; readonly reason: string }
export type ReadText = { readonly ok: true; readonly text: string } | Failure
export type ReadJson = { readonly ok: true; readonly value: unknown } | Failure

/** The text of a document: not empty, UTF-8, without a byte order mark. `reason` is a sentence that names the path. */
export async function readText(path: string): Promise<ReadText> {
  const fail = (reason: string): Failure => ({ ok: false, reason: `${path} ${reason}` })
  const problem = pathProblem(path, 'stream')
  if (problem !== undefined) return { ok: false, reason: problem }
  try {
    const { size } = statSync(path)
    if (size > MAX_DOCUMENT_BYTES) return fail(`is larger than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB`)
    const bytes = await readFile(path)
    if (bytes.length === 0) return fail('is empty')
    if (!isUtf8(bytes)) return fail('is not text: it is not UTF-8')
    return { ok: true, text: bytes.toString('utf8').replace(/^\ufeff/, '') }
  } catch (error) {
    return fail(`cannot be read: ${(error as Error).message}`)
  }
}

/** The same, read as JSON. */
export async function readJson(path: string): Promise<ReadJson> {
  const read = await readText(path)
  if (!read.ok) return read
  const parsed = parseDocument(read.text)
  return parsed.ok ? parsed : { ok: false, reason: `${path} ${parsed.reason}` }
}

/** Reads a text as JSON; `reason` is the rest of a sentence about it, and quotes nothing of it but a character. */
export function parseDocument(text: string): ReadJson {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    const [what] = (error as Error).message.split(/, (?:\.\.\.)?"/)
    return { ok: false, reason: `is not JSON: ${what}` }
  }
}
