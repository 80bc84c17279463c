import type { Logger } from '../../bus/logger.ts'
import { runtimeDiagnostics } from './diagnostics.ts'
import type { Counts, HandledKind, Health, Wait } from './health.ts'
import type { OnError, OnRejected, Problem, Rejection } from './problem.ts'

interface WatchOptions {
  readonly name: string
  readonly group: string
  readonly now?: () => Date
  readonly onError?: OnError | undefined
  readonly onRejected?: OnRejected | undefined
  readonly logger?: Logger | undefined
}

/**
 * Counts the work of an aggregate or a saga, and reports failures. Reports an outage once when it begins and once when it
 * ends.
 */
export class Watch {
  readonly #options: WatchOptions
  readonly #counts = {
    handled: { reacted: 0, repeated: 0, nothing: 0, rejected: 0 },
    retried: 0,
    deadLetters: 0,
    published: 0,
  }
  readonly #waits = new Map<string, Wait>()
  #stopped: { readonly error: Error | undefined } | undefined

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Whether there is a logger, so that the bus need not log the same failures. */
  get hasLogger(): boolean {
    return this.#options.logger !== undefined
  }

  get counts(): Counts {
    return this.#counts
  }

  get health(): Health {
    if (this.#stopped !== undefined) return { status: 'stopped', waits: [], error: this.#stopped.error?.message }
    const waits = [...this.#waits.values()]
    return { status: waits.length === 0 ? 'ok' : 'waiting', waits }
  }

  handled(kind: HandledKind): void {
    this.#counts.handled[kind] += 1
  }

  rejected(rejection: Rejection): void {
    const { reason, streamId, event } = rejection
    this.#options.logger?.info(
      this.#fields({ stream_id: streamId, event_type: event.eventType, reason }),
      'command rejected',
    )
    this.#options.onRejected?.(rejection)
  }

  published(count: number): void {
    this.#counts.published += count
    const { relayed } = runtimeDiagnostics
    if (relayed.hasSubscribers) relayed.publish({ ...this.#owner, messages: count })
  }

  timersFired(count: number): void {
    const { timersFired } = runtimeDiagnostics
    if (timersFired.hasSubscribers) timersFired.publish({ ...this.#owner, timers: count })
  }

  /** Counts a retry. Reports the first failure of a message only. */
  retrying(failures: number, problem: Problem): void {
    this.#counts.retried += 1
    runtimeDiagnostics.retried.publish({ ...this.#owner, event: problem.event, error: problem.error })
    if (failures === 1) this.#report(problem, 'warn')
  }

  /** Counts and reports a message that became a dead letter. */
  movedToDeadLetters(problem: Problem): void {
    this.#counts.deadLetters += 1
    runtimeDiagnostics.deadLetter.publish({ ...this.#owner, event: problem.event, error: problem.error })
    this.#report(problem, 'error')
  }

  /** Reports a problem that is neither an outage nor about one message. */
  problem(problem: Problem): void {
    this.#report(problem, 'warn')
  }

  /** Begins an outage of `what`, such as `store` or `bus (order-events)`. Ignored during an outage of the same name. */
  lost(what: string, problem: Problem): void {
    if (this.#waits.has(what)) return
    const { now = () => new Date() } = this.#options
    this.#waits.set(what, { for: what, since: now(), reason: problem.error.message })
    this.#report(problem, 'warn')
  }

  /** Ends the outage of `what`. Ignored without one. */
  restored(what: string): void {
    const wait = this.#waits.get(what)
    if (wait === undefined) return
    this.#waits.delete(what)
    const { now = () => new Date(), logger } = this.#options
    const lasted = now().getTime() - wait.since.getTime()
    logger?.info(this.#fields({ waited_for: what, lasted_ms: lasted }), 'the outage is over')
  }

  stopped(error: Error | undefined): void {
    this.#stopped ??= { error }
  }

  #report(problem: Problem, level: 'warn' | 'error'): void {
    const { logger, onError } = this.#options
    const { message, error, event } = problem
    logger?.[level](this.#fields({ error: error.message, ...(event && { event_type: event.eventType }) }), message)
    onError?.(problem)
  }

  get #owner() {
    const { name, group } = this.#options
    return { name, group }
  }

  #fields(fields: object): object {
    return { name: this.#options.name, ...fields }
  }
}
