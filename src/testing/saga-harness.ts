import { AssertionError } from 'node:assert/strict'
import { inspect } from 'node:util'
import type { EventMetadata, SerializedEvent } from '../bus/event.ts'
import type { EventBus } from '../bus/event-bus.ts'
import { decodeEnvelope } from '../codecs/envelope.ts'
import { messageId } from '../codecs/message-id.ts'
import { decodePayload } from '../codecs/payload.ts'
import { InMemoryEventBus } from '../drivers/memory/in-memory-event-bus.ts'
import type { Action } from '../saga/action.ts'
import { type Aggregate, aggregateHandler } from '../saga/aggregate.ts'
import type { EventCodec } from '../saga/codecs/codec.ts'
import { type Duration, toMilliseconds } from '../saga/duration.ts'
import { fold, type StreamHandler } from '../saga/engine/stream-handler.ts'
import type { Reducer } from '../saga/reducer.ts'
import type { Problem } from '../saga/reports/problem.ts'
import { scheduleMigrations } from '../saga/runtime/schedule-migrations.ts'
import type { Saga } from '../saga/saga.ts'
import { versionedHandler } from '../saga/saga-versions.ts'
import type { EventStore } from '../store/event-store.ts'
import { SqliteEventStore } from '../store/sqlite/sqlite-event-store.ts'
import { conversationLimit } from './conversation-limit.ts'
import { type Faults, seededRandom } from './faults.ts'
import { Participant, type World } from './participant.ts'

/** An aggregate of any state and actions. */
export interface AnyAggregate extends Omit<Aggregate<unknown, never, never>, 'reduce' | 'codec'> {
  /** The reducer of the aggregate. */
  readonly reduce: (state: never, action: never, env: never) => ReturnType<Reducer<unknown, never>>
  /** The codec of the aggregate. */
  readonly codec: EventCodec<Action>
}

/** An action and the topic that it is published to. */
export interface Said {
  readonly topic: string
  readonly action: Action
}

/** Options of {@link sagaHarness}. */
export interface SagaHarnessOptions<State, A extends Action, Env> {
  /** The saga to test. */
  readonly saga: Saga<State, A, Env>
  /** The aggregates that handle the saga's commands. Without them, the test publishes their answers itself. */
  readonly aggregates?: readonly AnyAggregate[] | undefined
  /**
   * Plays aggregates that are not in `aggregates`: returns their answer to a command. Called once for each message on a topic
   * that belongs neither to the saga nor to an aggregate. `undefined`: no answer.
   */
  readonly answer?: ((command: Action, topic: string) => Said | readonly Said[] | undefined) | undefined
  /** The environment of all reducers. */
  readonly env?: Env | undefined
  /** Decides the order of all steps and the faults. The same seed gives the same run. Default 1. */
  readonly seed?: number | undefined
  /** The faults to inject. Default: none. */
  readonly faults?: Faults | undefined
  /** The initial time. Default 2025-01-01T00:00:00Z. */
  readonly start?: Date | undefined
  /** Limits the steps of one `settle`, which rejects after more. Default 100,000. */
  readonly mostSteps?: number | undefined
  /**
   * Limits the messages, timers included, that one conversation handles in one call of `settle`, `advance`, `runOut` or
   * `expectEnded`. The call rejects when a conversation handles more, because such a conversation probably does not end.
   * Default 1,000, which a saga reaches within the five seconds that vitest gives a test.
   */
  readonly mostMessages?: number | undefined
}

