import { isUtf8 } from 'node:buffer'
import { accessSync, constants, statSync } from 'node:fs'
import { causeOf, isMissing, kindOf } from '../files/cause.ts'
import { openInput } from '../files/open-input.ts'

// Reads files that the user names. Problems are returned as plain sentences, not as errors of the operating system.

/** What a path may be: only a file, anything that can be read to its end, or a file or folder. */
type Wanted = 'file' | 'stream' | 'file or folder'

/** Returns why a path cannot be read, as a sentence that names it; `undefined` when it can. */
export function pathProblem(path: string, wanted: Wanted): string | undefined {
  const problem = problemAt(path, wanted)
  if (problem === undefined) return undefined
  if (problem === MISSING) return `there is no ${path}`
  return 'is' in problem ? `${path} is ${problem.is}` : `${path} cannot be read: ${problem.cause}`
}

/** Returns why a path cannot be read, as a sentence to append to the name of the path; `undefined` when it can. */
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

/** The largest file that is read whole; schemas, plans and lists of offsets stay far below it. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

type Failure = { readonly ok: false; readonly reason: string }
export type ReadText = { readonly ok: true; readonly text: string } | Failure
export type ReadJson = { readonly ok: true; readonly value: unknown } | Failure

/** Reads a text file: UTF-8, not empty, without its byte order mark. `reason` is a sentence that names the path. */
export async function readText(path: string): Promise<ReadText> {
  const fail = (reason: string): Failure => ({ ok: false, reason: `${path} ${reason}` })
  const problem = pathProblem(path, 'stream')
  if (problem !== undefined) return { ok: false, reason: problem }
  try {
    const bytes = await readUpToLimit(path)
    if (bytes.length > MAX_DOCUMENT_BYTES) return fail(`is larger than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB`)
    if (bytes.length === 0) return fail('is empty')
    if (!isUtf8(bytes)) return fail('is not text: it is not UTF-8')
    return { ok: true, text: bytes.toString('utf8').replace(/^\ufeff/, '') }
  } catch (error) {
    return fail(`cannot be read: ${causeOf(error, path)}`)
  }
}

/** Reads a file, pipe or device until its end or until more than the limit is read, since /dev/zero has no end. */
async function readUpToLimit(path: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of await openInput(path)) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_DOCUMENT_BYTES) break
  }
  return Buffer.concat(chunks)
}

/** Reads a file with {@link readText} and parses it as JSON. */
export async function readJson(path: string): Promise<ReadJson> {
  const read = await readText(path)
  if (!read.ok) return read
  const parsed = parseDocument(read.text)
  return parsed.ok ? parsed : { ok: false, reason: `${path} ${parsed.reason}` }
}

/** Parses JSON. `reason` completes a sentence that begins with the name of the document, and quotes at most one character of it. */
export function parseDocument(text: string): ReadJson {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    const [problem] = (error as Error).message.split(/, (?:\.\.\.)?"/)
    return { ok: false, reason: `is not JSON: ${problem}` }
  }
}
