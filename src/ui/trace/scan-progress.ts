import { ProgressLine } from '../records/progress-line.ts'
import type { Io } from '../text/io.ts'

/** Shows on a terminal how far a search has read, on a line that overwrites itself and disappears at the end. */
export class ScanProgress {
  readonly #line: ProgressLine
  #share: number | undefined

  constructor(io: Pick<Io, 'stdout' | 'stderr'>, signal: AbortSignal) {
    // The answer is printed after the line has disappeared, so the two do not meet on a terminal.
    this.#line = new ProgressLine(io, () => this.#share, signal, { verb: 'read', sharesTerminal: false })
  }

  /** Shows the number of records that were read, and its share if the number of offsets is known. */
  update(read: number, total?: number): void {
    // Compacted topics have fewer records than offsets.
    this.#share = total === undefined ? undefined : Math.min(1, read / Math.max(1, total))
    this.#line.update(read)
  }

  /** Erases the line. */
  end(): void {
    this.#line.clear()
  }
}