/** A saga and its aggregates on a bus and a store in memory, with a clock that only the test moves. */
export interface SagaHarness<State> extends AsyncDisposable {
  /** The bus in memory, to read what was published. */
  readonly bus: EventBus
  /** The store in memory, to read what was stored. */
  readonly store: EventStore
  /**
   * Publishes an action, encoded by the codec of the aggregate that the topic belongs to, else by the codec of the saga. It is
   * handled by the next `settle` or `advance`.
   */
  publish<const T extends Action>(topic: string, action: T, metadata?: EventMetadata): Promise<void>
  /**
   * Runs the saga and its aggregates until no message waits. Rejects when a message became a dead letter, when a conversation
   * handles more than `mostMessages`, and after more than `mostSteps`.
   */
  settle(): Promise<void>
  /** Advances the clock, stops at every timer that is due on the way, and settles. Rejects as `settle` does. */
  advance(duration: Duration): Promise<void>
  /**
   * Advances the clock from timer to timer until no timer is set. Rejects as `settle` does, and when timers are still set after
   * the clock has advanced 10,000 times, or `mostSteps` times if that is less.
   */
  runOut(): Promise<void>
  /**
   * Checks that every conversation ends: calls `runOut`, then rejects with an `AssertionError` that names the conversations
   * for which `isOver` returns false. `isOver` gets the state of a conversation and all messages that the saga sent in it. So
   * it can require, for example, that a saga which gave up has published an event about that.
   */
  expectEnded(isOver: (state: State, said: readonly Said[]) => boolean): Promise<void>
  /**
   * Stops the saga and starts another version of it on the same store and bus, as a deployment does. Returns this harness.
   */
  redeploy<Next, B extends Action, Env>(saga: Saga<Next, B, Env>): Promise<SagaHarness<Next>>
  /** Returns the state of a conversation; the initial state when it does not exist. */
  stateOf(correlationId: string): Promise<State>
  /** Returns the actions on a topic in the order of their first publication, without the copies that the relay may make. */
  sent(topic: string): Promise<readonly Action[]>
}

/** Limit for the timers of one `runOut`, for a saga that sets timers without end. */
const MAX_TIMERS = 10_000
/**
 * Steps between two turns of the event loop, so that the time-out of a test can fire during a conversation without an
 * end.
 */
const STEPS_PER_TURN = 100

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Runs a saga in a test as the runtime does, step by step and without waiting, and injects faults: duplicates, reordering,
 * losses and crashes. The same seed gives the same run. A saga whose messages cause each other without end fails its test
 * instead of hanging it: see `mostMessages`.
 *
 * @example
 * ```ts
 * import { cborCodec, dispatch, type Saga } from 'crbus'
 * import { sagaHarness } from 'crbus/testing'
 *
 * type CheckoutAction = { type: 'OrderPlaced'; order_id: string }
 *
 * const checkout: Saga<'idle' | 'charging', CheckoutAction> = {
 *   name: 'checkout',
 *   topics: ['order-events'],
 *   initial: 'idle',
 *   reduce: (state, { order_id }) =>
 *     state === 'charging'
 *       ? { state, effects: [] }
 *       : { state: 'charging', effects: [dispatch('payment-commands', { type: 'ChargePayment', order_id })] },
 *   codec: cborCodec<CheckoutAction>({ OrderPlaced: 1 }),
 * }
 * await using shop = sagaHarness({ saga: checkout, seed: 7, faults: { duplicate: 0.5, crash: 0.1 } })
 * await shop.publish('order-events', { type: 'OrderPlaced', order_id: 'o-1' }, { correlationId: 'c-1' })
 * await shop.settle()
 * await shop.sent('payment-commands') // => [{ type: 'ChargePayment', order_id: 'o-1' }]
 * ```
 */
