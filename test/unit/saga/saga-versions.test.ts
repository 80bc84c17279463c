import { describe, expect, test } from 'vitest'
import {
  delay,
  dispatch,
  InMemoryEventBus,
  publish,
  type Reducer,
  runSaga,
  type Saga,
  SqliteEventStore,
} from '../../../src/index.ts'
import { cborCodec } from '../../../src/saga/codecs/plain-codecs.ts'
import { scheduleMigrations } from '../../../src/saga/runtime/schedule-migrations.ts'
import { versionedHandler } from '../../../src/saga/saga-versions.ts'
import { sagaHarness } from '../../../src/testing.ts'

type Action = { readonly type: 'Placed' | 'Paid' | 'Packed' | 'Slow'; readonly id: string }
const codec = cborCodec<Action>({ Placed: 1, Paid: 1, Packed: 1, Slow: 1 })
const base = { name: 'flow', topics: ['events'], codec }
const say = (type: string, id: string) => dispatch('commands', { type, id } as never)

/** The first version: asks for a payment and is done when it is paid. */
type First = { readonly at: 'new' | 'paying' | 'done'; readonly id: string }
const first: Saga<First, Action> = {
  ...base,
  initial: { at: 'new', id: '' },
  reduce(state, { type, id }) {
    if (type === 'Placed' && state.at === 'new') return { state: { at: 'paying', id }, effects: [say('Pay', id)] }
    if (type === 'Paid' && state.at === 'paying') {
      return { state: { at: 'done', id }, effects: [publish('ends', { type: 'Ended', id } as never)] }
    }
    return { state, effects: [] }
  },
}

/** The second version: asks to pay and to pack. It would reduce events stored by the first version to another state. */
type Second = { readonly open: readonly string[]; readonly id: string }
const reduceSecond: Reducer<Second, Action> = (state, { type, id }) => {
  if (type === 'Placed') {
    return {
      state: { open: ['Paid', 'Packed'], id },
      effects: [say('Pay', id), say('Pack', id), delay('1m', { type: 'Slow', id })],
    }
  }
  if (!state.open.includes(type)) return { state, effects: [] }
  const open = state.open.filter((one) => one !== type)
  return { state: { open, id }, effects: open.length > 0 ? [] : [publish('ends', { type: 'EndedWell', id } as never)] }
}
const second: Saga<Second, Action> = { ...base, version: 2, initial: { open: [], id: '' }, reduce: reduceSecond }
const migrate = (state: First): Second | undefined =>
  state.at === 'done' ? undefined : { open: ['Paid', 'Packed'], id: state.id }
const migrating: Saga<Second, Action> = {
  ...second,
  versions: { 1: { ...first, migrate } },
  resume: ({ open, id }) => open.map((type) => say(type === 'Paid' ? 'Pay' : 'Pack', id)),
}

const event = (type: Action['type'], id: string): [string, Action, { correlationId: string }] => [
  'events',
  { type, id },
  { correlationId: id },
]

async function started(seed = 1, faults = {}) {
  const harness = sagaHarness({ saga: first, seed, faults })
  await harness.publish(...event('Placed', 'a'))
  await harness.publish(...event('Placed', 'b'))
  await harness.publish(...event('Paid', 'b'))
  await harness.settle()
  return harness
}

const types = async (harness: Awaited<ReturnType<typeof started>>, topic: string) =>
  (await harness.sent(topic)).map((action) => `${action.type} ${(action as Action).id}`).sort()

