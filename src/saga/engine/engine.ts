import type { MonotonicClock } from '../../bus/time/monotonic-clock.ts'
import type { EventStoreError } from '../../store/errors.ts'
import type { Commit, Committed, EventStore } from '../../store/event-store.ts'
import type { Action } from '../action.ts'
import { Alarm } from '../alarm.ts'
import { pauseAfter } from '../back-off.ts'
import { outside } from '../outside.ts'
import { runtimeDiagnostics } from '../reports/diagnostics.ts'
import { asError, isStoreAway } from '../reports/problem.ts'
import type { Watch } from '../reports/watch.ts'
import { addDeadLetter, toDeadLetter } from './dead-letter.ts'
import { Instances } from './instances.ts'
import type { Incoming } from './reaction.ts'
import { route } from './route.ts'
import { planSteps, type StepPlan } from './step-plan.ts'
import { fold, type Instance, type StreamHandler } from './stream-handler.ts'
import { type GivenUp, type Handled, isRouted, type RoutedTask, type Settle, Task } from './task.ts'

export interface EngineOptions<State, A extends Action> {
  readonly handler: StreamHandler<State, A>
  readonly store: EventStore
  /** The owner of the outbox and the timers. */
  readonly owner: string
  /** The number of instances that are kept in memory. */
  readonly cacheSize: number
  readonly now: () => Date
  readonly clock: MonotonicClock
  readonly watch: Watch
  /** Called after each commit that was stored. */
  readonly onCommitted: (commit: Commit) => void
}

/**
 * An instance from memory or from the store, or the error that reducing its stream threw. `isFresh`: read from the store just
 * now.
 */
type Loaded<State> =
  | { readonly ok: true; readonly instance: Instance<State>; readonly isFresh: boolean }
  | { readonly ok: false; readonly error: unknown }

/** The plan for the messages of one stream, and their tasks. */
interface Planned<State, A extends Action> {
  readonly streamId: string
  readonly tasks: readonly RoutedTask<A>[]
  readonly plan: StepPlan<State, A>
}

/** The name of the store in {@link Watch.lost}. */
const STORE = 'store'
/** Limit for the messages that are planned and stored together. */
const MAX_ROUND_MESSAGES = 2000

/**
 * Handles each message exactly once: those of many streams in one round, and those of one stream in order. A message counts as
 * handled when its results are stored.
 *
 * Other processes may write the same streams: other members of the group, or a process that was wrongly taken for dead. Every
 * step names the version that it read its stream at, and is decided again after a version conflict. A message without results
 * appends nothing, so the store cannot check it; it is therefore decided only on a stream that was just read.
 */
export class Engine<State, A extends Action> {
  readonly #options: EngineOptions<State, A>
  readonly #instances: Instances<State>
  readonly #alarm: Alarm
  #queue: Task<A>[] = []
  #running: Promise<void> | undefined
  #storeFailures = 0
  /** Why the engine accepts no more messages. */
  #ended: Error | undefined

  constructor(options: EngineOptions<State, A>) {
    this.#options = options
    this.#instances = new Instances(options.cacheSize)
    this.#alarm = new Alarm(options.clock)
  }

