import type { DatabaseSync } from 'node:sqlite'

/** How often the file is checked for commits of other processes while a reader waits. A check takes a few microseconds. */
const POLL_MS = 25

/** Wakes waiters after the file has changed. Polls the file only while there are waiters. */
export class Changes {
  readonly #dataVersion: () => number
  readonly #waiters = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #lastVersion: number

  constructor(database: DatabaseSync) {
    const pragma = database.prepare('PRAGMA data_version')
    this.#dataVersion = () => Number(pragma.get()?.data_version)
    this.#lastVersion = this.#dataVersion()
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
      // Also check at once: a commit made while there were no waiters would otherwise be noticed only at the next poll.
      this.#timer ??= setInterval(() => this.#check(), POLL_MS)
      queueMicrotask(() => this.#check())
    })
  }

  /** Wakes all waiters if `data_version` shows a commit of another process since the last check. */
  #check(): void {
    if (this.#waiters.size === 0) return
    try {
      const version = this.#dataVersion()
      if (version === this.#lastVersion) return
      this.#lastVersion = version
    } catch {
      // The file cannot be read. Wake the waiters, which then get the error from their own read.
    }
    this.notify()
  }
}
