import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { BusFile } from '../../bus/cluster/cluster-details.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { FileProbe } from '../../bus/probe.ts'
import { readShared } from '../../sqlite/shared-file.ts'
import { isMissing } from './create-on-first-write.ts'
import { checkLayout, guarded } from './database.ts'

/** A larger file is not checked for damage: a disk reads 512 MB in about five seconds. */
const MAX_CHECKED_BYTES = 512_000_000

/** Inspects the file of an embedded bus without changing it: its size, the free space, its layout and whether it is damaged. */
export function inspectFile(path: string): FileProbe {
  if (isMissing(path)) return { kind: 'embedded', path }
  try {
    return guarded(path, () => {
      const { size: bytes } = statSync(path)
      const damage = readShared(path, (database) => {
        checkLayout(database, path)
        const rows = bytes > MAX_CHECKED_BYTES ? undefined : database.prepare('PRAGMA quick_check(5)').all()
        return rows?.map((row) => String(Object.values(row)[0])).filter((line) => line !== 'ok')
      })
      return { kind: 'embedded', path, bytes, ...spaceOf(path), damage }
    })
  } catch (error) {
    if (!(error instanceof EventBusError)) throw error
    return { kind: 'embedded', path, ...spaceOf(path), error }
  }
}

/** Describes the open file of a bus: its size with the log of SQLite, the free space and the version of SQLite. */
export function describeFile(database: DatabaseSync, path: string): BusFile {
  const bytes = [path, `${path}-wal`].reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
  const sqlite = String(database.prepare('SELECT sqlite_version() AS version').get()?.version)
  return { path, bytes, freeBytes: attempt(() => freeBytes(dirname(path))), sqlite }
}

function spaceOf(path: string): Pick<FileProbe, 'free' | 'isWritable'> {
  return { free: attempt(() => freeBytes(dirname(path))), isWritable: attempt(() => canWrite(path)) ?? false }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/** Whether the file and its folder, which gets the log of SQLite, can be written. */
function canWrite(path: string): true {
  accessSync(path, constants.W_OK)
  accessSync(dirname(path), constants.W_OK)
  return true
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
