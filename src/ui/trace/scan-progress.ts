import { formatProgress } from '../records/format-progress.ts'
import { type Io, write } from '../text/io.ts'

/** The shortest time between two updates. */
const MIN_INTERVAL_MS = 200

/** Shows on a terminal how far a search has read, on a line that overwrites itself and disappears at the end. */
export class ScanProgress {
  readonly #io: Pick<Io, 'stderr'>
  readonly #signal: AbortSignal
  readonly #start = performance.now()
  #shownAt = this.#start
  #isShown = false

  constructor(io: Pick<Io, 'stderr'>, signal: AbortSignal) {
    this.#io = io
    this.#signal = signal
  }

  /** Shows the share of the offsets that was read, unless the last update was less than `MIN_INTERVAL_MS` ago. */
  update(read: number, total: number): void {
    const now = performance.now()
    if (!this.#io.stderr.isTTY || now - this.#shownAt < MIN_INTERVAL_MS) return
    this.#shownAt = now
    this.#isShown = true
    // Compacted topics have fewer records than offsets.
    this.#write(formatProgress(read, Math.min(1, read / Math.max(1, total)), (now - this.#start) / 1000, 'read'))
  }

  /** Erases the line. */
  end(): void {
    if (this.#isShown) this.#write('')
    this.#isShown = false
  }

  #write(line: string): void {
    // As bytes, because `write` escapes control characters in text. This is safe: the line itself consists of numbers.
    void write(this.#io.stderr, Buffer.from(`\r\u001b[K${line}`), this.#signal)
  }
}
