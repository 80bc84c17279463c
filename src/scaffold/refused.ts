/** What was asked for cannot be scaffolded: exit code 2, and what to type instead. Nothing was written. */
export class ScaffoldRefused extends Error {
  override readonly name = 'ScaffoldRefused'
  readonly suggestions: readonly string[]

  constructor(message: string, suggestions: readonly string[] = []) {
    super(message)
    this.suggestions = suggestions
  }
}
