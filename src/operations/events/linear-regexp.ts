import type { RE2JS } from 're2js'

/** Longer patterns are generated ones, and compiling them takes longer than a record should. */
const MAX_PATTERN_CHARS = 1000
/** States of a compiled pattern. `a{1000}` has a thousand. */
const MAX_STATES = 10_000
/** What compiling costs, in steps a state: 3 µs, where a step takes 20 ns. */
const STEPS_PER_STATE = 150
/** Patterns are mostly one literal. Those that come from records are not kept for ever. */
const MAX_KEPT = 100

/** Regular expressions that a match takes time for in proportion to the text, as CEL asks for (RE2's syntax). */
export class LinearRegExps {
  readonly #engine: typeof RE2JS
  readonly #kept = new Map<string, RE2JS>()

  private constructor(engine: typeof RE2JS) {
    this.#engine = engine
  }

  static async load(): Promise<LinearRegExps> {
    return new LinearRegExps((await import('re2js')).RE2JS)
  }

  /** Whether a pattern occurs in a text. `spend` is told the steps before they are made; throws for a bad pattern. */
  test(pattern: string, text: string, spend: (steps: number) => void): boolean {
    const compiled = this.compile(pattern, spend)
    // Where its fast way gives up, the engine follows all states at once.
    spend(text.length * compiled.programSize())
    return compiled.test(text)
  }

  compile(pattern: string, spend: (steps: number) => void = () => {}): RE2JS {
    const kept = this.#kept.get(pattern)
    if (kept !== undefined) return kept
    if (pattern.length > MAX_PATTERN_CHARS) {
      throw new Error(
        `a regular expression has at most ${MAX_PATTERN_CHARS} characters, and this one ${pattern.length}`,
      )
    }
    const compiled = this.#compiled(pattern)
    const states = compiled.programSize()
    if (states > MAX_STATES) throw new Error(`the regular expression ${quoted(pattern)} repeats too much`)
    spend(states * STEPS_PER_STATE)
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear()
    this.#kept.set(pattern, compiled)
    return compiled
  }

  #compiled(pattern: string): RE2JS {
    try {
      return this.#engine.compile(pattern)
    } catch (error) {
      const reason = (error as Error).message.replace('error parsing regexp: ', '')
      throw new Error(`the regular expression ${quoted(pattern)} is not one that RE2 knows: ${reason}`)
    }
  }
}

const quoted = (pattern: string): string => JSON.stringify(pattern.length > 100 ? `${pattern.slice(0, 99)}…` : pattern)
