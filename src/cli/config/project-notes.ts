import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../files/write-whole.ts'

/** The file in the user's state folder that remembers what was allowed to projects, and what was said about them. */
const FILE = 'projects.json'

/** How many of the latest entries are kept: more than any user has projects. */
const MAX_ENTRIES = 1000

/** A thousand entries take about 300 bytes each. */
const MAX_FILE_BYTES = 1024 * 1024

interface Entry {
  /** The project's file. */
  readonly file: string
  readonly what: string
  /** RFC 3339. */
  readonly at: string
}

interface Note {
  readonly file: string
  /** The whole sentence. A sentence about another target is another note. */
  readonly what: string
}

const keyOf = ({ file, what }: Note): string => createHash('sha256').update(`${file}\n${what}`).digest('hex')

/** Whether this user's state folder already holds the note. */
export const isNoted = (folder: string, note: Note): boolean => keyOf(note) in readEntries(folder)

/**
 * Saves a note. Throws no error if the state folder is not writable: the user then sees the same notice again.
 */
export function remember(folder: string, note: Note, now: number): void {
  const entries = Object.entries({
    ...readEntries(folder),
    [keyOf(note)]: { ...note, at: new Date(now).toISOString() },
  })
  const projects = Object.fromEntries(entries.slice(-MAX_ENTRIES))
  try {
    const text = `${JSON.stringify({ crbus_projects: 1, projects }, undefined, 2)}\n`
    writeWhole(join(folder, FILE), text, { mode: 0o600, folderMode: 0o700 })
  } catch {
    // See above: the notice is repeated next time.
  }
}

/** Reads the saved notes. A file that is missing or invalid holds none. */
function readEntries(folder: string): Readonly<Record<string, Entry>> {
  try {
    const path = join(folder, FILE)
    const kind = statSync(path)
    if (!kind.isFile() || kind.size > MAX_FILE_BYTES) return {}
    const { projects } = JSON.parse(readFileSync(path, 'utf8')) as { projects?: Record<string, Entry> }
    return typeof projects === 'object' && projects !== null ? projects : {}
  } catch {
    return {}
  }
}
