import { messageId } from '../../codecs/message-id.ts'
import type { EventStoreError } from '../../store/errors.ts'
import type { Commit, Committed, EventStore } from '../../store/event-store.ts'
import { outside } from '../outside.ts'
import { Alarm, type Pace, pauseAfter } from '../pace.ts'
import type { Action } from '../reducer.ts'
import { type HandleMessage, runtimeDiagnostics } from '../reports/diagnostics.ts'
import { asError, isStoreAway } from '../reports/problem.ts'
import type { Watch } from '../reports/watch.ts'
import { addDeadLetter, toDeadLetter } from './dead-letter.ts'
import { Instances } from './instances.ts'
import type { Incoming } from './reaction.ts'
import { planSteps, type StepPlan } from './step-plan.ts'
import { fold, type Instance, type Machine } from './stream-handler.ts'

/** The outcome of a command that was handled. */
export interface Handled<A extends Action> {
  readonly streamId: string
  /** Of the stream afterwards. */
  readonly version: number
  /** What was appended; empty when the command was a repeat, or changed nothing. */
  readonly events: readonly A[]
  /** Why the aggregate rejected the command, when it did. */
  readonly rejected?: string | undefined
}

export interface EngineOptions<State, A extends Action> {
  readonly machine: Machine<State, A>
  readonly store: EventStore
  /** Whose outbox and timers these are. */
  readonly owner: string
  /** How many instances are kept in memory. */
  readonly cacheSize: number
  readonly now: () => Date
  readonly pace: Pace
  readonly watch: Watch
  /** Called after each commit that went through. */
  readonly onCommitted: (commit: Commit) => void
}

/** One message on its way. */
interface Task<A extends Action> {
  readonly incoming: Incoming
  /** What diagnostics are told; `undefined` while nothing subscribes to them. */
  readonly trace: HandleMessage | undefined
  readonly settle: Settle<A>
  isOpen: boolean
  /** Known once it is routed. */
  routed: Routed<A> | undefined
  failures: number
  /** Another attempt would end the same, so there is none. */
  isHopeless: boolean
  /** Of the last failure. */
  error: Error | undefined
  /** Settled, or in a stream that waits for another attempt: it does not hold up other batches any more. */
  isPassed: boolean
  conflicts: number
  /** On the pace's clock. */
  notBefore: number
  /** Stored by itself, since together with others it failed and it is open whose fault that was. */
  isAlone: boolean
}

interface Routed<A extends Action> {
  readonly streamId: string
  readonly action: A
  readonly id: string
}

interface Settle<A extends Action> {
  readonly passed: () => void
  readonly done: (handled: Handled<A> | undefined) => void
  readonly failed: (error: unknown) => void
  /** Told at once that it failed, instead of trying again and then putting it with the dead letters. */
  readonly isImpatient: boolean
}

/** An instance as it is in memory or was just read; or why it cannot be read. */
type Loaded<State> =
  | { readonly ok: true; readonly instance: Instance<State>; readonly isFresh: boolean }
  | { readonly ok: false; readonly error: unknown }

/** What the messages of one stream come to, and the tasks they are of. */
interface Planned<State, A extends Action> {
  readonly streamId: string
  readonly tasks: readonly Task<A>[]
  readonly plan: StepPlan<State, A>
}

/** What the engine waits for, in {@link Watch}'s words. */
const STORE = 'store'
/** A message that fails this often is a dead letter. */
const MOST_FAILURES = 5
/** Others may be faster a few times; then it is worth waiting a moment. */
const CONFLICTS_AT_ONCE = 3
/** The most messages that are looked at together. */
const ROUND = 2000

/**
 * Takes messages through a machine, exactly once each: many instances together, of each the messages in order. What
 * follows from them is stored before they count as handled.
 *
 * Others may write the same streams: two processes of a group, a process that was thought dead. Every step is checked by
 * the version its stream was read at, and done again when somebody was faster. Deciding that nothing follows cannot be
 * checked that way, so it is only done on a stream that was read for it.
 */
export class Engine<State, A extends Action> {
  readonly #options: EngineOptions<State, A>
  readonly #instances: Instances<State>
  readonly #alarm: Alarm
  #queue: Task<A>[] = []
  #running: Promise<void> | undefined
  #storeFailures = 0
  /** Why nothing is taken any more. */
  #ended: Error | undefined

  constructor(options: EngineOptions<State, A>) {
    this.#options = options
    this.#instances = new Instances(options.cacheSize)
    this.#alarm = new Alarm(options.pace)
  }

