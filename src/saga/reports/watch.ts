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

/** Counts what an aggregate or a saga does, and tells of what fails: an outage once when it begins and once when it ends. */
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

  /** Whether what it is told is logged, so that the bus need not log it. */
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

  /** A message failed so many times and is tried again. Told of its first failure only. */
  retrying(failures: number, problem: Problem): void {
    this.#counts.retried += 1
    runtimeDiagnostics.retried.publish({ ...this.#owner, event: problem.event, error: problem.error })
    if (failures === 1) this.#tell(problem, 'warn')
  }

  /** A message was given up. */
  movedToDeadLetters(problem: Problem): void {
    this.#counts.deadLetters += 1
    runtimeDiagnostics.deadLetter.publish({ ...this.#owner, event: problem.event, error: problem.error })
    this.#tell(problem, 'error')
  }

  /** Reports a problem that is neither an outage nor about one message. */
  problem(problem: Problem): void {
    this.#tell(problem, 'warn')
  }

  /** `what` is away. Told once, until {@link restored}. */
  lost(what: string, problem: Problem): void {
    if (this.#waits.has(what)) return
    const { now = () => new Date() } = this.#options
    this.#waits.set(what, { for: what, since: now(), reason: problem.error.message })
    this.#tell(problem, 'warn')
  }

  /** `what` answers again. Says nothing where it was not lost. */
  restored(what: string): void {
    const wait = this.#waits.get(what)
    if (wait === undefined) return
    this.#waits.delete(what)
    const { now = () => new Date(), logger } = this.#options
    const lasted = now().getTime() - wait.since.getTime()
    logger?.info(this.#fields({ waited_for: what, lasted_ms: lasted }), 'goes on after an outage')
  }

  stopped(error: Error | undefined): void {
    this.#stopped ??= { error }
  }

  #tell(problem: Problem, level: 'warn' | 'error'): void {
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
