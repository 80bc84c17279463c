import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readStateFile, writeStateFile } from '../../state-file.ts'

/** The file in the user's state folder that remembers notices about projects which the user has seen. */
const FILE = 'projects.json'

/** A sentence about a project: where its changes go, or that a template wrote into it. */
interface Note {
  /** The project's file, or the folder of a service. */
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

const readEntries = (folder: string) => readStateFile(join(folder, FILE), 'projects')

function writeEntries(folder: string, entries: Readonly<Record<string, unknown>>): boolean {
  try {
    writeStateFile(join(folder, FILE), 'projects', entries)
    return true
  } catch {
    return false
  }
}