  /**
   * Resolves when all of them are dealt with: stored, known already, of no concern, or with the dead letters. Rejects
   * when the engine was stopped, or the store has no place for them.
   *
   * Calls `onPassed` once, as soon as those that are not dealt with all belong to streams that wait for another attempt:
   * the caller can go on with messages of other streams.
   */
  submit(messages: readonly Incoming[], onPassed: () => void = () => undefined): Promise<void> {
    if (messages.length === 0) {
      onPassed()
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      let open = messages.length
      let underWay = messages.length
      const done = () => {
        open -= 1
        if (open === 0) resolve()
      }
      const passed = () => {
        underWay -= 1
        if (underWay === 0) onPassed()
      }
      this.#enqueue(messages, { passed, done, failed: reject, isImpatient: false })
    })
  }

  /** Takes one message of which somebody waits for the outcome. Rejects with what reducer, codec or store threw. */
  send(message: Incoming): Promise<Handled<A> | undefined> {
    return new Promise((resolve, reject) => {
      this.#enqueue([message], { passed: () => undefined, done: resolve, failed: reject, isImpatient: true })
    })
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Gives up what is in hand: it was not acknowledged and comes again. */
  stop(error: Error): void {
    this.#ended ??= error
    const open = this.#queue
    this.#queue = []
    for (const { settle, trace } of open) {
      // A message of the bus was not acknowledged and comes again, which is no failure.
      if (settle.isImpatient) failTrace(trace, this.#ended)
      else if (trace !== undefined) trace.error = undefined
      endTrace(trace, 'abandoned')
      settle.failed(this.#ended)
    }
    this.#alarm.ring()
  }

  #enqueue(messages: readonly Incoming[], settle: Settle<A>): void {
    if (this.#ended !== undefined) {
      settle.failed(this.#ended)
      return
    }
    const { machine, owner } = this.#options
    const isTraced = runtimeDiagnostics.handle.hasSubscribers
    for (const incoming of messages) {
      const trace = isTraced ? beginTrace({ name: machine.name, group: owner }, incoming) : undefined
      this.#queue.push(newTask(incoming, settle, trace))
    }
    this.#alarm.ring()
    this.#running ??= outside(() => this.#run())
  }

  async #run(): Promise<void> {
    // What is submitted in this turn goes together.
    await undefined
    try {
      while (this.#queue.length > 0) {
        const now = this.#options.pace.now()
        const ready = this.#takeReady(now)
        if (ready.length > 0) await this.#round(ready)
        else if (this.#queue.length > 0) await this.#alarm.wait(this.#untilNext(now))
      }
    } catch (error) {
      // Whoever is told of problems threw.
      this.stop(asError(error))
    }
    this.#running = undefined
  }

  /** What may be looked at now. A message waits for those before it of the same stream. */
  #takeReady(now: number): Task<A>[] {
    const ready: Task<A>[] = []
    const waiting: Task<A>[] = []
    /** Streams with a message that waits: for another attempt, or only for the next round. */
    const held = new Map<string, 'retry' | 'round'>()
    for (const task of this.#queue) {
      const isDue = () => ready.length < ROUND && task.notBefore <= now
      if (isDue()) this.#route(task)
      if (!task.isOpen) continue
      const streamId = task.routed?.streamId
      const isHeld = streamId !== undefined && held.has(streamId)
      if (isDue() && !isHeld) ready.push(task)
      else {
        waiting.push(task)
        const reason =
          (streamId === undefined ? undefined : held.get(streamId)) ?? (task.notBefore > now ? 'retry' : 'round')
        if (reason === 'retry') this.#pass(task)
        if (streamId !== undefined) held.set(streamId, reason)
      }
    }
    this.#queue = waiting
    return ready
  }

  /** The others wait behind one of these. */
  #untilNext(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const { notBefore } of this.#queue) if (notBefore > now && notBefore < next) next = notBefore
    return next - now
  }

  /** What is not settled afterwards is at the head of the queue again. */
  async #round(tasks: readonly Task<A>[]): Promise<void> {
    let failure: unknown
    try {
      await this.#process(tasks)
      this.#storeFailures = 0
      this.#options.watch.restored(STORE)
    } catch (error) {
      failure = error
      // What the store made of it is not known: the streams will tell.
      for (const { routed } of tasks) if (routed !== undefined) this.#instances.drop(routed.streamId)
    }
    this.#queue = [...tasks.filter(({ isOpen }) => isOpen), ...this.#queue]
    if (failure !== undefined && isStoreAway(failure)) await this.#waitForStore(asError(failure))
    else if (failure !== undefined) this.stop(asError(failure))
    // Stopped meanwhile.
    if (this.#ended !== undefined) this.stop(this.#ended)
  }

  async #waitForStore(error: Error): Promise<void> {
    const { machine, watch, pace } = this.#options
    this.#storeFailures += 1
    watch.lost(STORE, { message: `${machine.name} waits for its store: ${error.message}`, error })
    const until = pace.now() + pauseAfter(this.#storeFailures)
    while (this.#ended === undefined && pace.now() < until) await this.#alarm.wait(until - pace.now())
  }

  async #process(tasks: readonly Task<A>[]): Promise<void> {
    const planned = await this.#plan(tasks)
    await this.#commit(planned)
    for (const task of tasks) if (task.isOpen && isGivenUp(task)) await this.#bury(task)
  }

  async #plan(tasks: readonly Task<A>[]): Promise<readonly Planned<State, A>[]> {
    const streams = Map.groupBy(
      tasks.filter((task) => !isGivenUp(task)),
      ({ routed }) => (routed as Routed<A>).streamId,
    )
    const loaded = await this.#load([...streams.keys()])
    return [...streams].flatMap(([streamId, all]): Planned<State, A>[] => {
      const own = all[0]?.isAlone ? all.slice(0, 1) : all
      const found = loaded.get(streamId) as Loaded<State>
      if (!found.ok) {
        // What is stored stays as it is: nothing can be decided for this stream until the code can read it.
        for (const task of own) this.#failForGood(task, found.error)
        return []
      }
      const plan = planSteps(this.#options.machine, found.instance, own.map(toMessage), this.#options.now)
      const isUnsure = plan.outcomes.some(({ kind }) => kind === 'nothing' || kind === 'rejected' || kind === 'failed')
      // Decided on what was in memory, and nothing checks it: to be decided again on what is stored.
      if (isUnsure && !plan.isChecked && !found.isFresh) {
        this.#instances.drop(streamId)
        return []
      }
      return [{ streamId, tasks: own, plan }]
    })
  }

  /**
   * Routes the message to a stream. A message for another service counts as handled. Decoding and routing depend on
   * nothing but the message, so one that fails here fails every time.
   */
  #route(task: Task<A>): void {
    if (task.routed !== undefined || isGivenUp(task)) return
    try {
      task.routed = route(this.#options.machine, task.incoming)
      if (task.routed === undefined) this.#finish(task, 'skipped')
      else if (task.trace !== undefined) task.trace.streamId = task.routed.streamId
    } catch (error) {
      this.#failForGood(task, error)
    }
  }

  async #load(streamIds: readonly string[]): Promise<ReadonlyMap<string, Loaded<State>>> {
    const { machine, store } = this.#options
    const kept = new Map(streamIds.map((streamId) => [streamId, this.#instances.get(streamId)]))
    const absent = streamIds.filter((streamId) => kept.get(streamId) === undefined)
    const streams = absent.length === 0 ? new Map<string, never>() : await store.readStreams(absent)
    return new Map(
      streamIds.map((streamId): [string, Loaded<State>] => {
        const instance = kept.get(streamId)
        if (instance !== undefined) return [streamId, { ok: true, instance, isFresh: false }]
        try {
          const read = fold(machine, streamId, streams.get(streamId) ?? [])
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
          // The next attempt decides by what is stored then.
          this.#instances.drop(streamId)
          continue
        }
        const { kind, version, events, rejected } = outcome
        watch.handled(rejected === undefined ? kind : 'rejected')
        if (rejected === undefined) this.#finish(task, kind, { streamId, version, events })
        else {
          if (task.trace !== undefined) task.trace.rejected = rejected
          watch.rejected({ reason: rejected, streamId, event: task.incoming.event })
          this.#finish(task, 'rejected', { streamId, version, events, rejected })
        }
      }
    }
  }

  /** Stores the commits of these plans, in their order. */
  #store(planned: readonly Planned<State, A>[]): Promise<readonly Committed[]> {
    const { machine, store, owner } = this.#options
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
    return commit.tracePromise(write, { name: machine.name, group: owner, commits })
  }

  #refused(tasks: readonly Task<A>[], streamId: string, error: EventStoreError): void {
    const [first, ...others] = tasks
    if (error.code === 'VERSION_CONFLICT' && error.streamId === streamId) {
      for (const task of tasks) {
        task.conflicts += 1
        const slow = task.conflicts - CONFLICTS_AT_ONCE
        if (slow > 0) task.notBefore = this.#options.pace.now() + pauseAfter(slow)
      }
    } else if (others.length > 0) for (const task of tasks) task.isAlone = true
    else if (first !== undefined && error.code === 'TIMER_GONE') this.#finish(first, 'nothing')
    else if (first !== undefined) this.#fail(first, error)
  }

  #finish(task: Task<A>, outcome: NonNullable<HandleMessage['outcome']>, handled?: Handled<A>): void {
    task.isOpen = false
    endTrace(task.trace, outcome)
    this.#pass(task)
    task.settle.done(handled)
  }

  #pass(task: Task<A>): void {
    if (task.isPassed) return
    task.isPassed = true
    task.settle.passed()
  }

  /** A failure that another attempt may mend: the reducer decides by a state that other processes change too. */
  #fail(task: Task<A>, thrown: unknown): void {
    const { machine, watch, pace } = this.#options
    const error = asError(thrown)
    failTrace(task.trace, error)
    if (this.#isRejected(task, error)) return
    task.error = error
    task.failures += 1
    task.notBefore = pace.now() + pauseAfter(task.failures)
    const { event } = task.incoming
    if (isGivenUp(task)) return
    watch.retrying(task.failures, {
      message: `${machine.name} tries ${event.eventType} again: ${error.message}`,
      error,
      event,
    })
  }

  /** A failure that another attempt would repeat: the message becomes a dead letter at once. */
  #failForGood(task: Task<A>, thrown: unknown): void {
    const error = asError(thrown)
    failTrace(task.trace, error)
    if (this.#isRejected(task, error)) return
    task.error = error
    task.isHopeless = true
  }

  /** Tells a caller that waits for the outcome. */
  #isRejected(task: Task<A>, error: Error): boolean {
    if (!task.settle.isImpatient) return false
    task.isOpen = false
    endTrace(task.trace, 'abandoned')
    task.settle.failed(error)
    return true
  }

  /** With the dead letters it is out of the way; a timer would fire for ever. */
  async #bury(task: Task<A>): Promise<void> {
    const { machine, store, owner, now, watch } = this.#options
    const { incoming, routed, failures } = task
    const { event, timer } = incoming
    const error = task.error as Error
    const entry = toDeadLetter(incoming, { streamId: routed?.streamId, error, attempts: failures, now: now() })
    const id = await addDeadLetter(store, entry)
    if (timer !== undefined) {
      const commit = { appends: [], fired: [timer] }
      const [result] = await store.commit(owner, [commit])
      if (result?.ok) this.#options.onCommitted(commit)
    }
    watch.buried({
      message: `${machine.name} gives ${event.eventType} up, dead letter ${id}: ${error.message}`,
      error,
      event,
    })
    this.#finish(task, 'dead letter')
  }
}

