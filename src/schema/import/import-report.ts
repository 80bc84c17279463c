import type { SourceLocation } from '../../rust/source.ts'

/** Something an import needs to know and the source does not say. */
export interface ImportProblem extends SourceLocation {
  /** The type, attribute or name it is about, as written. */
  readonly about: string
  readonly reason: string
  /** What to type, `--map crate::Money=…`, where that would settle it. */
  readonly fix: string | undefined
}

/** Something that was settled, but is worth knowing. */
export interface ImportNote extends SourceLocation {
  readonly text: string
}

/** Collects what an import has to say. */
export class Report {
  readonly problems: ImportProblem[] = []
  readonly notes: ImportNote[] = []
  /** Above zero, what cannot be settled is not a problem yet. */
  #quiet = 0

  /** Answers `undefined`, since there is nothing else to answer. */
  problem(location: SourceLocation, about: string, reason: string, fix: string | undefined): undefined {
    if (this.#quiet > 0) return undefined
    const isKnown = this.problems.some((known) => known.about === about && known.reason === reason && known.fix === fix)
    if (!isKnown) this.problems.push({ file: location.file, line: location.line, about, reason, fix })
    return undefined
  }

  note(location: SourceLocation, text: string): void {
    if (this.#quiet > 0 || this.notes.some((note) => note.text === text)) return
    this.notes.push({ file: location.file, line: location.line, text })
  }

  /** Tries what may fail without anybody having to know. */
  quietly<T>(attempt: () => T): T {
    this.#quiet += 1
    try {
      return attempt()
    } finally {
      this.#quiet -= 1
    }
  }
}

export const mapFix = (path: string): string => (/[^\w:]/.test(path) ? `--map '${path}=…'` : `--map ${path}=…`)
export const assumeFix = (keys: readonly string[]): string | undefined =>
  keys.length === 0
    ? undefined
    : [...new Set(keys)].map((key) => (/[\s"]/.test(key) ? `--assume '${key}=on'` : `--assume ${key}=on`)).join(' ')
