/** The probabilities of faults in a {@link sagaHarness}, each between 0 and 1. */
export interface Faults {
  /** A record is delivered once more later, as after a crash that lost the acknowledgement. */
  readonly duplicate?: number | undefined
  /** A record overtakes those before it. */
  readonly reorder?: number | undefined
  /** A delivery does not arrive; it comes again later, as at-least-once has it. */
  readonly drop?: number | undefined
  /** An event never arrives at the saga, as when an aggregate does not answer. Only time-outs go on then. */
  readonly lose?: number | undefined
  /** The process dies before or after any single call of store or bus, and starts again with nothing in memory. */
  readonly crash?: number | undefined
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A process died. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** The same object, whose calls may end with the death of the process, before or after they took effect. */
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
