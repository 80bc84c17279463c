import { EventEmitter, once } from 'node:events'

/** Wakes everyone who waits for records to arrive, partitions to move or a bus to leave. They look again themselves. */
export class Changes {
  readonly #emitter = new EventEmitter().setMaxListeners(0)

  notify(): void {
    this.#emitter.emit('change')
  }

  /** Resolves at the next change, or when the signal aborts, which is no error. */
  async next(signal?: AbortSignal): Promise<void> {
    await once(this.#emitter, 'change', signal ? { signal } : {}).catch(() => undefined)
  }
}
