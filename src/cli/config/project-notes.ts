import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../files/write-whole.ts'

/** What a project's file was allowed, or what was said about it, in the user's state folder. */
const FILE = 'projects.json'

/** Entries kept, the latest ones: more than any user has projects. */
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
  /** The whole of it: whatever it names is a part of what is remembered. */
  readonly what: string
}

const keyOf = ({ file, what }: Note): string => createHash('sha256').update(`${file}\n${what}`).digest('hex')

/** Whether this was noted about a project's file before, by this user. */
export const isNoted = (folder: string, note: Note): boolean => keyOf(note) in readEntries(folder)

/**
 * Notes it for the next time. A state folder that cannot be written to changes nothing but that: the same is said again,
 * so no error is thrown.
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
    // As said above: what could not be kept is said again.
  }
}

/** What cannot be read, or is something else, holds nothing. */
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
