import { AssertionError } from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { Action } from '../saga/action.ts'
import { type Aggregate, aggregateHandler } from '../saga/aggregate.ts'
import { type Effect, leavesOf } from '../saga/effects.ts'
import type { StreamHandler } from '../saga/engine/stream-handler.ts'
import type { Step } from '../saga/reducer.ts'
import { asError } from '../saga/reports/problem.ts'
import type { Saga } from '../saga/saga.ts'
import { beganWith, canMigrate, type Versioned, versionedHandler } from '../saga/saga-versions.ts'
import type { EventStore, StoredEvent } from '../store/event-store.ts'

/** Recorded streams: a list of their events, or a store with the ids of the streams or a prefix of the ids. */
export type RecordedStreams =
  | readonly StoredEvent[]
  | { readonly store: EventStore; readonly streamIds: readonly string[] }
  | { readonly store: EventStore; readonly streamPrefix: string }

/** A saga or an aggregate of any state and actions, as {@link replay} takes it. */
export type Replayable =
  | (Omit<Saga<unknown, never, never>, 'reduce' | 'codec' | 'correlate' | 'resume'> & ReplayableReducer)
  | (Omit<Aggregate<unknown, never, never>, 'reduce' | 'codec' | 'idOf'> & ReplayableReducer)

/** The reducer and the codec of a {@link Replayable}. */
export interface ReplayableReducer {
  /** The reducer of the saga or the aggregate. */
  readonly reduce: (state: never, action: never, env: never) => Step<unknown>
  /** The codec of the saga or the aggregate. */
  readonly codec: { readonly types: ReadonlySet<string> }
}

/** Options of {@link replay}. */
export interface ReplayOptions {
  /** The code before the change. Absent: the replay is compared only with what the streams record. */
  readonly before?: Replayable | undefined
  /** The environment of the reducers. */
  readonly env?: unknown
}

/** The result of replaying one stream. */
export interface ReplayedStream {
  readonly streamId: string
  /** The version of the last event in the stream. */
  readonly version: number
  /** `undefined` after an error. */
  readonly state: unknown
  /** The effects of a saga's migration to its current version, if there is one. */
  readonly resumed: readonly Effect[]
}

/** A difference that a replay found. `version` and `eventType` are those of the stored event. */
export type ReplayDifference =
  /** The code cannot reduce the stream: it threw for this event, or the saga's version is unknown (`version` 1). */
  | {
      readonly kind: 'error'
      readonly streamId: string
      readonly version: number
      readonly eventType: string
      readonly error: Error
    }
  /** The event had an effect when it was stored, and changes nothing now. */
  | { readonly kind: 'ignored'; readonly streamId: string; readonly version: number; readonly eventType: string }
  /** The code returns other effects than the code before: other commands, events or time-outs. */
  | {
      readonly kind: 'effects'
      readonly streamId: string
      readonly version: number
      readonly eventType: string
      readonly before: readonly Effect[]
      readonly after: readonly Effect[]
    }
  /** The code ends in another state than the code before. */
  | {
      readonly kind: 'state'
      readonly streamId: string
      readonly version: number
      readonly eventType: string
      readonly before: unknown
      readonly after: unknown
    }

/** The result of {@link replay}: the replayed streams and all differences. */
export interface Replay {
  /** The result of each stream. */
  readonly streams: readonly ReplayedStream[]
  /** The differences of all streams, empty when the code behaves as before. */
  readonly differences: readonly ReplayDifference[]
  /** Throws an `AssertionError` that lists the differences. Returns this object when there are none. */
  expectSame(): Replay
}

/**
 * Replays recorded streams with the current code and reports the differences: from what was recorded (errors, and events that
 * a saga reacted to and now ignores), and from what the code `before` makes of the same streams (states and effects). Nothing
 * is stored or sent. Streams are reduced as in a service: a conversation by the version of the saga that it began with.
 *
 * @example
 * ```ts
 * import { cborCodec, openEventStore, type Saga } from 'crbus'
 * import { replay } from 'crbus/testing'
 *
 * type CheckoutAction = { type: 'OrderPlaced'; total: number }
 *
 * const codec = cborCodec<CheckoutAction>({ OrderPlaced: 1 })
 * const checkout: Saga<number, CheckoutAction> = {
 *   name: 'checkout',
 *   topics: ['order-events'],
 *   initial: 0,
 *   reduce: (sum, { total }) => ({ state: sum + total, effects: [] }),
 *   codec,
 * }
 * const placed = { ...codec.encode({ type: 'OrderPlaced', total: 100 }), metadata: null }
 * await using store = await openEventStore('store.db')
 * await store.append('checkout-saga-c-1', 0, [placed])
 * const replayed = await replay({ store, streamPrefix: 'checkout-saga-' }, checkout)
 * replayed.expectSame().streams.map(({ state }) => state) // => [100]
 * ```
 */
export async function replay(
  recorded: RecordedStreams,
  subject: Replayable,
  { before, env }: ReplayOptions = {},
): Promise<Replay> {
  const after = playerOf(subject, env)
  const compared = before && playerOf(before, env)
  const streams: ReplayedStream[] = []
  const differences: ReplayDifference[] = []
  for await (const stream of streamsOf(recorded)) {
    const now = after(stream)
    streams.push(now.stream)
    for (const list of [now.problems, differencesBetween(compared?.(stream), now)]) {
      for (const difference of list) differences.push(difference)
    }
  }
  const result: Replay = {
    streams,
    differences,
    expectSame() {
      if (differences.length === 0) return result
      const message = `the replay found ${differences.length} differences:\n${differences.map(lineOf).join('\n')}`
      throw new AssertionError({ message, actual: differences, expected: [] })
    },
  }
  return result
}

