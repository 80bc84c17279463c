import type { SourceLocation } from '../../rust/source.ts'
import type { Type } from '../model.ts'
import { type ImportHint, importHints } from './hints.ts'
import type { ImportNote, NoteContent } from './notes.ts'

/** A problem that prevents an import, such as a type that the source does not define. */
export interface ImportProblem extends SourceLocation {
  /** The type, attribute or name with the problem, as written in the source. */
  readonly about: string
  readonly reason: string
  /** The answer or setting that solves the problem. `undefined` if none does. */
  readonly fix: ImportHint | undefined
  /** The answers to other questions under which the problem arises. Absent if it arises in any case. */
  readonly ifAnswered?: readonly AssumedAnswer[]
}

/** A possible answer to a question of an import: `on` for `feature:beta`, or `derived` for a type. */
export interface AssumedAnswer {
  readonly question: string
  readonly answer: string
}

/** What writes a field with an unknown encoding. */
export interface UnknownEncoding {
  /** The path of a module or function. */
  readonly by: string
  /** The type of the field, as written in the source. */
  readonly type: string
}

/** Collects the problems and notes of an import, without duplicates. */
export class Report {
  readonly problems: ImportProblem[] = []
  readonly notes: ImportNote[] = []
  readonly #noted = new Set<string>()
  /** The aliases whose types are being converted, from the outermost to the innermost. */
  readonly #aliases: { readonly name: string; readonly text: string }[] = []
  /** The types of the fields that each module or function with an unknown encoding writes. */
  readonly #encodedTypes = new Map<string, Set<string>>()
  /** The number of `quietly` calls in progress, during which nothing is reported. */
  #quiet = 0

  /** Reports a problem. Always returns `undefined`, so that a caller can report and return in one statement. */
  problem(location: SourceLocation, about: string, why: string, fix: ImportHint | undefined): undefined {
    if (this.#quiet > 0) return undefined
    const alias = this.#aliases.findLast(({ text }) => text === about)
    const reason = alias ? `${why}; ${alias.name} is an alias of this type` : why
    const isReported = this.problems.some(
      (other) => other.about === about && other.reason === reason && other.fix?.text === fix?.text,
    )
    if (!isReported) this.problems.push({ file: location.file, line: location.line, about, reason, fix })
    return undefined
  }

  /**
   * Reports that the encoding of a field by a module or function is unknown. If it writes fields of different types, such as `C` of
   * `fn serialize<C: Curve, S>(it: &C, to: S)`, their encodings may differ, so each field needs an answer of its own.
   */
  unknownEncoding(location: SourceLocation, about: string, why: string, { by, type }: UnknownEncoding): undefined {
    if (this.#quiet > 0) return undefined
    const types = this.#encodedTypes.get(by) ?? new Set()
    this.#encodedTypes.set(by, types.add(type))
    if (types.size === 1) return this.problem(location, about, why, importHints.giveEncoding(by))
    for (const [index, problem] of this.problems.entries()) {
      const isAboutAll = problem.fix?.code === 'give-encoding' && problem.fix.by === by
      if (isAboutAll) this.problems[index] = { ...problem, fix: importHints.giveEncoding(problem.about) }
    }
    return this.problem(location, about, why, importHints.giveEncoding(about))
  }

  /**
   * A type to continue with in place of one that was reported as a problem, so that the import finds the problems after it.
   * `undefined` as long as nothing is reported, because only a failed import may contain it.
   */
  get placeholder(): Type | undefined {
    return this.problems.length > 0 && this.#quiet === 0 ? { kind: 'unit' } : undefined
  }

  note({ file, line }: SourceLocation, content: NoteContent): void {
    const key = JSON.stringify(content)
    if (this.#quiet > 0 || this.#noted.has(key)) return
    this.#noted.add(key)
    this.notes.push({ file, line, ...content })
  }

  /** Notes that a type, a field or a variant cannot be written or read as bincode. */
  unsupported(location: SourceLocation, about: string, reason: string): void {
    this.note(location, { code: 'unsupported-by-bincode', about, reason })
  }

  /** Notes why Rust cannot decode a type from bincode. */
  undecodable({ location, text }: { readonly location: SourceLocation; readonly text: string }, reason: string): void {
    this.unsupported(location, text, `Rust cannot decode this type from bincode: ${reason}`)
  }

  /** Runs a function that converts the type `text` of an alias. Its problems with that type name the alias. */
  inAlias<T>(name: string, text: string, convert: () => T): T {
    this.#aliases.push({ name, text })
    try {
      return convert()
    } finally {
      this.#aliases.pop()
    }
  }

  /** Runs a function and discards the problems and notes that it reports. */
  quietly<T>(attempt: () => T): T {
    this.#quiet += 1
    try {
      return attempt()
    } finally {
      this.#quiet -= 1
    }
  }
}

/** The fixes of problems, without duplicates and without those of problems that depend on another answer. */
export function fixesOf(problems: readonly ImportProblem[]): readonly ImportHint[] {
  const fixes = problems.flatMap(({ fix, ifAnswered }) => (fix && ifAnswered === undefined ? fix : []))
  return [...new Map(fixes.map((fix) => [fix.text, fix])).values()]
}