describe('a saga that is deployed in a new version', () => {
  test('a saga that is deployed in a new version reduces a conversation by the version it began with, and begins new conversations with its own', async () => {
    await using harness = await started()
    await harness.redeploy({ ...second, versions: { 1: first } })
    await harness.publish(...event('Paid', 'a'))
    await harness.publish(...event('Placed', 'c'))
    await harness.publish(...event('Paid', 'c'))
    await harness.publish(...event('Packed', 'c'))
    await harness.settle()
    expect(await types(harness, 'ends')).toEqual(['Ended a', 'Ended b', 'EndedWell c'])
    const [began] = await harness.store.readStream('flow-saga-c')
    expect(began?.event.metadata?.extra).toMatchObject({ saga_version: 2 })
    expect((await harness.store.readStream('flow-saga-a'))[0]?.event.metadata?.extra).not.toHaveProperty('saga_version')
  })

  test('a saga that is deployed in a new version migrates open conversations and sends their unanswered commands again, once, under any fault', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      await using harness = await started(seed, { crash: 0.1, duplicate: 0.3 })
      await harness.redeploy(migrating)
      await harness.settle()
      await harness.redeploy(migrating)
      await harness.settle()
      expect(await types(harness, 'commands')).toEqual(['Pack a', 'Pay a', 'Pay a', 'Pay b'])
      await harness.publish(...event('Packed', 'a'))
      await harness.publish(...event('Paid', 'a'))
      await harness.settle()
      expect(await harness.stateOf('a')).toEqual({ open: [], id: 'a' })
      // This conversation ended before the migration, which leaves it unchanged.
      expect(await harness.stateOf('b')).toEqual({ at: 'done', id: 'b' })
      expect(await types(harness, 'ends')).toEqual(['Ended b', 'EndedWell a'])
    }
  })

  test('a saga that is deployed in a new version migrates a conversation over several versions', async () => {
    await using harness = await started()
    await harness.redeploy(migrating)
    await harness.settle()
    const third: Saga<Second & { readonly note: string }, Action> = {
      ...base,
      version: 5,
      initial: { open: [], id: '', note: '' },
      reduce: (state) => ({ state, effects: [] }),
      versions: {
        1: { ...first, migrate },
        2: { ...second, migrate: (state: Second) => ({ ...state, note: 'from 2' }) },
      },
    }
    await harness.redeploy(third)
    await harness.settle()
    expect(await harness.stateOf('a')).toEqual({ open: ['Paid', 'Packed'], id: 'a', note: 'from 2' })
  })

  test('a saga that is deployed in a new version makes dead letters of messages whose conversation has an unknown version, and names the missing code', async () => {
    await using harness = await started()
    await harness.redeploy(second)
    await harness.publish(...event('Paid', 'a'))
    await expect(harness.settle()).rejects.toThrow(
      'Paid.v1 became a dead letter: flow-saga-a began with version 1 of saga flow, which this code does not have: add versions: { 1: … }',
    )
    const [letter] = await harness.store.deadLetters.list()
    expect(letter).toMatchObject({ streamId: 'flow-saga-a', topic: 'events' })
  })

  test('a saga that is deployed in a new version refuses a conversation of a later release, and one whose migrate function was removed', async () => {
    await using harness = await started()
    await harness.redeploy(migrating)
    await harness.publish(...event('Placed', 'c'))
    await harness.settle()
    await harness.redeploy(first)
    await expect(harness.stateOf('c')).rejects.toThrow('flow-saga-c began with version 2 of saga flow, which is later')
    await expect(harness.stateOf('a')).rejects.toThrow(
      'the state of flow-saga-a cannot be rebuilt at event 2 (crbus.SagaMigrated.v1): the conversation was migrated to version 2, and versions: { 1: … } of saga flow has no migrate',
    )
  })

  test('a saga that is deployed in a new version schedules the migrations to a version once', async () => {
    await using harness = await started()
    const { store } = harness
    const schedule = () => scheduleMigrations(migrating, { store, owner: 'flow-saga', now: () => new Date(0) })
    await schedule()
    expect(await store.timers.due('flow-saga', new Date(), 10)).toHaveLength(2)
    await harness.redeploy(migrating)
    await harness.settle()
    await schedule()
    expect(await store.timers.due('flow-saga', new Date(), 10)).toEqual([])
  })
})

test.each([0, 1.5, Number.NaN, '2'])('versionedHandler refuses the version %s', (version) => {
  expect(() => versionedHandler({ ...first, version: version as number }, undefined)).toThrow('whole numbers from 1')
})

test('versionedHandler refuses an earlier version that is not before its own', () => {
  expect(() => versionedHandler({ ...first, versions: { 1: first } }, undefined)).toThrow('not before its version 1')
})

test('a migration event on a topic is ignored by the saga', () => {
  const handler = versionedHandler(migrating, undefined)
  const forged = { ...handler.codec.encode({ type: 'crbus.SagaMigrated', to: 2 }), metadata: { correlationId: 'a' } }
  expect(handler.route(forged)).toBeUndefined()
})

describe('a reducer that throws for a stored event', () => {
  test('a reducer that throws for a stored event fails with an error that names the stream, the event and the cause', async () => {
    await using harness = await started()
    await harness.redeploy({
      ...first,
      reduce: () => {
        throw new RangeError('a hole in the reducer')
      },
    })
    const failed = harness.stateOf('b')
    await expect(failed).rejects.toThrow(
      'the state of flow-saga-b cannot be rebuilt at event 1 (Placed.v1): a hole in the reducer',
    )
    await expect(failed).rejects.toMatchObject({ cause: expect.any(RangeError) })
    await harness.publish(...event('Paid', 'a'))
    await expect(harness.settle()).rejects.toThrow('cannot be rebuilt')
    const [letter] = await harness.store.deadLetters.list()
    // The stack of the cause shows the line of the reducer.
    expect(letter?.details).toContain('caused by RangeError: a hole in the reducer')
  })
})

test('scheduleMigrations writes nothing for a saga without migrations', async () => {
  await using store = new SqliteEventStore({ path: ':memory:' })
  await scheduleMigrations({ ...second, versions: { 1: first } }, { store, owner: 'o', now: () => new Date() })
  expect(await store.readStream('saga-migrations-o')).toEqual([])
})

test('runSaga migrates conversations when it starts, and sends their unanswered commands again', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  await using store = new SqliteEventStore({ path: ':memory:' })
  await using commands = await bus.subscribe(['commands'], { group: 'test', autoOffsetReset: 'earliest' })
  const next = async () => {
    const received = await commands.next()
    if (received.done || !received.value.ok) throw new Error('there is no command')
    return received.value.event.eventType
  }
  const before = await runSaga({ bus, store, saga: first })
  await bus.publish('events', { ...codec.encode({ type: 'Placed', id: 'a' }), metadata: { correlationId: 'a' } })
  expect(await next()).toBe('Pay.v1')
  await before.close()

  await using _after = await runSaga({ bus, store, saga: migrating })
  expect([await next(), await next()]).toEqual(['Pay.v1', 'Pack.v1'])
  const stored = await store.readStream('flow-saga-a')
  expect(stored.map(({ event }) => event.eventType)).toEqual(['Placed.v1', 'crbus.SagaMigrated.v1'])
})