interface Played {
  readonly stream: ReplayedStream
  readonly problems: readonly ReplayDifference[]
  readonly steps: readonly { readonly stored: StoredEvent; readonly effects: readonly Effect[] }[]
}

type Player = (stream: readonly StoredEvent[]) => Played

function playerOf(subject: Replayable, env: unknown): Player {
  if ('commands' in subject) {
    const handler = aggregateHandler(subject as unknown as Aggregate<unknown, Action>, env)
    return (stream) => play(handler, stream, (state) => ({ state, resumed: [] }))
  }
  const saga = subject as unknown as Saga<unknown, Action>
  const handler = versionedHandler(saga, env) as StreamHandler<Versioned<unknown>, Action>
  const { version = 1 } = saga
  return (stream) =>
    play(handler, stream, (state) => {
      const first = stream[0]
      if (first === undefined || state.version === version || !canMigrate(saga, beganWith(first.event))) {
        return { state: state.state, resumed: [] }
      }
      const step = handler.reduce(state, { type: 'crbus.SagaMigrated', to: version } as Action, new Date(0))
      return { state: step.state.state, resumed: leavesOf(step.effects) }
    })
}

function play<State>(
  handler: StreamHandler<State, Action>,
  stream: readonly StoredEvent[],
  finish: (state: State) => Pick<ReplayedStream, 'state' | 'resumed'>,
): Played {
  const problems: ReplayDifference[] = []
  const steps: Played['steps'][number][] = []
  const last = stream.at(-1) as StoredEvent
  const base = { streamId: last.streamId, version: last.version }
  let at = stream[0] as StoredEvent
  try {
    let state = handler.begin?.(at.streamId, at.event) ?? handler.initial
    for (const stored of stream) {
      at = stored
      const { event, createdAt } = stored
      const action = handler.codec.decode(event)
      const time = event.metadata?.timestamp
      const step = action && handler.reduce(state, action, time === undefined ? createdAt : new Date(time))
      const effects = leavesOf(step?.effects ?? [])
      // An aggregate's event may change nothing. A saga stores only actions that changed its state or had effects.
      const isIgnored = step === undefined || (handler.storesActions && step.state === state && effects.length === 0)
      if (isIgnored) problems.push({ kind: 'ignored', ...eventOf(stored) })
      steps.push({ stored, effects })
      state = step?.state ?? state
    }
    return { stream: { ...base, ...finish(state) }, problems, steps }
  } catch (thrown) {
    const error = asError(thrown)
    return {
      stream: { ...base, state: undefined, resumed: [] },
      problems: [...problems, { kind: 'error', ...eventOf(at), error }],
      steps,
    }
  }
}

/** Compares two versions of the code on one stream. Empty when one of them cannot reduce the stream. */
function differencesBetween(before: Played | undefined, after: Played): readonly ReplayDifference[] {
  if (before === undefined || hasFailed(before) || hasFailed(after)) return []
  const effects = after.steps.flatMap(({ stored, effects }, index): ReplayDifference[] => {
    const earlier = before.steps[index]?.effects ?? []
    if (isDeepStrictEqual(withoutCodecs(earlier), withoutCodecs(effects))) return []
    return [{ kind: 'effects', ...eventOf(stored), before: earlier, after: effects }]
  })
  const [was, is] = [before.stream.state, after.stream.state]
  const last = after.steps.at(-1)
  if (last === undefined || isDeepStrictEqual(was, is)) return effects
  return [...effects, { kind: 'state', ...eventOf(last.stored), before: was, after: is }]
}

const hasFailed = ({ problems }: Played): boolean => problems.some(({ kind }) => kind === 'error')

const eventOf = ({ streamId, version, event }: StoredEvent) => ({ streamId, version, eventType: event.eventType })

/** Removes the codecs of effects, which are different objects in each version of the code. */
const withoutCodecs = (effects: readonly Effect[]) =>
  effects.map((effect) => ('codec' in effect ? { ...effect, codec: undefined } : effect))

function lineOf(difference: ReplayDifference): string {
  const { kind, streamId, version, eventType } = difference
  const where = `${streamId} ${version} (${eventType})`
  if (kind === 'error') return `${where}: ${difference.error.message}`
  if (kind === 'ignored') return `${where}: is ignored now`
  const show = (value: unknown) => inspect(value, { depth: 5, breakLength: Number.POSITIVE_INFINITY })
  const [was, is] = kind === 'state' ? ['was', 'is'] : ['were', 'are']
  return `${where}: ${kind} ${was} ${show(difference.before)}, ${is} ${show(difference.after)}`
}

async function* streamsOf(recorded: RecordedStreams): AsyncGenerator<readonly StoredEvent[]> {
  if (!('store' in recorded)) {
    for (const stream of Map.groupBy(recorded, ({ streamId }) => streamId).values()) {
      yield stream.toSorted((a, b) => a.version - b.version)
    }
    return
  }
  const { store } = recorded
  if ('streamIds' in recorded) {
    for (const stream of (await store.readStreams(recorded.streamIds)).values()) if (stream.length > 0) yield stream
    return
  }
  for await (const batch of store.readAll({ streamPrefix: recorded.streamPrefix })) {
    const ids = batch.filter(({ version }) => version === 1).map(({ streamId }) => streamId)
    yield* streamsOf({ store, streamIds: ids })
  }
}
