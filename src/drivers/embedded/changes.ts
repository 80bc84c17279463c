import type { DatabaseSync } from 'node:sqlite'

/** How often other processes' commits are looked for while somebody waits. Asking takes a few microseconds. */
const POLL_MS = 25

/** Tells waiters that the file has changed. Costs nothing while nobody waits. */
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

  /** For commits of this process, which SQLite does not report to itself. */
  notify(): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const wake of waiters) wake()
  }

  /** Resolves at the next change, or when the signal aborts or the time is over. */
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
      // A commit since the last look must not be missed by who begins to wait now.
      this.#timer ??= setInterval(() => this.#look(), POLL_MS)
      queueMicrotask(() => this.#look())
    })
  }

  #look(): void {
    if (this.#waiters.size === 0) return
    try {
      const version = this.#dataVersion()
      if (version === this.#seen) return
      this.#seen = version
    } catch {
      // A file that cannot even be asked: they are told when they look themselves.
    }
    this.notify()
  }
}
