import { isUtf8 } from 'node:buffer'
import { accessSync, constants, statSync } from 'node:fs'
import { causeOf, isMissing, kindOf } from '../files/cause.ts'
import { openInput } from '../files/open-input.ts'

// Files that a user names: what is wrong with one is said in words, and never as an error of the system.

/** What may be at a path: a file alone, whatever can be read from beginning to end, or a file or folder. */
type Wanted = 'file' | 'stream' | 'file or folder'

/** Why nothing can be read at a path, as a sentence that names it; `undefined` when something can. */
export function pathProblem(path: string, wanted: Wanted): string | undefined {
  const problem = problemAt(path, wanted)
  if (problem === undefined) return undefined
  if (problem === MISSING) return `there is no ${path}`
  return 'is' in problem ? `${path} is ${problem.is}` : `${path} cannot be read: ${problem.cause}`
}

/** The same as a sentence that stands behind the name of the path. */
export function pathProblemBehindName(path: string, wanted: Wanted): string | undefined {
  const problem = problemAt(path, wanted)
  if (problem === undefined) return undefined
  if (problem === MISSING) return 'there is no such file or folder'
  return 'is' in problem ? `it is ${problem.is}` : problem.cause
}

const MISSING = Symbol('missing')

type Problem = typeof MISSING | { readonly is: string } | { readonly cause: string }

function problemAt(path: string, wanted: Wanted): Problem | undefined {
  try {
    const found = statSync(path)
    if (found.isDirectory()) {
      if (wanted !== 'file or folder') return { is: 'a folder, not a file' }
    } else if (!found.isFile() && (wanted !== 'stream' || found.isSocket())) {
      return { is: `${kindOf(found)}, not a file` }
    }
    accessSync(path, constants.R_OK)
    return undefined
  } catch (error) {
    return isMissing(error, path) ? MISSING : { cause: causeOf(error, path) }
  }
}

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
    const bytes = await readStart(path)
    if (bytes.length > MAX_DOCUMENT_BYTES) return fail(`is larger than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB`)
    if (bytes.length === 0) return fail('is empty')
    if (!isUtf8(bytes)) return fail('is not text: it is not UTF-8')
    return { ok: true, text: bytes.toString('utf8').replace(/^\ufeff/, '') }
  } catch (error) {
    return fail(`cannot be read: ${causeOf(error, path)}`)
  }
}

/** The bytes of a file, pipe or device up to the limit, and some more where there are more: /dev/zero has no end. */
async function readStart(path: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of await openInput(path)) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_DOCUMENT_BYTES) break
  }
  return Buffer.concat(chunks)
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
