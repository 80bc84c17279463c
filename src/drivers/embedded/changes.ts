import type { DatabaseSync } from 'node:sqlite'

/** How often waiting readers check for commits of other processes. A check takes a few microseconds. */
const POLL_MS = 25

/** Wakes waiters after the file has changed. Does not poll the file without waiters. */
export class Changes {
  readonly #dataVersion: () => number
  readonly #waiters = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #seen: number

  constructor(database: DatabaseSync) {
    const pragma = database.prepare('PRAGMA data_version')
    this.#dataVersion = () => Number(pragma.get()?.data_version)
    this.#seen = this.#dataVersion()
  }

  /** Wakes all waiters. Called after commits of this process, for which `data_version` does not change. */
  notify(): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const wake of waiters) wake()
  }

  /** Resolves at the next change, when `signal` aborts or after `timeout` milliseconds. */
  next(signal?: AbortSignal, timeout?: number): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiters.delete(wake)
        signal?.removeEventListener('abort', wake)
        clearTimeout(deadline)
        if (this.#waiters.size === 0) {
          clearInterval(this.#timer)
          this.#timer = undefined
        }
        resolve()
      }
      const deadline = timeout === undefined ? undefined : setTimeout(wake, timeout)
      signal?.addEventListener('abort', wake, { once: true })
      this.#waiters.add(wake)
      // Also check at once, because a commit since the last check would be missed.
      this.#timer ??= setInterval(() => this.#check(), POLL_MS)
      queueMicrotask(() => this.#check())
    })
  }

  #check(): void {
    if (this.#waiters.size === 0) return
    try {
      const version = this.#dataVersion()
      if (version === this.#seen) return
      this.#seen = version
    } catch {
      // The file cannot be read. The waiters get the error when they read it themselves.
    }
    this.notify()
  }
}
