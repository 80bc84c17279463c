import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type Aggregate,
  append,
  cborCodec,
  delay,
  InMemoryEventBus,
  messageId,
  type Problem,
  publish,
  type Rejection,
  reject,
  runAggregate,
  runSaga,
  SqliteEventStore,
} from '../../../src/index.ts'

type WalletAction =
  | { readonly type: 'Open' | 'Opened'; readonly id: string }
  | { readonly type: 'Spend' | 'Spent' | 'SpendRejected'; readonly id: string; readonly amount: number }
  | { readonly type: 'CloseLater' | 'Close'; readonly id: string }

/** A wallet that holds 10. With `hasEvent`, it also publishes an event when it rejects a command. */
const walletOf = (hasEvent: boolean): Aggregate<number | undefined, WalletAction> => ({
  name: 'wallet',
  events: 'wallet-events',
  commands: 'wallet-commands',
  initial: undefined,
  codec: cborCodec<WalletAction>({
    Open: 1,
    Opened: 1,
    Spend: 1,
    Spent: 1,
    SpendRejected: 1,
    CloseLater: 1,
    Close: 1,
  }),
  idOf: ({ id }) => id,
  reduce(state, action) {
    const { type, id } = action
    switch (type) {
      case 'Open':
        return { state, effects: state === undefined ? [append({ type: 'Opened', id })] : [] }
      case 'Opened':
        return { state: 10, effects: [] }
      case 'Spend':
        if (state !== undefined && action.amount <= state) {
          return { state, effects: [append({ type: 'Spent', id, amount: action.amount })] }
        }
        if (!hasEvent) return { state, effects: [reject('the wallet has too little in it')] }
        return {
          state,
          effects: [reject('too little'), publish('wallet-events', { ...action, type: 'SpendRejected' })],
        }
      case 'Spent':
        return { state: (state ?? 0) - action.amount, effects: [] }
      case 'SpendRejected':
        return { state, effects: [] }
      case 'CloseLater':
        return { state, effects: [append({ type: 'Opened', id }), delay(0, { type: 'Close', id })] }
      case 'Close':
        return { state, effects: [reject('a wallet with money in it stays open')] }
    }
  },
})

async function setUp({ hasEvent = false } = {}) {
  const bus = new InMemoryEventBus({ createTopics: true })
  const store = new SqliteEventStore({ path: ':memory:' })
  const problems: Problem[] = []
  const rejections: Rejection[] = []
  const wallet = walletOf(hasEvent)
  const run = () =>
    runAggregate({
      bus,
      store,
      aggregate: wallet,
      onError: (problem) => problems.push(problem),
      onRejected: (rejection) => rejections.push(rejection),
    })
  onTestFinished(async () => {
    await bus.close()
    await store.close()
  })
  let sent = 0
  const command = (action: WalletAction) => {
    sent += 1
    return { ...wallet.codec.encode(action), metadata: { causationId: `test-${sent}` } }
  }
  const send = (...events: ReturnType<typeof command>[]) => bus.publish('wallet-commands', events, { key: 'w-1' })
  const typesOf = async (id: string) => (await store.readStream(`wallet-${id}`)).map(({ event }) => event.eventType)
  return { bus, store, problems, rejections, wallet, run, command, send, typesOf }
}

const spend = (amount: number): WalletAction => ({ type: 'Spend', id: 'w-1', amount })
const open: WalletAction = { type: 'Open', id: 'w-1' }

