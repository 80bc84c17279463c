import { messageId } from '../codecs/message-id.ts'
import type { EventStoreError } from '../store/errors.ts'
import type { Commit, Committed, EventStore } from '../store/event-store.ts'
import { addDeadLetter, toDeadLetter } from './dead-letter.ts'
import { Instances } from './instances.ts'
import { fold, type Instance, type Machine } from './machine.ts'
import { Alarm, type Pace, pauseAfter } from './pace.ts'
import { asError, isStoreAway, type OnError, type OnRejected } from './problem.ts'
import type { Incoming } from './reaction.ts'
import type { Action } from './reducer.ts'
import { planSteps, type StepPlan } from './step-plan.ts'

/** What a command led to. */
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
  readonly onError: OnError
  readonly onRejected?: OnRejected | undefined
  /** Called after each commit that went through. */
  readonly onCommitted: (commit: Commit) => void
}

/** One message on its way. */
interface Task<A extends Action> {
  readonly incoming: Incoming
  readonly settle: Settle<A>
  isOpen: boolean
  /** Known once it is routed. */
  routed: Routed<A> | undefined
  failures: number
  /** Of the last failure. */
  error: Error | undefined
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
   */
  submit(messages: readonly Incoming[]): Promise<void> {
    if (messages.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      let left = messages.length
      const done = () => {
        left -= 1
        if (left === 0) resolve()
      }
      this.#enqueue(messages, { done, failed: reject, isImpatient: false })
    })
  }

  /** Takes one message of which somebody waits for the outcome. Rejects with what reducer, codec or store threw. */
  send(message: Incoming): Promise<Handled<A> | undefined> {
    return new Promise((resolve, reject) => {
      this.#enqueue([message], { done: resolve, failed: reject, isImpatient: true })
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
    for (const { settle } of open) settle.failed(this.#ended)
    this.#alarm.ring()
  }

  #enqueue(messages: readonly Incoming[], settle: Settle<A>): void {
    if (this.#ended !== undefined) {
      settle.failed(this.#ended)
      return
    }
    for (const incoming of messages) this.#queue.push(newTask(incoming, settle))
    this.#alarm.ring()
    this.#running ??= this.#run()
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
    const held = new Set<string>()
    for (const task of this.#queue) {
      const isDue = () => ready.length < ROUND && task.notBefore <= now
      if (isDue()) this.#route(task)
      if (!task.isOpen) continue
      const streamId = task.routed?.streamId
      const isHeld = streamId !== undefined && held.has(streamId)
      if (isDue() && !isHeld) ready.push(task)
      else {
        waiting.push(task)
        if (streamId !== undefined) held.add(streamId)
      }
    }
    this.#queue = waiting
    return ready
  }

  /** The others wait behind one of these. */
  #untilNext(now: number): number {
    const times = this.#queue.map(({ notBefore }) => notBefore).filter((time) => time > now)
    return Math.min(...times) - now
  }

  /** What is not settled afterwards is at the head of the queue again. */
  async #round(tasks: readonly Task<A>[]): Promise<void> {
    let failure: unknown
    try {
      await this.#process(tasks)
      this.#storeFailures = 0
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
    const { machine, onError, pace } = this.#options
    this.#storeFailures += 1
    onError({ message: `${machine.name} waits for its store: ${error.message}`, error })
    const until = pace.now() + pauseAfter(this.#storeFailures)
    while (this.#ended === undefined && pace.now() < until) await this.#alarm.wait(until - pace.now())
  }

  async #process(tasks: readonly Task<A>[]): Promise<void> {
    const planned = await this.#plan(tasks)
    await this.#commit(planned)
    for (const task of tasks) if (task.isOpen && task.failures >= MOST_FAILURES) await this.#bury(task)
  }

  async #plan(tasks: readonly Task<A>[]): Promise<readonly Planned<State, A>[]> {
    const streams = Map.groupBy(
      tasks.filter(({ failures }) => failures < MOST_FAILURES),
      ({ routed }) => (routed as Routed<A>).streamId,
    )
    const loaded = await this.#load([...streams.keys()])
    return [...streams].flatMap(([streamId, all]): Planned<State, A>[] => {
      const own = all[0]?.isAlone ? all.slice(0, 1) : all
      const found = loaded.get(streamId) as Loaded<State>
      if (!found.ok) {
        for (const task of own) this.#fail(task, found.error)
        return []
      }
      const plan = planSteps(this.#options.machine, found.instance, own.map(toMessage), this.#options.now)
      const isNothing = plan.outcomes.some(({ kind }) => kind === 'nothing' || kind === 'rejected')
      // Decided on what was in memory, and nothing checks it: to be decided again on what is stored.
      if (isNothing && !plan.isChecked && !found.isFresh) {
        this.#instances.drop(streamId)
        return []
      }
      return [{ streamId, tasks: own, plan }]
    })
  }

  /** Finds out whom it is for. What is for nobody here is done with; where nobody can tell, that is a failure of its. */
  #route(task: Task<A>): void {
    if (task.routed !== undefined || task.failures >= MOST_FAILURES) return
    try {
      task.routed = route(this.#options.machine, task.incoming)
      if (task.routed === undefined) this.#finish(task)
    } catch (error) {
      this.#fail(task, error)
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
    const { store, owner, onCommitted, onRejected } = this.#options
    const commits = planned.flatMap(({ plan }) => plan.commit ?? [])
    const results = commits.length === 0 ? [] : await store.commit(owner, commits)
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
        if (outcome.kind === 'failed') this.#fail(task, outcome.error)
        else {
          const { version, events, rejected } = outcome
          if (rejected === undefined) this.#finish(task, { streamId, version, events })
          else {
            onRejected?.({ reason: rejected, streamId, event: task.incoming.event })
            this.#finish(task, { streamId, version, events, rejected })
          }
        }
      }
    }
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
    else if (first !== undefined && error.code === 'TIMER_GONE') this.#finish(first)
    else if (first !== undefined) this.#fail(first, error)
  }

  #finish(task: Task<A>, handled?: Handled<A>): void {
    task.isOpen = false
    task.settle.done(handled)
  }

  #fail(task: Task<A>, thrown: unknown): void {
    const { machine, onError, pace } = this.#options
    const error = asError(thrown)
    if (task.settle.isImpatient) {
      task.isOpen = false
      task.settle.failed(error)
      return
    }
    const { event, unreadable } = task.incoming
    task.error = error
    task.failures = unreadable === undefined ? task.failures + 1 : MOST_FAILURES
    // Bytes that are none stay so.
    if (unreadable === undefined) task.notBefore = pace.now() + pauseAfter(task.failures)
    if (task.failures > 1) return
    onError({ message: `${machine.name} tries ${event.eventType} again: ${error.message}`, error, event })
  }

  /** With the dead letters it is out of the way; a timer would fire for ever. */
  async #bury(task: Task<A>): Promise<void> {
    const { machine, store, owner, now, onError } = this.#options
    const { incoming, routed, failures } = task
    const { event, timer, unreadable } = incoming
    const error = task.error as Error
    const attempts = unreadable === undefined ? failures : 0
    const entry = toDeadLetter(incoming, { streamId: routed?.streamId, error, attempts, now: now() })
    const id = await addDeadLetter(store, entry)
    if (timer !== undefined) await store.commit(owner, [{ appends: [], fired: [timer] }])
    onError({
      message: `${machine.name} gives ${event.eventType} up, dead letter ${id}: ${error.message}`,
      error,
      event,
    })
    this.#finish(task)
  }
}

const newTask = <A extends Action>(incoming: Incoming, settle: Settle<A>): Task<A> => ({
  incoming,
  settle,
  isOpen: true,
  routed: undefined,
  failures: 0,
  error: undefined,
  conflicts: 0,
  notBefore: 0,
  isAlone: false,
})

function toMessage<A extends Action>({ incoming, routed, settle }: Task<A>) {
  const { action, id } = routed as Routed<A>
  return { action, message: { ...incoming, id, isAnswered: settle.isImpatient } }
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
