import type { RE2JS } from 're2js'

/** Longer patterns are generated, and compiling one takes longer than a record may take. */
const MAX_PATTERN_CHARS = 1000
/** Maximum number of states of a compiled pattern. `a{1000}` has a thousand. */
const MAX_STATES = 10_000
/** The cost of compiling, in steps per state: 3 µs, at 20 ns per step. */
const STEPS_PER_STATE = 150
/** Compiled patterns to cache. Most expressions have a single literal pattern; the limit is for patterns from records. */
const MAX_CACHED = 100

/** Regular expressions in RE2's syntax that match in linear time, as CEL requires. */
export class LinearRegExps {
  readonly #engine: typeof RE2JS
  readonly #cache = new Map<string, RE2JS>()

  private constructor(engine: typeof RE2JS) {
    this.#engine = engine
  }

  static async load(): Promise<LinearRegExps> {
    return new LinearRegExps((await import('re2js')).RE2JS)
  }

  /** Whether a pattern occurs in a text. Calls `spend` with the number of steps before it takes them. Throws for an invalid pattern. */
  test(pattern: string, text: string, spend: (steps: number) => void): boolean {
    const compiled = this.compile(pattern, spend)
    // In the worst case, the engine tracks all states for each character.
    spend(text.length * compiled.programSize())
    return compiled.test(text)
  }

  compile(pattern: string, spend: (steps: number) => void = () => {}): RE2JS {
    const cached = this.#cache.get(pattern)
    if (cached !== undefined) return cached
    if (pattern.length > MAX_PATTERN_CHARS) {
      throw new Error(`the regular expression has ${pattern.length} characters; ${MAX_PATTERN_CHARS} are allowed`)
    }
    const compiled = this.#compiled(pattern)
    const states = compiled.programSize()
    if (states > MAX_STATES) throw new Error(`the regular expression ${quoted(pattern)} repeats too much`)
    spend(states * STEPS_PER_STATE)
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear()
    this.#cache.set(pattern, compiled)
    return compiled
  }

  #compiled(pattern: string): RE2JS {
    try {
      return this.#engine.compile(pattern)
    } catch (error) {
      const reason = (error as Error).message.replace('error parsing regexp: ', '')
      throw new Error(`the regular expression ${quoted(pattern)} is not valid in RE2: ${reason}`)
    }
  }
}

const quoted = (pattern: string): string => JSON.stringify(pattern.length > 100 ? `${pattern.slice(0, 99)}…` : pattern)
