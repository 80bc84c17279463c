import { readFileSync, statSync } from 'node:fs'
import { writeWhole } from '../files/write-whole.ts'

/** The largest file that is read. The largest allowed number of entries takes a third of this. */
const MAX_FILE_BYTES = 1024 * 1024

/** How many of the latest entries a file keeps: more than any user has projects. */
const MAX_ENTRIES = 1000

/** The format of a file in the user's state folder: `{ "crbus_<key>": 1, "<key>": { … } }`. */
type StateKey = 'projects' | 'profiles'

/**
 * Reads the entries of a small file in the user's state folder. A missing or invalid file counts as a file without entries, because
 * the user loses only choices and notices with it. The values are as the file has them: the caller checks them.
 */
export function readStateFile(path: string, key: StateKey): Readonly<Record<string, unknown>> {
  try {
    const kind = statSync(path)
    if (!kind.isFile() || kind.size > MAX_FILE_BYTES) return {}
    const { [key]: entries } = JSON.parse(readFileSync(path, 'utf8')) as { readonly [key]: unknown }
    return typeof entries === 'object' && entries !== null ? { ...entries } : {}
  } catch {
    return {}
  }
}

/** Writes the latest entries, readable by the user only. Creates the folder. Throws the error of the file system. */
export function writeStateFile(path: string, key: StateKey, entries: Readonly<Record<string, unknown>>): void {
  const kept = Object.fromEntries(Object.entries(entries).slice(-MAX_ENTRIES))
  const text = `${JSON.stringify({ [`crbus_${key}`]: 1, [key]: kept }, undefined, 2)}\n`
  writeWhole(path, text, { mode: 0o600, folderMode: 0o700 })
}
