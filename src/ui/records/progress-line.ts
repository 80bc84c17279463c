import type { Progress } from '../../operations/publish/source.ts'
import { type Io, write } from '../text/io.ts'
import { formatProgress } from './format-progress.ts'

/** The shortest time between two updates. */
const MIN_INTERVAL_MS = 200

interface ProgressOptions {
  /** What was done with the events. Default: `published`. */
  readonly verb?: string | undefined
  /** Whether the command writes to stdout meanwhile, so that the line is not shown if both are the terminal. Default: true. */
  readonly sharesTerminal?: boolean | undefined
}

/** A progress line on stderr that overwrites itself. It is shown if stderr is a terminal that stdout does not write to. */
export class ProgressLine {
  readonly #io: Pick<Io, 'stdout' | 'stderr'>
  readonly #progress: Progress
  readonly #signal: AbortSignal
  readonly #verb: string
  readonly #sharesTerminal: boolean
  readonly #start = performance.now()
  #shownAt = this.#start
  #isShown = false

  /** `progress` returns the share that is done; `signal` ends all writing. */
  constructor(
    io: Pick<Io, 'stdout' | 'stderr'>,
    progress: Progress,
    signal: AbortSignal,
    { verb = 'published', sharesTerminal = true }: ProgressOptions = {},
  ) {
    this.#io = io
    this.#verb = verb
    this.#sharesTerminal = sharesTerminal
    this.#progress = progress
    this.#signal = signal
  }

  /** Shows how many events were published, unless the last update was less than `MIN_INTERVAL_MS` ago. */
  update(published: number): void {
    const now = performance.now()
    if (!this.#canShow || now - this.#shownAt < MIN_INTERVAL_MS) return
    this.#shownAt = now
    this.#isShown = true
    const seconds = (now - this.#start) / 1000
    this.#write(formatProgress(published, this.#progress(published), seconds, this.#verb))
  }

  /** Erases the line, so that a notice can be written. The next update shows it again. */
  clear(): void {
    if (this.#isShown) this.#write('')
  }

  /** Shows the total and ends the line, if the line was shown at all. */
  end(published: number): void {
    if (!this.#isShown) return
    const seconds = (performance.now() - this.#start) / 1000
    this.#write(`${formatProgress(published, undefined, seconds, this.#verb)}\n`)
  }

  get #canShow(): boolean {
    const { stdout, stderr } = this.#io
    return Boolean(stderr.isTTY) && !(this.#sharesTerminal && stdout.isTTY)
  }

  #write(line: string): void {
    // As bytes, because `write` escapes control characters in text. This is safe: the line itself consists of numbers.
    void write(this.#io.stderr, Buffer.from(`\r\u001b[K${line}`), this.#signal)
  }
}
