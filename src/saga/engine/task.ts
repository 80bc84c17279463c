import type { Action } from '../action.ts'
import { pauseAfter } from '../back-off.ts'
import { type HandleMessage, runtimeDiagnostics } from '../reports/diagnostics.ts'
import type { Incoming } from './reaction.ts'
import type { Routed } from './route.ts'

/** The outcome of a command that was handled. */
export interface Handled<A extends Action> {
  readonly streamId: string
  /** The version of the stream afterwards. */
  readonly version: number
  /** The appended events. Empty when the command was a repeat or changed nothing. */
  readonly events: readonly A[]
  /** Why the aggregate rejected the command, when it did. */
  readonly rejected?: string | undefined
}

/** The callbacks of one submission. */
export interface Settle<A extends Action> {
  /** Called once, when the task no longer delays other batches; see {@link Task.pass}. */
  readonly passed: () => void
  readonly done: (handled: Handled<A> | undefined) => void
  readonly failed: (error: unknown) => void
  /** A caller waits for the outcome: a failure rejects the call, with neither a retry nor a dead letter. */
  readonly isRequest: boolean
}

/** A message that has failed this often becomes a dead letter. */
const MAX_FAILURES = 5
/** Version conflicts of one message that are retried without a back-off. */
const MAX_IMMEDIATE_CONFLICTS = 3

/** The message is not routed yet. */
interface Submitted {
  readonly kind: 'submitted'
}

/** No attempt is left: the message is to be stored as a dead letter. */
export interface GivenUp {
  readonly kind: 'given up'
  readonly error: Error
  /** `undefined` when routing failed. */
  readonly streamId: string | undefined
}

/** The submitter has its answer. */
interface Settled {
  readonly kind: 'settled'
}

type TaskState<A extends Action> = Submitted | Routed<A> | GivenUp | Settled

/** A task whose message can be reduced. */
export type RoutedTask<A extends Action> = Task<A> & { readonly state: Routed<A> }

const SUBMITTED: Submitted = { kind: 'submitted' }
const SETTLED: Settled = { kind: 'settled' }

/**
 * A message from its submission until it is settled.
 *
 * ```
 *   submitted ──────► routed ──────────────► settled
 *      │   │          │ ▲  │      1            ▲ ▲
 *      │   │          └─┘  │                   │ │
 *      │   │           2   ▼ 3                 │ │
 *      │   └────────────► given up ────────────┘ │
 *      │          4                   5          │
 *      └─────────────────────────────────────────┘
 *                          6
 * ```
 *
 * 1. The results are stored.
 * 2. A failure or a version conflict: retry after a back-off.
 * 3. The fifth failure, or the stream cannot be reduced.
 * 4. The message cannot be decoded or routed.
 * 5. The dead letter is stored.
 * 6. The message is for another service.
 *
 * A failed request ({@link Settle.isRequest}) and a task that is abandoned because the engine stops settle at once, from any
 * state.
 */
export class Task<A extends Action> {
  readonly incoming: Incoming
  readonly #settle: Settle<A>
  /** The message of the diagnostics channels; `undefined` without subscribers. */
  readonly trace: HandleMessage | undefined
  #state: TaskState<A> = SUBMITTED
  #failures = 0
  #conflicts = 0
  /** The earliest time of the next attempt, by the engine's monotonic clock. */
  #notBefore = 0
  #isPassed = false
  /** Whether to commit without the other messages of the stream: a commit of all failed, and any of them may be the cause. */
  isAlone = false

  constructor(incoming: Incoming, settle: Settle<A>, owner: Pick<HandleMessage, 'name' | 'group'>) {
    this.incoming = incoming
    this.#settle = settle
    this.trace = runtimeDiagnostics.handle.hasSubscribers ? beginTrace(owner, incoming) : undefined
  }

  get state(): TaskState<A> {
    return this.#state
  }

  get isSettled(): boolean {
    return this.#state.kind === 'settled'
  }

  get isRequest(): boolean {
    return this.#settle.isRequest
  }

  get failures(): number {
    return this.#failures
  }

  get notBefore(): number {
    return this.#notBefore
  }

  /** The stream of the message; `undefined` before routing and after the task is settled. */
  get streamId(): string | undefined {
    const state = this.#state
    return state.kind === 'routed' || state.kind === 'given up' ? state.streamId : undefined
  }

  route(routed: Routed<A>): void {
    this.#state = routed
    if (this.trace !== undefined) this.trace.streamId = routed.streamId
  }

  /** Settles the task with the result of its message. */
  finish(outcome: NonNullable<HandleMessage['outcome']>, handled?: Handled<A>): void {
    this.#state = SETTLED
    endTrace(this.trace, outcome)
    this.pass()
    this.#settle.done(handled)
  }

  /** Reports once that the task delays no other batches: it is settled, or its stream waits for a retry. */
  pass(): void {
    if (this.#isPassed) return
    this.#isPassed = true
    this.#settle.passed()
  }

  /** Counts a failure that a retry may resolve, since the reducer decides by a state that other processes change too. */
  fail(error: Error, now: number): void {
    failTrace(this.trace, error)
    if (this.isRequest) {
      this.#answer(error)
      return
    }
    this.#failures += 1
    this.#notBefore = now + pauseAfter(this.#failures)
    if (this.#failures >= MAX_FAILURES) this.#giveUp(error)
  }

  /** Gives up after a failure that a retry would repeat. */
  failForGood(error: Error): void {
    failTrace(this.trace, error)
    if (this.isRequest) this.#answer(error)
    else this.#giveUp(error)
  }

  /** Counts a version conflict. The first few are retried at once. */
  conflict(now: number): void {
    this.#conflicts += 1
    const delayed = this.#conflicts - MAX_IMMEDIATE_CONFLICTS
    if (delayed > 0) this.#notBefore = now + pauseAfter(delayed)
  }

  /** Settles the task without a result, because the engine has stopped. */
  abandon(error: Error): void {
    if (this.isRequest) failTrace(this.trace, error)
    // A message of the bus was not acknowledged and is delivered again, so this is not a failure.
    else if (this.trace !== undefined) this.trace.error = undefined
    this.#answer(error)
  }

  #giveUp(error: Error): void {
    this.#state = { kind: 'given up', error, streamId: this.streamId }
  }

  #answer(error: Error): void {
    this.#state = SETTLED
    endTrace(this.trace, 'abandoned')
    this.#settle.failed(error)
  }
}

export const isRouted = <A extends Action>(task: Task<A>): task is RoutedTask<A> => task.state.kind === 'routed'

function beginTrace(owner: Pick<HandleMessage, 'name' | 'group'>, { event, record, timer }: Incoming): HandleMessage {
  const position = record && { topic: record.topic, partition: record.partition, offset: record.offset }
  const message: HandleMessage = { ...owner, event, position, isTimer: timer !== undefined, trace: event.trace }
  runtimeDiagnostics.handle.start.publish(message)
  return message
}

function failTrace(trace: HandleMessage | undefined, error: Error): void {
  if (trace === undefined) return
  trace.error = error
  runtimeDiagnostics.handle.error.publish(trace)
}

function endTrace(trace: HandleMessage | undefined, outcome: NonNullable<HandleMessage['outcome']>): void {
  if (trace === undefined) return
  trace.outcome = outcome
  runtimeDiagnostics.handle.asyncEnd.publish(trace)
}
