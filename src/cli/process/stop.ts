/** Why a command should end before it is done. */
export type StopReason = 'interrupted' | 'reader-left'

/**
 * One signal for everything that ends a command early: Ctrl-C (exit 130) and a reader that went away, as `| head`
 * does (exit 0). oclif swallows EPIPE, so a follower would otherwise run for ever.
 */
export class Stop {
  readonly #controller = new AbortController()
  readonly #readerLeft = new AbortController()
  reason: StopReason | undefined

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** For what is written after Ctrl-C, too: only a reader that left makes it pointless. */
  get readerLeft(): AbortSignal {
    return this.#readerLeft.signal
  }

  request(reason: StopReason): void {
    if (reason === 'reader-left') this.#readerLeft.abort()
    if (this.reason !== undefined) return
    this.reason = reason
    this.#controller.abort()
  }
}
