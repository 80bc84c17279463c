/** The probabilities of faults in a {@link sagaHarness}, each between 0 and 1. */
export interface Faults {
  /** A record is delivered again later, as after a crash before its acknowledgement. */
  readonly duplicate?: number | undefined
  /** A record overtakes those before it. */
  readonly reorder?: number | undefined
  /** A delivery fails and is repeated later, as at-least-once delivery does. */
  readonly drop?: number | undefined
  /**
   * An event never arrives at the saga, as when an aggregate does not answer. Only a time-out continues the conversation.
   */
  readonly lose?: number | undefined
  /** The process dies before or after any single call of the store or the bus, and starts again with an empty memory. */
  readonly crash?: number | undefined
}

/** Returns a generator of pseudo-random numbers from 0 to 1, the same sequence for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The error that simulates the death of a process. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** Wraps an object so that its calls may throw a {@link Crash}, before or after they take effect. */
export function crashing<T extends object>(target: T, isDue: () => boolean): T {
  return new Proxy(target, {
    get(object, name) {
      const part: unknown = Reflect.get(object, name, object)
      if (typeof part === 'function') {
        return async (...args: unknown[]) => {
          if (isDue()) throw new Crash(`before ${String(name)}`)
          const result = await part.apply(object, args)
          if (isDue()) throw new Crash(`after ${String(name)}`)
          return result
        }
      }
      return part !== null && typeof part === 'object' ? crashing(part, isDue) : part
    },
  })
}
