import { createHash } from 'node:crypto'
import { isBusy } from '../../sqlite/fault.ts'
import { openSqlite } from '../../sqlite/load-sqlite.ts'
import type { Lease } from '../event-store.ts'
import { guarded, MEMORY, type StoreFile } from './store-file.ts'

/** The leases held by one store object. */
export class Leases {
  readonly #file: StoreFile
  /** By owner: ends the lease. */
  readonly #held = new Map<string, (isLost: boolean) => void>()

  constructor(file: StoreFile) {
    this.#file = file
  }

  /** Returns `undefined` while this object or another process holds the lease. */
  take(owner: string): Lease | undefined {
    if (this.#held.has(owner)) return undefined
    // A store in memory belongs to this object alone, so it needs no lock.
    const unlock = this.#file.path === MEMORY ? () => undefined : lock(lockPath(this.#file.path, owner))
    if (unlock === undefined) return undefined
    const lost = new AbortController()
    const end = (isLost: boolean) => {
      // A second release must not end a later lease of the same owner.
      if (this.#held.get(owner) !== end) return
      this.#held.delete(owner)
      unlock()
      if (isLost) lost.abort()
    }
    this.#held.set(owner, end)
    return { lost: lost.signal, release: async () => end(false) }
  }

  /** Ends all leases as lost. */
  endAll(): void {
    for (const end of [...this.#held.values()]) end(true)
  }
}

/**
 * Returns the path of the lock file of an owner. The file is beside the store, so that all processes use the same one. It is
 * never deleted, because another process might have just opened it.
 */
export function lockPath(path: string, owner: string): string {
  const readable = owner.replaceAll(/[^\w.-]/g, '_').slice(0, 80)
  return `${path}-lease-${readable}-${createHash('sha256').update(owner).digest('hex').slice(0, 8)}`
}

/**
 * Begins an exclusive transaction on a lock file. The operating system releases the lock when the process dies. Returns a
 * function that releases the lock, or `undefined` if another process holds it.
 */
function lock(path: string): (() => void) | undefined {
  return guarded(path, () => {
    const database = openSqlite(path)
    try {
      // A journal in memory is enough, because nothing is ever written.
      database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      return () => database.close()
    } catch (error) {
      database.close()
      if (isBusy(error)) return undefined
      throw error
    }
  })
}
