import type { RE2JS } from 're2js'

/** Maximum length of a pattern. Compiling a longer one could take more time than an event may take. */
const MAX_PATTERN_CHARS = 1000
/** Maximum number of states of a compiled pattern. `a{1000}` has a thousand. */
const MAX_STATES = 10_000
/** The cost of compiling a pattern, in steps of 20 ns per state: 3 µs. */
const STEPS_PER_STATE = 150
/**
 * Number of compiled patterns to cache. Most expressions have one literal pattern, but a pattern may also come from each record.
 */
const MAX_CACHED = 100

/** Matches regular expressions in RE2's syntax in linear time, as CEL requires. Caches compiled patterns. */
export class LinearRegExps {
  readonly #engine: typeof RE2JS
  readonly #cache = new Map<string, RE2JS>()

  private constructor(engine: typeof RE2JS) {
    this.#engine = engine
  }

  /** Loads the engine only when an expression needs it, because it is large. */
  static async load(): Promise<LinearRegExps> {
    return new LinearRegExps((await import('re2js')).RE2JS)
  }

  /**
   * Whether a pattern occurs in a text. Before each piece of work, calls `spend` with its steps. Throws for an invalid pattern.
   */
  test(pattern: string, text: string, spend: (steps: number) => void): boolean {
    const compiled = this.compile(pattern, spend)
    // In the worst case, the engine tracks all states for each character.
    spend(text.length * compiled.programSize())
    return compiled.test(text)
  }

  /** Compiles a pattern, or takes it from the cache. Throws if the pattern is invalid or too large. */
  compile(pattern: string, spend: (steps: number) => void = () => {}): RE2JS {
    const cached = this.#cache.get(pattern)
    if (cached !== undefined) return cached
    if (pattern.length > MAX_PATTERN_CHARS) {
      throw new Error(`the regular expression has ${pattern.length} characters; ${MAX_PATTERN_CHARS} are allowed`)
    }
    const compiled = this.#parse(pattern)
    const states = compiled.programSize()
    if (states > MAX_STATES)
      throw new Error(
        `the regular expression ${quoted(pattern)} is too large: it has ${states} states, and ${MAX_STATES} are allowed`,
      )
    spend(states * STEPS_PER_STATE)
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear()
    this.#cache.set(pattern, compiled)
    return compiled
  }

  #parse(pattern: string): RE2JS {
    try {
      return this.#engine.compile(pattern)
    } catch (error) {
      const reason = (error as Error).message.replace('error parsing regexp: ', '')
      throw new Error(`the regular expression ${quoted(pattern)} is not valid in RE2: ${reason}`)
    }
  }
}

const quoted = (pattern: string): string => JSON.stringify(pattern.length > 100 ? `${pattern.slice(0, 99)}…` : pattern)
