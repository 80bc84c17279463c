import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../../files/write-whole.ts'

/** The file in the user's state folder that remembers notices about projects which the user has seen. */
const FILE = 'projects.json'

/** How many of the latest entries the file keeps: more than any user has projects. */
const MAX_ENTRIES = 1000

/** The largest file that is read. A thousand entries of about 300 bytes each take a third of this. */
const MAX_FILE_BYTES = 1024 * 1024

interface Entry {
  /** The project's file, or the folder of a service. */
  readonly file: string
  readonly what: string
  /** RFC 3339. */
  readonly at: string
}

/** A sentence about a project: where its changes go, or that a template wrote into it. */
interface Note {
  readonly file: string
  /** The whole sentence. A sentence about another target is another note. */
  readonly what: string
}

const keyOf = ({ file, what }: Note): string => createHash('sha256').update(`${file}\n${what}`).digest('hex')

/** Whether this user's state folder already holds the note. */
export const isNoted = (folder: string, note: Note): boolean => keyOf(note) in readEntries(folder)

/** Saves a note. Returns false if the state folder is not writable: the user then sees the same notice again. */
export function remember(folder: string, note: Note, now: number): boolean {
  return writeEntries(folder, { ...readEntries(folder), [keyOf(note)]: { ...note, at: new Date(now).toISOString() } })
}

/** Removes a note. Returns false if the state folder is not writable. */
export function forget(folder: string, note: Note): boolean {
  const { [keyOf(note)]: _, ...others } = readEntries(folder)
  return writeEntries(folder, others)
}

function writeEntries(folder: string, entries: Readonly<Record<string, Entry>>): boolean {
  const projects = Object.fromEntries(Object.entries(entries).slice(-MAX_ENTRIES))
  try {
    const text = `${JSON.stringify({ crbus_projects: 1, projects }, undefined, 2)}\n`
    writeWhole(join(folder, FILE), text, { mode: 0o600, folderMode: 0o700 })
    return true
  } catch {
    return false
  }
}

/** Reads the saved notes, by their keys. A missing or invalid file counts as a file without notes. */
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