export function sagaHarness<State, A extends Action, Env = unknown>({
  saga: initialSaga,
  aggregates = [],
  answer,
  env,
  seed = 1,
  faults = {},
  start = new Date('2025-01-01T00:00:00.000Z'),
  mostSteps = 100_000,
  mostMessages = 1000,
}: SagaHarnessOptions<State, A, Env>): SagaHarness<State> {
  let now = start.getTime()
  // `createTopics` for the topics of services that are not part of the test.
  const bus = new InMemoryEventBus({ now: () => now, createTopics: true })
  const store = new SqliteEventStore({ path: ':memory:' })
  const problems: Problem[] = []
  const world: World = {
    bus,
    store,
    now: () => new Date(now),
    random: seededRandom(seed),
    faults,
    onError: (problem) => problems.push(problem),
  }
  let saga = initialSaga as unknown as Saga<unknown, Action, unknown>
  let sagas = versionedHandler(saga, env)
  const limit = conversationLimit(sagas.prefix, mostMessages)
  const roleOfSaga = () => ({
    handler: anyHandler(sagas),
    topics: saga.topics,
    owner: sagas.name,
    mayLose: true,
    onCommitted: limit.count,
  })
  const sagaParticipant = new Participant(roleOfSaga(), world)
  const participants = [
    sagaParticipant,
    ...aggregates.map((aggregate) => {
      const handler = aggregateHandler(aggregate as unknown as Aggregate<unknown, Action, unknown>, env)
      const owner = `${aggregate.name}-aggregate`
      return new Participant({ handler, topics: [aggregate.commands], owner, mayLose: false }, world)
    }),
  ]
  const codecs = () => [...aggregates.map(({ codec }) => codec), saga.codec]
  let published = 0
  const answered = new Set<string>()
  /** The first offset that `answer` was not called for, by topic and partition. */
  const nextToAnswer: Offsets = new Map()

  async function publish(topic: string, action: Action, metadata: EventMetadata = {}): Promise<void> {
    published += 1
    const own = aggregates.find(({ commands, events }) => commands === topic || events === topic)
    const codec = own?.codec ?? saga.codec
    // Equal actions are different messages, unless the test gives a causation id.
    const given = { causationId: `test-${published}`, timestamp: new Date(now).toISOString(), ...metadata }
    // Commands are keyed by the id they are for, as clients send them.
    const key = own?.commands === topic ? own.idOf(action as never) : undefined
    await bus.publish(topic, { ...codec.encode(action), metadata: given }, { key })
  }

  /** Publishes the answers of `answer` to new commands. Resolves with whether there were answers. */
  async function answerAll(): Promise<boolean> {
    if (answer === undefined) return false
    const played = new Set([...saga.topics, ...aggregates.flatMap(({ commands, events }) => [commands, events])])
    let answers = 0
    for (const { topic } of await bus.admin.listTopics()) {
      if (played.has(topic)) continue
      for (const event of await eventsOn(bus, topic, nextToAnswer)) {
        const id = `${topic} ${messageId(event)}`
        if (answered.has(id)) continue
        answered.add(id)
        const command = actionOf(event, codecs())
        for (const said of [answer(command, topic) ?? []].flat()) {
          answers += 1
          const { correlationId } = event.metadata ?? {}
          await publish(said.topic, said.action, { correlationId, causationId: id })
        }
      }
    }
    return answers > 0
  }

  async function settleAll(): Promise<void> {
    for (let taken = 0; taken < mostSteps; taken += 1) {
      if (taken % STEPS_PER_TURN === 0) await turn()
      const participant = participants[Math.floor(world.random() * participants.length)] as Participant
      const step = participant.steps[Math.floor(world.random() * participant.steps.length)]
      const wasBusy = await step?.()
      limit.check()
      if (wasBusy || !(await areQuiet(participants)) || (await answerAll())) continue
      return refuseDeadLetters(store, problems)
    }
    throw new Error(`messages still wait after ${mostSteps} steps: does a service answer each of its own answers?`)
  }

  async function runOut(): Promise<void> {
    const mostTimers = Math.min(mostSteps, MAX_TIMERS)
    limit.reset()
    await settleAll()
    for (let passed = 0; passed < mostTimers; passed += 1) {
      const due = await nextDue(participants)
      if (due === undefined) return
      now = Math.max(now, due)
      await settleAll()
    }
    throw new Error(`timers are still set after ${mostTimers} timers: does the saga set timers without end?`)
  }

  const harness: SagaHarness<State> = {
    bus,
    store,
    publish,
    runOut,

    async settle() {
      limit.reset()
      await settleAll()
    },

    async advance(duration) {
      const end = now + toMilliseconds(duration)
      limit.reset()
      await settleAll()
      for (let due = await nextDue(participants); due !== undefined && due <= end; due = await nextDue(participants)) {
        now = Math.max(now, due)
        await settleAll()
      }
      now = end
      await settleAll()
    },

    async expectEnded(isOver) {
      await runOut()
      const all = await saidBy(bus, codecs())
      const open: string[] = []
      for await (const batch of store.readAll({ streamPrefix: sagas.prefix })) {
        for (const { streamId } of batch.filter(({ version }) => version === 1)) {
          const { state: versioned, handled } = fold(sagas, streamId, await store.readStream(streamId))
          const { state } = versioned
          const said = [...handled].flatMap((id) => all.get(id) ?? [])
          if (!isOver(state as State, said))
            open.push(`${streamId} ${inspect(state, { depth: 4, breakLength: Infinity })}`)
        }
      }
      if (open.length === 0) return
      const message = `no timer is set, and these conversations have not ended:\n${open.join('\n')}`
      throw new AssertionError({ message, actual: open, expected: [] })
    },

    async redeploy(next) {
      saga = next as unknown as Saga<unknown, Action, unknown>
      sagas = versionedHandler(saga, env)
      sagaParticipant.restart(roleOfSaga())
      await scheduleMigrations(saga, { store, owner: sagas.name, now: world.now })
      return harness as unknown as SagaHarness<never>
    },

    async stateOf(correlationId) {
      const streamId = `${sagas.prefix}${correlationId}`
      return fold(sagas, streamId, await store.readStream(streamId)).state.state as State
    },

    sent: async (topic) => (await eventsOn(bus, topic)).map((event) => actionOf(event, codecs())),

    async [Symbol.asyncDispose]() {
      await bus.close()
      await store.close()
    },
  }
  return harness
}