describe('a command that an aggregate rejects', () => {
  test('a command that an aggregate rejects becomes a dead letter with its reason and no attempts, and later commands are handled', async () => {
    const { store, problems, rejections, run, command, send, typesOf } = await setUp()
    await using _running = await run()
    const tooMuch = command(spend(11))

    await send(command(open), tooMuch, command(spend(3)))

    await expect.poll(() => typesOf('w-1')).toEqual(['Opened.v1', 'Spent.v1'])
    expect(await store.deadLetters.list()).toMatchObject([
      {
        streamId: 'wallet-w-1',
        topic: 'wallet-commands',
        error: 'the wallet has too little in it',
        details: 'wallet-commands[0]@1',
        rejected: messageId(tooMuch),
        retryCount: 0,
        status: 'pending',
        event: { eventType: 'Spend.v1' },
      },
    ])
    expect(rejections).toMatchObject([
      { reason: 'the wallet has too little in it', streamId: 'wallet-w-1', event: { eventType: 'Spend.v1' } },
    ])
    expect(problems).toEqual([])
  })

  test('a command that an aggregate rejects adds no second dead letter when it is delivered again, also after a restart', async () => {
    const { store, run, command, send, typesOf } = await setUp()
    const tooMuch = command(spend(11))
    const first = await run()
    await send(command(open), tooMuch, tooMuch)
    await expect.poll(() => store.deadLetters.count()).toBe(1)
    await first.close()

    await using _second = await run()
    await send(tooMuch, command(spend(1)), tooMuch, command(spend(2)))

    await expect.poll(() => typesOf('w-1')).toEqual(['Opened.v1', 'Spent.v1', 'Spent.v1'])
    expect(await store.deadLetters.count()).toBe(1)
  })

  test('a command that an aggregate rejects adds two dead letters when it was sent twice', async () => {
    const { store, rejections, run, command, send } = await setUp()
    await using _running = await run()

    await send(command(spend(11)), command(spend(11)))

    await expect.poll(() => store.deadLetters.count()).toBe(2)
    expect(rejections).toHaveLength(2)
  })

  test('a command that an aggregate rejects adds no dead letter when an event records the rejection, and is reported to onRejected', async () => {
    const { store, rejections, run, command, send, typesOf } = await setUp({ hasEvent: true })
    await using _running = await run()

    await send(command(open), command(spend(11)))

    await expect.poll(() => typesOf('w-1')).toEqual(['Opened.v1', 'SpendRejected.v1'])
    expect(await store.deadLetters.count()).toBe(0)
    expect(rejections).toMatchObject([{ reason: 'too little' }])
  })

  test('a command that an aggregate rejects resolves send with the reason, without a dead letter', async () => {
    const { store, rejections, run } = await setUp()
    await using running = await run()

    expect(await running.send(spend(1))).toEqual({
      streamId: 'wallet-w-1',
      version: 0,
      events: [],
      rejected: 'the wallet has too little in it',
    })
    await running.send(open)
    expect(await running.send(spend(4))).toMatchObject({ version: 2, events: [{ type: 'Spent' }] })
    expect(await store.deadLetters.count()).toBe(0)
    expect(rejections).toHaveLength(1)
  })

  test('a command that an aggregate rejects resolves send with the reason and the events that record the rejection', async () => {
    const { run } = await setUp({ hasEvent: true })
    await using running = await run()

    expect(await running.send(spend(1))).toMatchObject({ events: [{ type: 'SpendRejected' }], rejected: 'too little' })
  })

  test('a command that an aggregate rejects becomes a dead letter when a timer sent it, and the timer does not fire again', async () => {
    const { store, run } = await setUp()
    await using running = await run()

    await running.send({ type: 'CloseLater', id: 'w-1' })

    await expect.poll(() => store.deadLetters.count()).toBe(1)
    expect(await store.deadLetters.list()).toMatchObject([{ error: 'a wallet with money in it stays open' }])
    expect(await store.timers.next('wallet-aggregate')).toBeUndefined()
  })
})

test('a command that changes nothing is not rejected and stores nothing', async () => {
  const { store, rejections, run } = await setUp()
  await using running = await run()
  await running.send(open)

  const again = await running.send(open)

  expect(again).toEqual({ streamId: 'wallet-w-1', version: 1, events: [] })
  expect([rejections, await store.deadLetters.count()]).toEqual([[], 0])
})

test('a saga that returns reject fails, since an event cannot be rejected', async () => {
  const { bus, store, problems } = await setUp()
  await using _saga = await runSaga({
    bus,
    store,
    saga: {
      name: 'stubborn',
      topics: ['wallet-events'],
      initial: 0,
      reduce: (state) => ({ state, effects: [reject('no')] }),
      codec: cborCodec<{ readonly type: 'Opened' }>({ Opened: 1 }),
    },
    onError: (problem) => problems.push(problem),
  })

  const event = cborCodec({ Opened: 1 }).encode({ type: 'Opened' })
  await bus.publish('wallet-events', { ...event, metadata: { correlationId: 'c-1' } })

  await expect.poll(() => problems[0]?.message).toContain('only an aggregate can reject')
})
