import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { EventBusError } from '../../bus/errors.ts'
import { advice } from '../../bus/hints.ts'
import { causeAfterPath } from '../../files/cause.ts'
import { fileRefused } from '../../files/file-refused.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { operationHints } from '../hints.ts'
import {
  fieldsIn,
  isBusIdentity,
  isCommitDetails,
  isFlag,
  isText,
  isTime,
  isTopicPartition,
  readTagged,
  toOffset,
  toTaggedText,
  toTime,
} from './json-fields.ts'
import type { UndoRecord } from './undo.ts'

/** In version 1, the time was a number of milliseconds. */
const UNDO_FILE = {
  tag: 'undo',
  version: 2,
  description: 'an undo file, which every reset writes',
  hints: [operationHints.undoLast()],
} as const

/**
 * Returns a function that saves undo records in a folder and creates the folder if it is missing. Resolves with the path of the
 * file when the file is safely on the disk. Throws `REFUSED` if the file cannot be written.
 */
export const saveUndoIn =
  (folder: string) =>
  async (record: UndoRecord): Promise<string> => {
    const group = groupInName(record.group)
    for (let time = Date.parse(record.savedAt); ; time += 1) {
      const path = join(folder, `${new Date(time).toISOString().replaceAll(':', '-')}-${group}.json`)
      try {
        writeWhole(path, toTaggedText(UNDO_FILE, record), { folderMode: 0o700, isNew: true, isDurable: true })
        return path
      } catch (error) {
        // A second record in the same millisecond gets the name of the next millisecond, so that names sort by time.
        if ((error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(path)) continue
        const what = `group '${record.group}' was not changed: the undo file`
        throw fileRefused(what, path, error, [operationHints.otherUndoFolder()])
      }
    }
  }

/** Returns a group name for use in a file name, with only characters that every file system allows. */
const groupInName = (group: string): string => group.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100)

/** Matches the file names of {@link saveUndoIn}, which consist of the time and the group. */
const UNDO_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-(?<group>.+)\.json$/

/** Reads an undo file. Throws `REFUSED` if it is not a complete undo file. */
export async function readUndoFile(path: string): Promise<UndoRecord> {
  const found = await readTagged(path, UNDO_FILE)
  const { group, bus, did, savedAt, madeGroup } = found
  const isRecord = isText(group) && isBusIdentity(bus) && isText(did) && isTime(savedAt) && isFlag(madeGroup)
  const offsets = fieldsIn(found.offsets).flatMap((entry) => {
    const [before, after] = [toOffset(entry.before), toOffset(entry.after)]
    const isValid =
      isTopicPartition(entry) && before !== undefined && after !== undefined && isCommitDetails(entry.beforeDetails)
    return isValid ? [{ ...entry, before, after }] : []
  })
  // An invalid offset must not count as "nothing committed".
  if (!isRecord || !Array.isArray(found.offsets) || offsets.length !== found.offsets.length) {
    throw new EventBusError('REFUSED', `${path} is not a complete undo file: it was changed after it was written`, {
      hints: UNDO_FILE.hints,
    })
  }
  return { ...found, savedAt: toTime(savedAt), offsets } as unknown as UndoRecord
}

/** Lists the JSON files in a folder, newest first; none if the folder does not exist. Throws `REFUSED` if it cannot be read. */
export async function listUndoFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new EventBusError('REFUSED', `${folder} cannot be read: ${causeAfterPath(error, folder)}`, {
      hints: [operationHints.otherUndoFolder()],
      cause: error,
    })
  })
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .reverse()
    .map((name) => join(folder, name))
}

/**
 * Finds the newest undo record of a bus or, with `group`, of a group on that bus. Throws `REFUSED` if a newer undo file cannot be
 * read: it may be the right one, and an older one would restore the offsets from before an earlier change.
 */
export async function lastUndo(
  folder: string,
  clusterId: string,
  group?: string,
): Promise<{ readonly path: string; readonly record: UndoRecord } | undefined> {
  for (const path of await listUndoFiles(folder)) {
    const record = await readUndoFile(path).catch((error: Error) => {
      const groupName = UNDO_NAME.exec(basename(path))?.groups?.group
      // The folder may hold files of other programs and of other groups.
      if (groupName === undefined || (group !== undefined && groupName !== groupInName(group))) return undefined
      throw damagedUndo(path, error)
    })
    if (record?.bus.clusterId === clusterId && (group ?? record.group) === record.group) return { path, record }
  }
  return undefined
}

/** Creates the error for an undo file that may be the newest one but cannot be read. */
const damagedUndo = (path: string, error: Error): EventBusError =>
  new EventBusError('REFUSED', `nothing was undone: the newest undo file cannot be used: ${error.message}`, {
    hints: [operationHints.olderUndo(dirname(path)), advice(`move ${path} to another folder to skip it`)],
    cause: error,
  })
