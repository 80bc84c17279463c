/** The error of a request that cannot be scaffolded. Nothing was written. The command exits with code 2. */
export class ScaffoldRefused extends Error {
  override readonly name = 'ScaffoldRefused'
  readonly suggestions: readonly string[]

  constructor(message: string, suggestions: readonly string[] = []) {
    super(message)
    this.suggestions = suggestions
  }
}
