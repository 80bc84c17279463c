import type { Instance } from './stream-handler.ts'

/** The instances used last, in memory: most are used again soon, and reading a stream costs more than keeping it. */
export class Instances<State> {
  readonly #size: number
  /** The one used last is at the end. */
  readonly #kept = new Map<string, Instance<State>>()

  constructor(size: number) {
    this.#size = size
  }

  get(streamId: string): Instance<State> | undefined {
    const instance = this.#kept.get(streamId)
    if (instance !== undefined) this.set(instance)
    return instance
  }

  set(instance: Instance<State>): void {
    this.#kept.delete(instance.streamId)
    this.#kept.set(instance.streamId, instance)
    if (this.#kept.size <= this.#size) return
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest)
      return
    }
  }

  drop(streamId: string): void {
    this.#kept.delete(streamId)
  }
}
