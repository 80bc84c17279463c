import { describe, expect, test } from 'vitest'
import type { SerializedEvent } from '../../../src/bus/event.ts'
import { messageId } from '../../../src/codecs/message-id.ts'
import type { Action } from '../../../src/saga/action.ts'
import { aggregateHandler } from '../../../src/saga/aggregate.ts'
import { cborCodec, jsonCodec } from '../../../src/saga/codecs/plain-codecs.ts'
import {
  append,
  appendTo,
  delay,
  dispatch,
  type Effect,
  none,
  parallel,
  publish,
  sequence,
} from '../../../src/saga/effects.ts'
import { type Message, react } from '../../../src/saga/engine/reaction.ts'
import { planSteps } from '../../../src/saga/engine/step-plan.ts'
import { fold, type Instance, type StreamHandler } from '../../../src/saga/engine/stream-handler.ts'
import type { Step } from '../../../src/saga/reducer.ts'
import { sagaHandler } from '../../../src/saga/saga.ts'
import type { StoredEvent } from '../../../src/store/event-store.ts'

// A handler whose commands list the effects that they lead to.
type Deed =
  | { readonly type: 'Do'; readonly effects: readonly Effect<Deed>[] }
  | { readonly type: 'Done'; readonly number: number; readonly at?: Date | undefined; readonly note?: string }
  | { readonly type: 'Chained'; readonly left: number }

const done = (number: number): Deed => ({ type: 'Done', number })
const codec = cborCodec<Deed>({ Do: 1, Done: 1, Chained: 1 })
const AT = new Date('2026-01-01T00:00:00.000Z')

interface Sum {
  readonly sum: number
  readonly times: readonly string[]
}

function reduce(state: Sum, action: Deed, { now }: { readonly now: () => Date }): Step<Sum, Deed> {
  if (action.type === 'Do') return { state: { ...state, sum: state.sum + 1000 }, effects: action.effects }
  const next = {
    sum: state.sum + (action.type === 'Done' ? action.number : 0),
    times: [...state.times, now().toISOString()],
  }
  if (action.type === 'Done' || action.left === 0) return { state: next, effects: [] }
  return { state: next, effects: [append({ type: 'Chained', left: action.left - 1 }), publish('chain', action)] }
}

const initial: Sum = { sum: 0, times: [] }
const aggregate = aggregateHandler(
  { name: 'deed', events: 'deed-events', commands: 'deed-commands', initial, reduce, codec, idOf: () => '1' },
  undefined,
)
const saga = sagaHandler({ name: 'deeds', topics: [], initial, reduce, codec }, undefined)

const instanceOf = (handler: StreamHandler<Sum, Deed>): Instance<Sum> => ({
  streamId: `${handler.prefix}1`,
  version: 4,
  state: initial,
  handled: new Set(),
})

function messageOf(action: Deed, metadata: SerializedEvent['metadata'] = { correlationId: 'c-1' }): Message {
  const event = { ...codec.encode({ ...action, ...('effects' in action ? { effects: [] } : {}) }), metadata }
  return { event, id: messageId(event) }
}

const reactTo = (
  handler: StreamHandler<Sum, Deed>,
  effects: readonly Effect<Deed>[],
  metadata?: SerializedEvent['metadata'],
) => {
  const action: Deed = { type: 'Do', effects }
  const message = messageOf(action, metadata)
  return { message, reaction: react(handler, instanceOf(handler), action, message, AT) }
}

const asStored = (events: readonly SerializedEvent[], streamId = 's'): StoredEvent[] =>
  events.map((event, index) => ({ streamId, version: index + 1, event, createdAt: new Date(0) }))

