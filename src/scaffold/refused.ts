import type { Hint } from '../bus/hints.ts'

/** The error of a request that cannot be scaffolded. Nothing was written. The command exits with code 2. */
export class ScaffoldRefused extends Error {
  override readonly name = 'ScaffoldRefused'
  /** What to try next. */
  readonly hints: readonly Hint[]

  constructor(message: string, hints: readonly Hint[] = []) {
    super(message)
    this.hints = hints
  }
}
