import type { Instance } from './stream-handler.ts'

/** A cache of instances that evicts the least recently used one. It saves reading their streams from the store. */
export class Instances<State> {
  readonly #size: number
  /** The least recently used instance comes first. */
  readonly #cached = new Map<string, Instance<State>>()

  constructor(size: number) {
    this.#size = size
  }

  get(streamId: string): Instance<State> | undefined {
    const instance = this.#cached.get(streamId)
    if (instance !== undefined) this.set(instance)
    return instance
  }

  set(instance: Instance<State>): void {
    this.#cached.delete(instance.streamId)
    this.#cached.set(instance.streamId, instance)
    if (this.#cached.size <= this.#size) return
    for (const oldest of this.#cached.keys()) {
      this.#cached.delete(oldest)
      return
    }
  }

  drop(streamId: string): void {
    this.#cached.delete(streamId)
  }
}
