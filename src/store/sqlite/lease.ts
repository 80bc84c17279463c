import { createHash } from 'node:crypto'
import { isBusy } from '../../sqlite/fault.ts'
import { openSqlite } from '../../sqlite/load-sqlite.ts'
import type { Lease } from '../event-store.ts'
import { guarded, MEMORY, type StoreFile } from './store-file.ts'

/** Leases held through one store. */
export class Leases {
  readonly #file: StoreFile
  readonly #held = new Map<string, (isLost: boolean) => void>()

  constructor(file: StoreFile) {
    this.#file = file
  }

  take(owner: string): Lease | undefined {
    if (this.#held.has(owner)) return undefined
    const unlock = this.#file.path === MEMORY ? () => undefined : lock(lockPath(this.#file.path, owner))
    if (unlock === undefined) return undefined
    const lost = new AbortController()
    const end = (isLost: boolean) => {
      // Who has released it must not take it from the next.
      if (this.#held.get(owner) !== end) return
      this.#held.delete(owner)
      unlock()
      if (isLost) lost.abort()
    }
    this.#held.set(owner, end)
    return { lost: lost.signal, release: async () => end(false) }
  }

  /** Their holders are told. */
  endAll(): void {
    for (const end of [...this.#held.values()]) end(true)
  }
}

/** Beside the store, so that all who share it find it. It stays: removing it could take it from whoever just opened it. */
function lockPath(path: string, owner: string): string {
  const readable = owner.replaceAll(/[^\w.-]/g, '_').slice(0, 80)
  return `${path}-lease-${readable}-${createHash('sha256').update(owner).digest('hex').slice(0, 8)}`
}

/**
 * Holds an exclusive transaction on a file of its own, which the system ends when the process dies. Returns how to let
 * go; `undefined` when somebody else holds it.
 */
function lock(path: string): (() => void) | undefined {
  return guarded(path, () => {
    const database = openSqlite(path)
    try {
      // Nothing is ever written, so that there is nothing to take back.
      database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      return () => database.close()
    } catch (error) {
      database.close()
      if (isBusy(error)) return undefined
      throw error
    }
  })
}
