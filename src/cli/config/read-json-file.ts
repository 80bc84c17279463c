import { causeAfterPath, isMissing } from '../../files/cause.ts'
import { readAtMost } from '../../files/read-at-most.ts'
import { parseDocument } from '../../operations/named-file.ts'
import { UsageError } from '../errors.ts'
import { run, type Suggestion, shellWord } from '../suggestions.ts'

/** The largest configuration file that is read. A file with a thousand topics has about a tenth of this size. */
const MAX_FILE_BYTES = 1024 * 1024

/** Parses a JSON file. `UsageError` names the file and, for a mistake in the syntax or a key that an object has twice, the line. */
export function readJsonFile(path: string): unknown {
  let bytes: Buffer
  try {
    bytes = readAtMost(path, MAX_FILE_BYTES + 1)
  } catch (error) {
    if (isMissing(error, path)) throw new UsageError(`${path} does not exist`)
    throw new UsageError(`${path} cannot be read: ${causeAfterPath(error, path)}`)
  }
  if (bytes.length > MAX_FILE_BYTES) throw new UsageError(`${path} is larger than 1 MiB, the most that crbus reads`)
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  const parsed = parseDocument(text)
  if (!parsed.ok) throw new UsageError(`${path} ${parsed.reason}`, [afterCorrection(path)])
  const repeated = findRepeatedKey(text)
  // A person who reads the file sees the first value, but JSON.parse takes the last one.
  if (repeated !== undefined) {
    throw new UsageError(
      `${path} has the key "${repeated.key}" twice in one object, the second time at line ${repeated.line}`,
      [afterCorrection(path)],
    )
  }
  return parsed.value
}

const afterCorrection = (path: string): Suggestion =>
  run(`crbus profile validate ${shellWord(path)}`, 'checks the corrected file')

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