describe('the record key of a message', () => {
  const keysOf = (handler: StreamHandler<Sum, Deed>, ...effects: Effect<Deed>[]) =>
    reactTo(handler, [append(done(1)), ...effects]).reaction?.messages.map(({ key }) => key)
  const keyed = aggregateHandler(
    {
      name: 'deed',
      events: 'deed-events',
      commands: 'deed-commands',
      initial,
      reduce,
      codec,
      idOf: () => '1',
      key: 'aggregate',
    },
    undefined,
  )
  const other = { type: 'Other', x: 1 } as const

  test('the record key of a message is the event type for an event, unless the effect or the aggregate sets another', () => {
    const effects = [publish('deed-events', done(1)), publish('deed-events', done(1), { key: 'k' })]
    expect(keysOf(aggregate, ...effects)).toEqual([undefined, 'k'])
    expect(keysOf(keyed, ...effects)).toEqual(['1', 'k'])
    expect(keysOf(saga, ...effects)).toEqual([undefined, 'k'])
  })

  test('the record key of a message is the id of the receiver for a command, or the id of the sender when only the topic is given', () => {
    const receiver = { commands: 'other-commands', idOf: ({ x }: typeof other) => `other ${x}` }
    const effects = [
      dispatch(receiver, other),
      dispatch('other-commands', other, { key: 'k' }),
      dispatch('other-commands', other),
    ]
    for (const handler of [aggregate, keyed, saga]) expect(keysOf(handler, ...effects)).toEqual(['other 1', 'k', '1'])
  })

  test("the record key of a message is refused when an aggregate sets key to something other than 'type' or 'aggregate'", () => {
    const wrong = { name: 'deed', events: 'e', commands: 'c', initial, reduce, codec, idOf: () => '1', key: 'id' }
    expect(() => aggregateHandler(wrong as never, undefined)).toThrow(
      "the key of the aggregate deed is 'id': it must be 'type' or 'aggregate'",
    )
  })
})

