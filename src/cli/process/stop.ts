/** Why a command ends early. */
export type StopReason = 'interrupted' | 'reader-left'

/**
 * The signal for everything that ends a command early: Ctrl-C (exit code 130) and a reader that closed the pipe, as
 * `| head` does (exit code 0). oclif ignores a closed pipe (EPIPE), so a command that follows a topic would run forever.
 */
export class Stop {
  readonly #controller = new AbortController()
  readonly #readerLeft = new AbortController()
  reason: StopReason | undefined

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Aborts only when the reader has left, for output that is also written after Ctrl-C. */
  get readerLeft(): AbortSignal {
    return this.#readerLeft.signal
  }

  /** Asks the command to end. Further requests do not change the reason. */
  request(reason: StopReason): void {
    if (reason === 'reader-left') this.#readerLeft.abort()
    if (this.reason !== undefined) return
    this.reason = reason
    this.#controller.abort()
  }
}
