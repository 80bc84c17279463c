import { join } from 'node:path'
import { monotonicClock } from '../bus/time/monotonic-clock.ts'
import { sleep } from '../bus/time/sleep.ts'
import { makeFolder } from '../files/make-folder.ts'
import { isBusy } from '../sqlite/fault.ts'
import { openSqlite } from '../sqlite/load-sqlite.ts'
import { localHints } from './hints.ts'
import { type Local, refused } from './model.ts'

/**
 * Does work that only one process may do at a time. Waits for another process at most `wait` milliseconds, then throws
 * `REFUSED`. The lock is one of SQLite, because the operating system releases it even when the process is killed.
 */
export async function withLock<T>(local: Local, wait: number, work: () => Promise<T>): Promise<T> {
  makeFolder(local.stateFolder, 0o700)
  const database = openSqlite(join(local.stateFolder, 'lock'))
  try {
    const until = monotonicClock.now() + wait
    for (let isFirst = true; !begin(database); isFirst = false) {
      if (isFirst) local.onProgress({ code: 'lock-held' })
      if (monotonicClock.now() > until || local.signal.aborted) {
        throw refused(
          'another process is still starting or stopping the local servers; nothing was done',
          localHints.waitForServers(),
        )
      }
      await sleep(100, local.signal)
    }
    return await work()
  } finally {
    database.close()
  }
}

function begin(database: ReturnType<typeof openSqlite>): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  }
}
