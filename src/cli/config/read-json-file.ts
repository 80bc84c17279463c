import { causeAfterPath } from '../../files/cause.ts'
import { readAtMost } from '../../files/read-at-most.ts'
import { UsageError } from '../errors.ts'

/** The largest configuration file that is read. A file with a thousand topics has about a tenth of this size. */
const MAX_FILE_BYTES = 1024 * 1024

/** Parses a JSON file. `UsageError` names the file and, for invalid JSON or a key that an object has twice, the line. */
export function readJsonFile(path: string): unknown {
  let bytes: Buffer
  try {
    bytes = readAtMost(path, MAX_FILE_BYTES + 1)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${causeAfterPath(error, path)}`)
  }
  if (bytes.length > MAX_FILE_BYTES) throw new UsageError(`${path} is larger than 1 MiB, the most that crbus reads`)
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${describeSyntaxError(text, (error as Error).message)}`)
  }
  const repeated = findRepeatedKey(text)
  // A person who reads the file sees the first value, but JSON.parse takes the last one.
  if (repeated !== undefined) {
    throw new UsageError(
      `${path} has the key "${repeated.key}" twice in one object, the second time at line ${repeated.line}`,
    )
  }
  return value
}

/** Turns the message of `JSON.parse` into a reason with line and column. That message may quote the file, which may hold a password. */
function describeSyntaxError(text: string, message: string): string {
  const [reason] = message.split(/ in JSON at position |, (?:\.\.\.)?"| of JSON input/, 1)
  const position = / in JSON at position (\d+)/.exec(message)?.[1]
  const before = text.slice(0, position === undefined ? firstBadToken(text) : Number(position)).split('\n')
  return `${reason} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

/**
 * Returns the position of the first unexpected token; the end of the text if there is none. Needed for errors of `JSON.parse`
 * without a position. A binary search finds the shortest prefix of the text that has an unexpected token: a shorter prefix
 * fails too, but because it ends too early.
 */
function firstBadToken(text: string): number {
  let [valid, broken] = [0, text.length + 1]
  while (broken - valid > 1) {
    const middle = Math.floor((valid + broken) / 2)
    if (hasBadToken(text.slice(0, middle))) broken = middle
    else valid = middle
  }
  return broken - 1
}

function hasBadToken(text: string): boolean {
  try {
    JSON.parse(text)
    return false
  } catch (error) {
    return (error as Error).message.startsWith('Unexpected token')
  }
}

interface RepeatedKey {
  readonly key: string
  /** Counted from 1. */
  readonly line: number
}

/** Finds a key that an object has twice. `JSON.parse` takes the last value without an error. The text must be JSON. */
function findRepeatedKey(text: string): RepeatedKey | undefined {
  const objects: Set<string>[] = []
  for (const { 0: token, 1: colon, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g)) {
    if (token === '{') objects.push(new Set())
    else if (token === '}') objects.pop()
    else if (colon !== undefined) {
      const key: string = JSON.parse(token.slice(0, -colon.length))
      const keys = objects.at(-1)
      if (keys?.has(key)) return { key, line: text.slice(0, index).split('\n').length }
      keys?.add(key)
    }
  }
  return undefined
}