const anyHandler = <State, A extends Action>(handler: StreamHandler<State, A>) =>
  handler as unknown as StreamHandler<unknown, Action>

async function areQuiet(participants: readonly Participant[]): Promise<boolean> {
  for (const participant of participants) if (!(await participant.isQuiet())) return false
  return true
}

async function nextDue(participants: readonly Participant[]): Promise<number | undefined> {
  const due = await Promise.all(participants.map((participant) => participant.nextTimer()))
  return due.flatMap((time) => time?.getTime() ?? []).sort((a, b) => a - b)[0]
}

/** Throws for a dead letter, since the test would otherwise fail later without a reason. */
async function refuseDeadLetters(store: EventStore, problems: readonly Problem[]): Promise<void> {
  const pending = await store.deadLetters.list({ status: 'pending', limit: Number.MAX_SAFE_INTEGER })
  // A rejected command is an outcome, not a failure.
  const first = pending.find(({ rejected }) => rejected === undefined)
  if (first === undefined) return
  const problem = problems.findLast(({ event }) => event !== undefined)
  throw new Error(`${first.event.eventType} became a dead letter: ${first.error}`, { cause: problem?.error })
}

type Offsets = Map<string, bigint>

/**
 * Reads the events of a topic without copies: all of them, or those from the offsets in `next` on, which are then
 * advanced.
 */
async function eventsOn(bus: EventBus, topic: string, next: Offsets = new Map()): Promise<readonly SerializedEvent[]> {
  const ranges = (await bus.log.rangesOf([topic])).get(topic) ?? []
  const slices = ranges.map(({ partition, start, end }) => {
    const key = `${topic} ${partition}`
    const from = next.get(key) ?? start
    next.set(key, end)
    return { topic, partition, from, to: end }
  })
  const events = new Map<string, SerializedEvent>()
  for await (const records of bus.log.read(slices)) {
    for (const { value } of records) {
      const decoded = value === null ? undefined : decodeEnvelope(value)
      if (!decoded?.ok) continue
      const id = messageId(decoded.event)
      if (!events.has(id)) events.set(id, decoded.event)
    }
  }
  return [...events.values()]
}

/** Returns all actions on the bus, by the id of the message that led to them. */
async function saidBy(bus: EventBus, codecs: readonly EventCodec<Action>[]): Promise<Map<string, Said[]>> {
  const said = new Map<string, Said[]>()
  for (const { topic } of await bus.admin.listTopics()) {
    for (const event of await eventsOn(bus, topic)) {
      // The runtime appends a number to the causation id of equal messages of one step.
      const cause = event.metadata?.causationId?.replace(/#\d+$/, '') ?? ''
      said.set(cause, [...(said.get(cause) ?? []), { topic, action: actionOf(event, codecs) }])
    }
  }
  return said
}

function actionOf(event: SerializedEvent, codecs: readonly EventCodec<Action>[]): Action {
  for (const codec of codecs) {
    const action = codec.decode(event)
    if (action !== undefined) return action
  }
  return decodeUnknown(event)
}

/**
 * Decodes a command of an aggregate that is not in the harness: CBOR and JSON to fields, other payloads to the field `data`.
 */
function decodeUnknown({ eventType, data }: SerializedEvent): Action {
  const type = eventType.replace(/\.v\d+$/, '')
  const payload = decodePayload(data)
  const isMap = payload.ok && (payload.codec === 'cbor' || payload.codec === 'json') && !Array.isArray(payload.value)
  return (isMap ? { ...(payload.value as object), type } : { type, data }) as Action
}