describe('a step of an aggregate', () => {
  test('a step of an aggregate has events, messages and timers with their metadata', () => {
    const { message, reaction } = reactTo(aggregate, [
      append(done(1)),
      publish('deed-events', done(1)),
      delay('30s', done(2)),
      dispatch('other-commands', { type: 'Other', x: 1 }),
    ])

    const metadata = { correlationId: 'c-1', causationId: message.id, timestamp: AT.toISOString() }
    expect(reaction?.appended).toEqual([{ ...codec.encode(done(1)), metadata }])
    expect(reaction?.messages).toEqual([
      { topic: 'deed-events', key: undefined, event: { ...codec.encode(done(1)), metadata } },
      { topic: 'other-commands', key: '1', event: { ...codec.encode({ type: 'Other', x: 1 } as never), metadata } },
    ])
    expect(reaction?.timers).toEqual([
      {
        id: `deed-1/${message.id}/0`,
        streamId: 'deed-1',
        due: new Date('2026-01-01T00:00:30.000Z'),
        event: { ...codec.encode(done(2)), metadata },
      },
    ])
  })

  test('a step of an aggregate has the state of its appended events, not the state that the reducer returns for the command', () => {
    const { reaction } = reactTo(aggregate, [append(done(1), done(2))])

    expect(reaction?.state).toEqual({ sum: 3, times: [AT.toISOString(), AT.toISOString()] })
    expect(reaction?.events).toEqual([done(1), done(2)])
  })

  test('a step of an aggregate includes the effects of its appended events, in the order of the stream', () => {
    const { reaction } = reactTo(aggregate, [append({ type: 'Chained', left: 2 }, done(5))])

    expect(reaction?.events).toEqual([
      { type: 'Chained', left: 2 },
      done(5),
      { type: 'Chained', left: 1 },
      { type: 'Chained', left: 0 },
    ])
    expect(reaction?.messages.map(({ topic, event }) => [topic, codec.decode(event)])).toEqual([
      ['chain', { type: 'Chained', left: 2 }],
      ['chain', { type: 'Chained', left: 1 }],
    ])
    const folded = fold(aggregate, 'deed-1', asStored(reaction?.appended ?? []))
    expect(folded.state).toEqual(reaction?.state)
  })

  test('a step of an aggregate refuses an event that makes its reducer append 200,000 events, without a stack overflow', () => {
    const events = new Array<Deed>(200_000).fill(done(1))
    const encoded = codec.encode(done(1))
    const flooding: StreamHandler<Sum, Deed> = {
      ...aggregate,
      // Encodes the equal events only once: 200,000 times would take seconds.
      codec: {
        ...codec,
        encode: (action) => (action.type === 'Done' ? encoded : codec.encode(action)),
        decode: (event) => (event.data === encoded.data ? done(1) : codec.decode(event)),
      },
      reduce: (state, action, at) =>
        action.type === 'Chained'
          ? { state, effects: [{ kind: 'append', events }] }
          : aggregate.reduce(state, action, at),
    }
    expect(() => reactTo(flooding, [append({ type: 'Chained', left: 0 })])).toThrow(
      'deed appends more than 1000 events for one Do: do its events append each other?',
    )
  })

  test('a step of an aggregate fails when its events append each other without end', () => {
    expect(() => reactTo(aggregate, [append({ type: 'Chained', left: 1e9 })])).toThrow(
      'deed appends more than 1000 events for one Do: do its events append each other?',
    )
  })

  test('a step of an aggregate is undefined when the reducer returns no effects', () => {
    expect(reactTo(aggregate, []).reaction).toBeUndefined()
    expect(reactTo(aggregate, [none, sequence(parallel())]).reaction).toBeUndefined()
  })

  test('a step of an aggregate appends an event that is only published, so that a repeated command is recognized', () => {
    const { reaction } = reactTo(aggregate, [publish('deed-events', done(7))])

    expect(reaction?.appended).toEqual(reaction?.messages.map(({ event }) => event))
    expect(reaction).toMatchObject({ events: [done(7)], state: { sum: 7 } })
  })

  test.each([
    ['a dispatch', dispatch('other-commands', { type: 'Other' })],
    ['a delay', delay('1s', done(1))],
    ['an event that is not its own', publish('elsewhere', { type: 'Foreign' })],
    ['an append to another stream', appendTo('audit-1', 'any', done(1))],
  ])('a step of an aggregate fails with %s alone, since a repeated command would not be recognized', (_, effect) => {
    expect(() => reactTo(aggregate, [effect])).toThrow(
      'deed reacts to Do without appending an event, so a repeated Do would not be recognized: append an event',
    )
  })

  test('a step of an aggregate appends to another stream with the expected version', () => {
    const { reaction } = reactTo(aggregate, [append(done(1)), appendTo('audit-1', 3, done(2), done(3))])

    expect(reaction?.appendsElsewhere).toMatchObject([{ streamId: 'audit-1', expectedVersion: 3 }])
    expect(reaction?.appendsElsewhere[0]?.events.map((event) => codec.decode(event))).toEqual([done(2), done(3)])
    expect(() => reactTo(aggregate, [append(done(1)), appendTo('deed-1', 'any', done(2))])).toThrow(/use append/)
  })

  test('a step of an aggregate fails for an event that its codec does not decode', () => {
    expect(() => reactTo(aggregate, [append({ type: 'Odd' } as never)])).toThrow(
      'deed appends Odd, which its codec encodes but does not decode',
    )
  })

  test('a step of an aggregate reduces the decoded event, since a codec may not keep every value', () => {
    const json = jsonCodec<Deed>({ Do: 1, Done: 1, Chained: 1 })
    const seen: unknown[] = []
    const handler: StreamHandler<Sum, Deed> = {
      ...aggregate,
      codec: json,
      reduce(state, action, at) {
        if (action.type === 'Done') seen.push(action.at)
        return aggregate.reduce(state, action, at)
      },
    }

    reactTo(handler, [append({ type: 'Done', number: 1, at: AT })])

    expect(seen).toEqual([AT.toISOString()])
  })

  test('a step of an aggregate passes the user id on, and uses the id of the command as a missing correlation id', () => {
    const { message, reaction } = reactTo(aggregate, [append(done(1))], { userId: 'u-1' })

    expect(reaction?.appended[0]?.metadata).toMatchObject({ correlationId: message.id, userId: 'u-1' })
    expect(reactTo(aggregate, [append(done(1))], null).reaction?.appended[0]?.metadata).not.toHaveProperty('userId')
  })

  test('a step of an aggregate numbers equal messages, for each topic separately', () => {
    const { message, reaction } = reactTo(aggregate, [
      append(done(1), done(1)),
      publish('a', done(1)),
      publish('b', done(1)),
      publish('a', done(1)),
      delay(1, done(1)),
      delay(1, done(1)),
    ])
    const causes = (events: readonly SerializedEvent[] = []) => events.map(({ metadata }) => metadata?.causationId)

    expect(causes(reaction?.appended)).toEqual([message.id, `${message.id}#1`])
    expect(causes(reaction?.messages.map(({ event }) => event))).toEqual([message.id, message.id, `${message.id}#1`])
    expect(causes(reaction?.timers.map(({ event }) => event))).toEqual([message.id, `${message.id}#1`])
    expect(new Set(reaction?.timers.map(({ id }) => id)).size).toBe(2)
    const ids = reaction?.messages.filter(({ topic }) => topic === 'a').map(({ event }) => messageId(event))
    expect(new Set(ids).size).toBe(2)
  })

  test('a step of an aggregate gives a named timer an id within its stream', () => {
    const { reaction } = reactTo(aggregate, [append(done(1)), delay(5, done(1), { id: 'patience' })])

    expect(reaction?.timers.map(({ id }) => id)).toEqual(['deed-1/patience'])
  })
})

