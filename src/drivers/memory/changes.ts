import { EventEmitter, once } from 'node:events'

/** Wakes waiters after any change: new records, a rebalance, a bus that leaves. The waiters find out what has changed. */
export class Changes {
  readonly #emitter = new EventEmitter().setMaxListeners(0)

  /** Wakes all waiters. */
  notify(): void {
    this.#emitter.emit('change')
  }

  /** Resolves at the next change, or when the signal aborts. */
  async next(signal?: AbortSignal): Promise<void> {
    await once(this.#emitter, 'change', signal ? { signal } : {}).catch(() => undefined)
  }
}