  /**
   * Handles messages. Resolves when each of them is stored, was handled before, is for another service, or is a dead letter.
   * Rejects when the engine is stopped or the store refuses to work.
   *
   * Calls `onPassed` once, as soon as all unsettled messages belong to streams that wait for a retry: the caller may then
   * submit messages of other streams.
   */
  submit(messages: readonly Incoming[], onPassed: () => void = () => undefined): Promise<void> {
    if (messages.length === 0) {
      onPassed()
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      let unsettled = messages.length
      let notPassed = messages.length
      const done = () => {
        unsettled -= 1
        if (unsettled === 0) resolve()
      }
      const passed = () => {
        notPassed -= 1
        if (notPassed === 0) onPassed()
      }
      this.#enqueue(messages, { passed, done, failed: reject, isRequest: false })
    })
  }

  /**
   * Handles a message whose sender waits for the outcome. Resolves with `undefined` for a message of another service. Rejects
   * with the error of the reducer, the codec or the store.
   */
  send(message: Incoming): Promise<Handled<A> | undefined> {
    return new Promise((resolve, reject) => {
      this.#enqueue([message], { passed: () => undefined, done: resolve, failed: reject, isRequest: true })
    })
  }

  /** Resolves when no message is unsettled. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Abandons the messages in flight. They were not acknowledged, so the bus delivers them again. */
  stop(error: Error): void {
    this.#ended ??= error
    const open = this.#queue
    this.#queue = []
    for (const task of open) task.abandon(this.#ended)
    this.#alarm.ring()
  }

  #enqueue(messages: readonly Incoming[], settle: Settle<A>): void {
    if (this.#ended !== undefined) {
      settle.failed(this.#ended)
      return
    }
    const { handler, owner } = this.#options
    const source = { name: handler.name, group: owner }
    for (const incoming of messages) this.#queue.push(new Task(incoming, settle, source))
    this.#alarm.ring()
    this.#running ??= outside(() => this.#run())
  }

  async #run(): Promise<void> {
    // Messages that are submitted in the same turn of the event loop are handled in one round.
    await undefined
    try {
      while (this.#queue.length > 0) {
        const now = this.#options.clock.now()
        const ready = this.#takeReady(now)
        if (ready.length > 0) await this.#round(ready)
        else if (this.#queue.length > 0) await this.#alarm.wait(this.#untilNextRetry(now))
      }
    } catch (error) {
      // A listener of the watch threw, such as `onError`.
      this.stop(asError(error))
    }
    this.#running = undefined
  }

  /** Takes the tasks of the next round from the queue. A message waits for the earlier messages of its stream. */
  #takeReady(now: number): Task<A>[] {
    const ready: Task<A>[] = []
    const waiting: Task<A>[] = []
    /** Streams with a message that waits: for a retry, or only for the next round. */
    const held = new Map<string, 'retry' | 'round'>()
    for (const task of this.#queue) {
      const isDue = () => ready.length < MAX_ROUND_MESSAGES && task.notBefore <= now
      if (isDue()) this.#route(task)
      if (task.isSettled) continue
      const { streamId } = task
      const isHeld = streamId !== undefined && held.has(streamId)
      if (isDue() && !isHeld) ready.push(task)
      else {
        waiting.push(task)
        const reason =
          (streamId === undefined ? undefined : held.get(streamId)) ?? (task.notBefore > now ? 'retry' : 'round')
        if (reason === 'retry') task.pass()
        if (streamId !== undefined) held.set(streamId, reason)
      }
    }
    this.#queue = waiting
    return ready
  }

  /** Returns the milliseconds until the earliest retry. When no task is ready, every task waits for a retry or behind one. */
  #untilNextRetry(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const { notBefore } of this.#queue) if (notBefore > now && notBefore < next) next = notBefore
    return next - now
  }

  /** Processes tasks together. Puts those that remain unsettled back at the head of the queue. */
  async #round(tasks: readonly Task<A>[]): Promise<void> {
    let failure: unknown
    try {
      await this.#process(tasks)
      this.#storeFailures = 0
      this.#options.watch.restored(STORE)
    } catch (error) {
      failure = error
      // The store may have stored the commits or not, so the streams are read again.
      for (const { streamId } of tasks) if (streamId !== undefined) this.#instances.drop(streamId)
    }
    this.#queue = [...tasks.filter(({ isSettled }) => !isSettled), ...this.#queue]
    if (failure !== undefined && isStoreAway(failure)) await this.#waitForStore(asError(failure))
    else if (failure !== undefined) this.stop(asError(failure))
    // `stop` may have been called during the round.
    if (this.#ended !== undefined) this.stop(this.#ended)
  }

  async #waitForStore(error: Error): Promise<void> {
    const { handler, watch, clock } = this.#options
    this.#storeFailures += 1
    watch.lost(STORE, { message: `${handler.name} waits for its store: ${error.message}`, error })
    const until = clock.now() + pauseAfter(this.#storeFailures)
    while (this.#ended === undefined && clock.now() < until) await this.#alarm.wait(until - clock.now())
  }

  async #process(tasks: readonly Task<A>[]): Promise<void> {
    const planned = await this.#plan(tasks)
    await this.#commit(planned)
    for (const task of tasks) {
      const { state } = task
      if (state.kind === 'given up') await this.#moveToDeadLetters(task, state)
    }
  }

  async #plan(tasks: readonly Task<A>[]): Promise<readonly Planned<State, A>[]> {
    const streams = Map.groupBy(tasks.filter(isRouted), ({ state }) => state.streamId)
    const loaded = await this.#load([...streams.keys()])
    return [...streams].flatMap(([streamId, all]): Planned<State, A>[] => {
      const own = all[0]?.isAlone ? all.slice(0, 1) : all
      const found = loaded.get(streamId) as Loaded<State>
      if (!found.ok) {
        // Nothing can be decided for this stream until the code can reduce what is stored.
        for (const task of own) task.failForGood(asError(found.error))
        return []
      }
      const plan = planSteps(this.#options.handler, found.instance, own.map(toMessage), this.#options.now)
      const isUnsure = plan.outcomes.some(({ kind }) => kind === 'nothing' || kind === 'rejected' || kind === 'failed')
      // Such an outcome depends on a state from memory that no commit checks. Decide again by the stored stream, in the next
      // round.
      if (isUnsure && !plan.isChecked && !found.isFresh) {
        this.#instances.drop(streamId)
        return []
      }
      return [{ streamId, tasks: own, plan }]
    })
  }

  /**
   * Routes the message to a stream. A message for another service counts as handled. Decoding and routing depend on
   * nothing but the message, so a message that fails here would fail every time.
   */
  #route(task: Task<A>): void {
    if (task.state.kind !== 'submitted') return
    try {
      const routed = route(this.#options.handler, task.incoming)
      if (routed === undefined) task.finish('skipped')
      else task.route(routed)
    } catch (error) {
      task.failForGood(asError(error))
    }
  }

  /** Returns the instances of streams, from memory or else from the store. */
  async #load(streamIds: readonly string[]): Promise<ReadonlyMap<string, Loaded<State>>> {
    const { handler, store } = this.#options
    const cached = new Map(streamIds.map((streamId) => [streamId, this.#instances.get(streamId)]))
    const absent = streamIds.filter((streamId) => cached.get(streamId) === undefined)
    const streams = absent.length === 0 ? new Map<string, never>() : await store.readStreams(absent)
    return new Map(
      streamIds.map((streamId): [string, Loaded<State>] => {
        const instance = cached.get(streamId)
        if (instance !== undefined) return [streamId, { ok: true, instance, isFresh: false }]
        try {
          const read = fold(handler, streamId, streams.get(streamId) ?? [])
          return [streamId, { ok: true, instance: read, isFresh: true }]
        } catch (error) {
          return [streamId, { ok: false, error }]
        }
      }),
    )
  }

  async #commit(planned: readonly Planned<State, A>[]): Promise<void> {
    const { onCommitted, watch } = this.#options
    const results = await this.#store(planned)
    let next = 0
    for (const { streamId, tasks, plan } of planned) {
      if (plan.commit !== undefined) {
        const result = results[next++] as Committed
        if (!result.ok) {
          this.#instances.drop(streamId)
          this.#refused(tasks, streamId, result.error)
          continue
        }
        onCommitted(plan.commit)
      }
      this.#instances.set(plan.instance)
      for (const [index, outcome] of plan.outcomes.entries()) {
        const task = tasks[index] as Task<A>
        if (outcome.kind === 'failed') {
          this.#fail(task, outcome.error)
          // The retry decides by what is stored then.
          this.#instances.drop(streamId)
          continue
        }
        const { kind, version, events, rejected } = outcome
        watch.handled(rejected === undefined ? kind : 'rejected')
        if (rejected === undefined) task.finish(kind, { streamId, version, events })
        else {
          if (task.trace !== undefined) task.trace.rejected = rejected
          watch.rejected({ reason: rejected, streamId, event: task.incoming.event })
          task.finish('rejected', { streamId, version, events, rejected })
        }
      }
    }
  }

  /** Stores the commits of the plans, in their order. */
  #store(planned: readonly Planned<State, A>[]): Promise<readonly Committed[]> {
    const { handler, store, owner } = this.#options
    const stored = planned.filter(({ plan }) => plan.commit !== undefined)
    if (stored.length === 0) return Promise.resolve([])
    const write = () =>
      store.commit(
        owner,
        stored.map(({ plan }) => plan.commit as Commit),
      )
    const { commit } = runtimeDiagnostics
    if (!commit.hasSubscribers) return write()
    const commits = stored.map(({ tasks, plan }) =>
      plan.outcomes.flatMap(({ kind }, index) => (kind === 'failed' ? [] : (tasks[index]?.trace ?? []))),
    )
    return commit.tracePromise(write, { name: handler.name, group: owner, commits })
  }

  /** Decides what happens to the tasks of a commit that the store refused. */
  #refused(tasks: readonly Task<A>[], streamId: string, error: EventStoreError): void {
    const [first, ...others] = tasks
    if (error.code === 'VERSION_CONFLICT' && error.streamId === streamId) {
      for (const task of tasks) task.conflict(this.#options.clock.now())
    } else if (others.length > 0) for (const task of tasks) task.isAlone = true
    else if (first !== undefined && error.code === 'TIMER_GONE') first.finish('nothing')
    else if (first !== undefined) this.#fail(first, error)
  }

  #fail(task: Task<A>, thrown: unknown): void {
    const { handler, watch, clock } = this.#options
    const { event } = task.incoming
    const error = asError(thrown)
    task.fail(error, clock.now())
    if (!isRouted(task)) return
    watch.retrying(task.failures, {
      message: `${handler.name} retries ${event.eventType}: ${error.message}`,
      error,
      event,
    })
  }

  /** Stores the dead letter of a task that was given up. Removes its timer, which would fire again otherwise. */
  async #moveToDeadLetters(task: Task<A>, { error, streamId }: GivenUp): Promise<void> {
    const { incoming, failures } = task
    const { handler, store, owner, now, watch, onCommitted } = this.#options
    const { event, timer } = incoming
    const id = await addDeadLetter(store, toDeadLetter(incoming, { streamId, error, attempts: failures, now: now() }))
    if (timer !== undefined) {
      const commit = { appends: [], fired: [timer] }
      const [result] = await store.commit(owner, [commit])
      if (result?.ok) onCommitted(commit)
    }
    const message = `${handler.name} moved ${event.eventType} to the dead letters (id ${id}): ${error.message}`
    watch.movedToDeadLetters({ message, error, event })
    task.finish('dead letter')
  }
}

function toMessage<A extends Action>({ state, incoming, isRequest, trace }: RoutedTask<A>) {
  const { action, id } = state
  const traced = trace === undefined ? incoming.event.trace : trace.trace
  return { action, message: { ...incoming, id, isRequest, trace: traced } }
}