describe('a step of a saga', () => {
  test('a step of a saga stores the action unchanged, with the position of its record', () => {
    const action: Deed = { type: 'Do', effects: [] }
    const record = { topic: 'deed-events', partition: 2, offset: 17n, timestamp: 0n }
    const message = { ...messageOf(action), record }
    const reaction = react(saga, instanceOf(saga), action, message, AT)

    expect(reaction?.appended).toEqual([
      {
        eventType: 'Do.v1',
        eventVersion: 1,
        data: message.event.data,
        metadata: {
          correlationId: 'c-1',
          causationId: message.id,
          timestamp: AT.toISOString(),
          extra: { topic: 'deed-events', partition: 2, offset: 17 },
        },
      },
    ])
    expect(reaction).toMatchObject({ state: { sum: 1000 }, events: [] })
  })

  test('a step of a saga appends its own events after the action and reduces them after it', () => {
    const { reaction } = reactTo(saga, [append(done(1)), append(done(2))])

    expect(reaction?.appended.map(({ eventType }) => eventType)).toEqual(['Do.v1', 'Done.v1', 'Done.v1'])
    expect(reaction?.state.sum).toBe(1003)
  })

  test('a step of a saga may only dispatch, since the action is stored', () => {
    const { reaction } = reactTo(saga, [dispatch('other-commands', { type: 'Other' })])

    expect(reaction?.messages).toHaveLength(1)
    expect(reaction?.appended).toHaveLength(1)
  })

  test('a step of a saga is undefined when neither the state changes nor effects are returned', () => {
    const still: StreamHandler<Sum, Deed> = { ...saga, reduce: (state) => ({ state, effects: [none] }) }

    expect(reactTo(still, []).reaction).toBeUndefined()
  })

  test('a step of a saga uses its own id as the correlation id of a message without one', () => {
    const { reaction } = reactTo(saga, [dispatch('t', done(1))], null)

    expect(reaction?.messages[0]?.event.metadata?.correlationId).toBe('1')
  })

  test('a step of a saga belongs to the instance that correlate returns', () => {
    const byNumber = sagaHandler<Sum, Deed, unknown>(
      {
        name: 'deeds',
        topics: [],
        initial,
        reduce,
        codec,
        correlate: (action) => (action.type === 'Done' ? `n-${action.number}` : undefined),
      },
      undefined,
    )

    expect(byNumber.route(messageOf(done(3)).event)).toEqual({ action: done(3), id: 'n-3' })
    expect(byNumber.route(messageOf({ type: 'Chained', left: 0 }).event)).toBeUndefined()
    expect(saga.route(messageOf(done(3), null).event)).toBeUndefined()
  })
})