const newTask = <A extends Action>(
  incoming: Incoming,
  settle: Settle<A>,
  trace: HandleMessage | undefined,
): Task<A> => ({
  incoming,
  trace,
  settle,
  isOpen: true,
  routed: undefined,
  failures: 0,
  isHopeless: false,
  error: undefined,
  isPassed: false,
  conflicts: 0,
  notBefore: 0,
  isAlone: false,
})

function beginTrace(owner: Pick<HandleMessage, 'name' | 'group'>, { event, place, timer }: Incoming): HandleMessage {
  const position = place && { topic: place.topic, partition: place.partition, offset: place.offset }
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

const isGivenUp = ({ isHopeless, failures }: Pick<Task<Action>, 'isHopeless' | 'failures'>): boolean =>
  isHopeless || failures >= MOST_FAILURES

function toMessage<A extends Action>({ incoming, routed, settle, trace }: Task<A>) {
  const { action, id } = routed as Routed<A>
  const traced = trace === undefined ? incoming.event.trace : trace.trace
  return { action, message: { ...incoming, id, isAnswered: settle.isImpatient, trace: traced } }
}

/** `undefined` when the message is for nobody here. */
function route<A extends Action>(
  machine: Pick<Machine<unknown, A>, 'name' | 'prefix' | 'codec' | 'route'>,
  incoming: Incoming,
): Routed<A> | undefined {
  const { event, timer, unreadable } = incoming
  if (unreadable !== undefined) throw unreadable
  if (timer !== undefined) {
    const action = machine.codec.decode(event)
    if (action === undefined) throw new TypeError(`${machine.name} does not know its timer ${event.eventType} any more`)
    return { streamId: timer.streamId, action, id: messageId(event) }
  }
  const found = machine.route(event)
  if (found === undefined) return undefined
  const streamId = `${machine.prefix}${checkedId(machine.name, found.id)}`
  return { streamId, action: found.action, id: messageId(event) }
}

/** The store's limit is 1000 bytes for a stream's whole id; ids are not nearly as long. */
const LONGEST_ID = 800

function checkedId(name: string, id: unknown): string {
  const isText = typeof id === 'string' && id !== '' && id.isWellFormed() && !id.includes('\0')
  if (isText && Buffer.byteLength(id) <= LONGEST_ID) return id
  throw new TypeError(`${name} was given an id that cannot be part of a stream's name`)
}
