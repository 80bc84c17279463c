import { EventEmitter, once } from 'node:events'

/** Wakes waiters after any change: new records, a rebalance, a closed bus. The waiters check what has changed. */
export class Changes {
  readonly #emitter = new EventEmitter().setMaxListeners(0)

  /** Wakes all waiters. */
  notify(): void {
    this.#emitter.emit('change')
  }

  /** Resolves at the next change, or when the signal aborts. */
  async next(signal?: AbortSignal): Promise<void> {
    // `once` rejects when the signal aborts.
    await once(this.#emitter, 'change', signal ? { signal } : {}).catch(() => undefined)
  }
}
