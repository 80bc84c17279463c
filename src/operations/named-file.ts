import { isUtf8 } from 'node:buffer'
import { accessSync, constants, statSync } from 'node:fs'
import { parsePlainJson } from '../codecs/json/json-syntax.ts'
import { causeAfterPath, isMissing, kindOf } from '../files/cause.ts'
import { openInput } from '../files/open-input.ts'

// Reads files that the user names. Problems are returned as plain sentences instead of errors of the operating system.

/** What a path may be: `file` is only a regular file; `stream` also includes pipes and devices. */
type Wanted = 'file' | 'stream' | 'file or folder'

/** Returns why a path cannot be read, as a sentence that names the path; `undefined` if it can be read. */
export function pathProblem(path: string, wanted: Wanted): string | undefined {
  const problem = problemAt(path, wanted)
  if (problem === undefined) return undefined
  if (problem === MISSING) return `${path} does not exist`
  return 'is' in problem ? `${path} is ${problem.is}` : `${path} cannot be read: ${problem.cause}`
}

/** Returns why a path cannot be read, as text for messages that name the path before it; `undefined` if it can be read. */
export function pathProblemAfterName(path: string, wanted: Wanted): string | undefined {
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
    return isMissing(error, path) ? MISSING : { cause: causeAfterPath(error, path) }
  }
}

/** Size limit of files that are read into memory. Schemas, plans and lists of offsets stay far below it. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

type Failure = { readonly ok: false; readonly reason: string }
export type ReadText = { readonly ok: true; readonly text: string } | Failure
export type ReadJson = { readonly ok: true; readonly value: unknown } | Failure

/** Reads a text file in UTF-8 that is not empty. Removes a byte order mark. `reason` is a sentence that names the path. */
export async function readText(path: string): Promise<ReadText> {
  const problem = pathProblem(path, 'stream')
  if (problem !== undefined) return { ok: false, reason: problem }
  try {
    return await readTextOf(await openInput(path), path)
  } catch (error) {
    return { ok: false, reason: `${path} cannot be read: ${causeAfterPath(error, path)}` }
  }
}

/** Reads a stream to its end as {@link readText} reads a file. `name` is its name in `reason`. Throws the error of the stream. */
export async function readTextOf(stream: AsyncIterable<Uint8Array | string>, name: string): Promise<ReadText> {
  const fail = (reason: string): Failure => ({ ok: false, reason: `${name} ${reason}` })
  const bytes = await readUpToLimit(stream)
  if (bytes.length > MAX_DOCUMENT_BYTES) return fail(`is larger than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB`)
  if (bytes.length === 0) return fail('is empty')
  if (!isUtf8(bytes)) return fail('is not UTF-8 text')
  return { ok: true, text: bytes.toString('utf8').replace(/^\ufeff/, '') }
}

/** Reads a stream to its end, or until it exceeds {@link MAX_DOCUMENT_BYTES}, because /dev/zero has no end. */
async function readUpToLimit(stream: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    chunks.push(bytes)
    length += bytes.length
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

/**
 * Parses JSON. `reason` completes a sentence that begins with the name of the document. It quotes at most one character of the
 * document, which may contain secrets.
 */
export function parseDocument(text: string): ReadJson {
  const parsed = parsePlainJson(text)
  return parsed.ok ? parsed : { ok: false, reason: `is ${parsed.reason}` }
}