describe('an instance that is read from its stream', () => {
  test('an instance that is read from its stream is reduced with the times in the metadata', () => {
    const events = [1, 2].map((number) => ({
      ...codec.encode(done(number)),
      metadata: { causationId: `m-${number}`, timestamp: `2026-01-0${number}T00:00:00.000Z` },
    }))

    expect(fold(aggregate, 'deed-1', asStored(events))).toEqual({
      streamId: 'deed-1',
      version: 2,
      state: { sum: 3, times: ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'] },
      handled: new Set(['m-1', 'm-2']),
    })
  })

  test('an instance that is read from its stream ignores event types that the codec does not know, and counts their versions', () => {
    const events = [
      { eventType: 'Foreign.v1', eventVersion: 1, data: Uint8Array.of(0xff), metadata: null },
      { ...codec.encode(done(1)), metadata: null },
    ]

    expect(fold(aggregate, 'deed-1', asStored(events))).toMatchObject({ version: 2, state: { sum: 1 } })
  })
})

describe('the plan for the messages of one stream', () => {
  const plan = (
    handler: StreamHandler<Sum, Deed>,
    actions: readonly Deed[],
    ids = actions.map((_, index) => `m-${index}`),
  ) =>
    planSteps(
      handler,
      instanceOf(handler),
      actions.map((action, index) => ({ action, message: { ...messageOf(action), id: ids[index] as string } })),
      () => AT,
    )
  const doing = (...effects: Effect<Deed>[]): Deed => ({ type: 'Do', effects })

  test('the plan for the messages of one stream is one commit that expects the version before the first step', () => {
    const { commit, outcomes, instance, isChecked } = plan(aggregate, [
      doing(append(done(1)), publish('a', done(1))),
      doing(append(done(2), done(3)), publish('b', done(2)), delay(1, done(9), { id: 'x' })),
      doing(append(done(4)), delay(2, done(9), { id: 'x' })),
    ])

    expect(commit?.appends).toMatchObject([{ streamId: 'deed-1', expectedVersion: 4 }])
    expect(commit?.appends[0]?.events.map((event) => codec.decode(event))).toEqual([1, 2, 3, 4].map(done))
    expect(commit?.messages?.map(({ topic }) => topic)).toEqual(['a', 'b'])
    // A timer that is set twice has its last setting.
    expect(commit?.timers).toMatchObject([{ id: 'deed-1/x', due: new Date(AT.getTime() + 2) }])
    expect(outcomes).toMatchObject([
      { kind: 'reacted', version: 5, events: [done(1)] },
      { kind: 'reacted', version: 7, events: [done(2), done(3)] },
      { kind: 'reacted', version: 8 },
    ])
    expect(instance).toMatchObject({ version: 8, state: { sum: 10 } })
    expect(isChecked).toBe(true)
  })

  test('the plan for the messages of one stream handles a repeated message once', () => {
    const { commit, outcomes } = plan(aggregate, [doing(append(done(1))), doing(append(done(1)))], ['same', 'same'])

    expect(outcomes.map(({ kind }) => kind)).toEqual(['reacted', 'repeated'])
    expect(commit?.appends[0]?.events).toHaveLength(1)
  })

  test('the plan for the messages of one stream ends at the first message that fails and keeps the earlier ones', () => {
    const { commit, outcomes } = plan(aggregate, [
      doing(append(done(1))),
      doing(delay(1, done(1))),
      doing(append(done(2))),
    ])

    expect(outcomes.map(({ kind }) => kind)).toEqual(['reacted', 'failed'])
    expect(commit?.appends[0]?.events).toHaveLength(1)
  })

  test('the plan for the messages of one stream has no commit when nothing follows', () => {
    expect(plan(aggregate, [doing(), doing()])).toMatchObject({ commit: undefined, isChecked: false })
  })

  test('the plan for the messages of one stream removes the timers that fired, whatever follows from them', () => {
    const timer = { id: 'deed-1/x', streamId: 'deed-1', due: AT, event: messageOf(done(1)).event }
    const message = { event: timer.event, id: 'm', timer }
    const { commit, isChecked } = planSteps(
      aggregate,
      instanceOf(aggregate),
      [{ action: doing() as Deed, message }],
      () => AT,
    )

    expect(commit).toMatchObject({ appends: [], fired: [{ id: 'deed-1/x', due: AT }] })
    expect(isChecked).toBe(false)
  })
})

test('an action may have no field but its type', () => {
  // The effects of a reducer may have a wider type than the events that it appends.
  const effect: Effect<Deed> = append({ type: 'Done', number: 1 })
  const wider: Effect<Action> = effect

  expect(wider.kind).toBe('append')
})
