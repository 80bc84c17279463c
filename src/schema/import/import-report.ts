import type { SourceLocation } from '../../rust/source.ts'

/** A problem that prevents an import, such as a type that the source does not define. */
export interface ImportProblem extends SourceLocation {
  /** The type, attribute or name with the problem, as written. */
  readonly about: string
  readonly reason: string
  /** The flags that solve the problem, such as `--map crate::Money=…`. `undefined` if no flag does. */
  readonly fix: string | undefined
}

/** An assumption of an import, or a limit of the encoding, that the user should know of. */
export interface ImportNote extends SourceLocation {
  readonly text: string
}

/** Collects the problems and notes of an import, each one once. */
export class Report {
  readonly problems: ImportProblem[] = []
  readonly notes: ImportNote[] = []
  /** The number of `quietly` calls in progress, during which nothing is reported. */
  #quiet = 0

  /** Reports a problem. Returns `undefined`, so that callers can return the result. */
  problem(location: SourceLocation, about: string, reason: string, fix: string | undefined): undefined {
    if (this.#quiet > 0) return undefined
    const isReported = this.problems.some(
      (other) => other.about === about && other.reason === reason && other.fix === fix,
    )
    if (!isReported) this.problems.push({ file: location.file, line: location.line, about, reason, fix })
    return undefined
  }

  note(location: SourceLocation, text: string): void {
    if (this.#quiet > 0 || this.notes.some((note) => note.text === text)) return
    this.notes.push({ file: location.file, line: location.line, text })
  }

  /** Runs an attempt whose failure is not a problem. */
  quietly<T>(attempt: () => T): T {
    this.#quiet += 1
    try {
      return attempt()
    } finally {
      this.#quiet -= 1
    }
  }
}

/** The flag that maps a type. */
export const mapFix = (path: string): string => (/[^\w:]/.test(path) ? `--map '${path}=…'` : `--map ${path}=…`)
/** The flags that turn on `cfg` options. */
export const assumeFix = (keys: readonly string[]): string | undefined =>
  keys.length === 0
    ? undefined
    : [...new Set(keys)].map((key) => (/[\s"]/.test(key) ? `--assume '${key}=on'` : `--assume ${key}=on`)).join(' ')
