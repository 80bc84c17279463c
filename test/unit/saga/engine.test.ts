import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import { type MonotonicClock, monotonicClock } from '../../../src/bus/time/monotonic-clock.ts'
import { messageId } from '../../../src/codecs/message-id.ts'
import { aggregateHandler } from '../../../src/saga/aggregate.ts'
import { cborCodec } from '../../../src/saga/codecs/plain-codecs.ts'
import { append, delay, dispatch, publish } from '../../../src/saga/effects.ts'
import { Engine, type EngineOptions } from '../../../src/saga/engine/engine.ts'
import type { Incoming } from '../../../src/saga/engine/reaction.ts'
import type { StreamHandler } from '../../../src/saga/engine/stream-handler.ts'
import type { Reducer } from '../../../src/saga/reducer.ts'
import type { Problem } from '../../../src/saga/reports/problem.ts'
import { Watch } from '../../../src/saga/reports/watch.ts'
import { sagaHandler } from '../../../src/saga/saga.ts'
import { storeUnavailable } from '../../../src/store/errors.ts'
import type { Commit, EventStore } from '../../../src/store/event-store.ts'
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts'

// A jar takes coins until it is sealed.
type Coin =
  | { readonly type: 'Put'; readonly jar: string; readonly coin: number }
  | { readonly type: 'Seal'; readonly jar: string; readonly in?: number }
  | { readonly type: 'WasPut'; readonly coin: number }
  | { readonly type: 'WasSealed' }

interface Jar {
  readonly coins: readonly number[]
  readonly isSealed: boolean
}

const reduce: Reducer<Jar, Coin> = (jar, action) => {
  switch (action.type) {
    case 'Put':
      if (action.coin < 0) throw new Error('coins must not be negative')
      return { state: jar, effects: jar.isSealed ? [] : [append({ type: 'WasPut', coin: action.coin })] }
    case 'Seal':
      if (jar.isSealed) return { state: jar, effects: [] }
      if (action.in === undefined) return { state: jar, effects: [append({ type: 'WasSealed' })] }
      return {
        state: jar,
        effects: [append({ type: 'WasPut', coin: 0 }), delay(action.in, { type: 'Seal', jar: action.jar })],
      }
    case 'WasPut':
      return { state: { ...jar, coins: [...jar.coins, action.coin] }, effects: [publish('jar-events', action)] }
    case 'WasSealed':
      return { state: { ...jar, isSealed: true }, effects: [] }
  }
}

const codec = cborCodec<Coin>({ Put: 1, Seal: 1, WasPut: 1, WasSealed: 1 })
const initial: Jar = { coins: [], isSealed: false }
const jars = aggregateHandler<Jar, Coin, unknown>(
  {
    name: 'jar',
    events: 'jar-events',
    commands: 'jar-commands',
    initial,
    reduce,
    codec,
    idOf: (action) => ('jar' in action ? action.jar : ''),
  },
  undefined,
)

let sent = 0
function unique() {
  sent += 1
  return { causationId: `${sent}` }
}
function put(jar: string, coin: number, metadata = unique()): Incoming {
  return { event: { ...codec.encode({ type: 'Put', jar, coin }), metadata } }
}
const seal = (jar: string, after?: number): Incoming => ({
  event: {
    ...codec.encode({ type: 'Seal', jar, ...(after === undefined ? {} : { in: after }) }),
    metadata: unique(),
  },
})

/** A clock without real time: every wait is over at once and moves the clock by its length. */
function instantClock(): MonotonicClock & { readonly waits: number[] } {
  let time = 0
  const waits: number[] = []
  return {
    waits,
    now: () => time,
    after(milliseconds, wake) {
      waits.push(milliseconds)
      time += milliseconds
      queueMicrotask(wake)
      return () => undefined
    },
  }
}

/** A clock that stands still until the test advances it. */
function stoppedClock(): MonotonicClock & { advance(): void } {
  let time = 0
  const waiting = new Set<() => void>()
  return {
    now: () => time,
    after(_, wake) {
      waiting.add(wake)
      return () => waiting.delete(wake)
    },
    advance() {
      time += 60_000
      for (const wake of waiting) wake()
    },
  }
}

interface Setup extends Partial<Omit<EngineOptions<Jar, Coin>, 'store'>> {
  /** Wraps the store that the engine uses. */
  readonly wrap?: (store: EventStore) => EventStore
  readonly store?: EventStore
}

function setUp({ wrap = (store) => store, store = newStore(), ...options }: Setup = {}) {
  const problems: Problem[] = []
  const commits: Commit[] = []
  const engine = new Engine<Jar, Coin>({
    handler: jars,
    store: wrap(store),
    owner: 'jar-aggregate',
    cacheSize: 100,
    now: () => new Date('2026-01-01T00:00:00Z'),
    clock: instantClock(),
    watch: new Watch({ name: 'jar', group: 'jar', onError: (problem) => problems.push(problem) }),
    onCommitted: (commit) => commits.push(commit),
    ...options,
  })
  const coins = async (jar: string) =>
    (await store.readStream(`jar-${jar}`)).map(({ event }) => {
      const action = codec.decode(event)
      return action?.type === 'WasPut' ? action.coin : action?.type
    })
  return { store, engine, problems, commits, coins }
}

function newStore(): EventStore {
  const store = new SqliteEventStore({ path: ':memory:' })
  onTestFinished(() => store.close())
  return store
}

/** Returns a store with some parts replaced. */
const changed = (store: EventStore, changes: Partial<EventStore>): EventStore =>
  new Proxy(store, {
    get(target, name) {
      const part: unknown = changes[name as keyof EventStore] ?? Reflect.get(target, name, target)
      return typeof part === 'function' ? part.bind(target) : part
    },
  })

describe('Engine.submit', () => {
  test('stores the messages of many streams together, and those of one stream in order', async () => {
    const { engine, coins, commits } = setUp()

    await engine.submit([put('a', 1), put('b', 1), put('a', 2), put('c', 1), put('a', 3)])

    expect([await coins('a'), await coins('b'), await coins('c')]).toEqual([[1, 2, 3], [1], [1]])
    expect(commits).toHaveLength(3)
  })

  test('handles a repeated message once: in one batch, in a later batch, and after a restart', async () => {
    const { engine, coins, store } = setUp()
    const message = put('a', 1)

    await engine.submit([message, message])
    await engine.submit([message])
    await setUp({ store }).engine.submit([message])

    expect(await coins('a')).toEqual([1])
  })

  test('skips a message of another service without reading the store', async () => {
    const readStreams = vi.fn()
    const { engine } = setUp({ wrap: (store) => changed(store, { readStreams }) })

    await engine.submit([{ event: serializedEvent('Foreign.v1', Uint8Array.of(1)) }])

    expect(readStreams).not.toHaveBeenCalled()
  })

  test('handles concurrent submissions in their order', async () => {
    const { engine, coins } = setUp()

    await Promise.all(Array.from({ length: 50 }, (_, coin) => engine.submit([put('a', coin)])))

    expect(await coins('a')).toEqual(Array.from({ length: 50 }, (_, coin) => coin))
  })

  test('submit([]) resolves immediately and reports its batch as passed', async () => {
    const passed = vi.fn()

    await expect(setUp().engine.submit([], passed)).resolves.toBeUndefined()

    expect(passed).toHaveBeenCalledOnce()
  })

  test('reads streams again when there are more instances than the cache holds', async () => {
    const { engine, coins } = setUp({ cacheSize: 2 })

    for (let coin = 0; coin < 3; coin += 1)
      for (const jar of ['a', 'b', 'c', 'd']) await engine.submit([put(jar, coin)])

    for (const jar of ['a', 'b', 'c', 'd']) expect(await coins(jar)).toEqual([0, 1, 2])
  })

  test('reads only the streams that are not in the cache', async () => {
    const store = newStore()
    const read = vi.spyOn(store, 'readStreams')
    const { engine } = setUp({ store })

    await engine.submit([put('a', 1), put('b', 1)])
    await engine.submit([put('a', 2), put('c', 2)])

    expect(read.mock.calls).toEqual([[['jar-a', 'jar-b']], [['jar-c']]])
  })
})

describe('streams that another process writes too', () => {
  test('decides again on the stored stream when its cached version is outdated', async () => {
    const { store, engine, coins } = setUp()
    const other = setUp({ store }).engine
    await engine.submit([put('a', 1)])
    await other.submit([put('a', 2)])

    await engine.submit([put('a', 3), put('a', 4)])

    expect(await coins('a')).toEqual([1, 2, 3, 4])
  })

  test('does not store a later message when an earlier message of the stream has a conflict', async () => {
    // The other process appends one event, so the version that our second step expects is right by accident.
    const { store, engine, coins } = setUp()
    await engine.submit([put('a', 1)])
    await setUp({ store }).engine.submit([seal('a')])

    await engine.submit([put('a', 2), put('a', 3)])

    expect(await coins('a')).toEqual([1, 'WasSealed'])
  })

  test('decides on the stored stream, not on the cached one, that a message changes nothing', async () => {
    const { store, engine, coins } = setUp()
    const afterSealing: StreamHandler<Jar, Coin> = {
      ...jars,
      // Takes coins only after the jar is sealed, so that the cached state refuses what the stored one allows.
      reduce: (jar, action, at) =>
        action.type === 'Put' && !jar.isSealed
          ? { state: jar, effects: [] }
          : jars.reduce(action.type === 'Put' ? { ...jar, isSealed: false } : jar, action, at),
    }
    const second = setUp({ store, handler: afterSealing })
    await second.engine.submit([put('a', 1)])
    expect(await coins('a')).toEqual([])
    await engine.submit([seal('a')])

    await second.engine.submit([put('a', 2)])

    expect(await coins('a')).toEqual(['WasSealed', 2])
  })

  test('backs off longer after each version conflict, until the commit is stored', async () => {
    const clock = instantClock()
    const store = newStore()
    const other = setUp({ store }).engine
    let rivals = 8
    const wrap = () =>
      changed(store, {
        async commit(owner, commits) {
          if (rivals > 0) {
            rivals -= 1
            await other.submit([put('a', 100 + rivals)])
          }
          return store.commit(owner, commits)
        },
      })
    const { engine, coins, problems } = setUp({ store, clock, wrap })

    await engine.submit([put('a', 1)])

    expect(await coins('a')).toEqual([107, 106, 105, 104, 103, 102, 101, 100, 1])
    expect(clock.waits).toEqual([50, 100, 200, 400, 800])
    expect(problems).toEqual([])
  })
})

describe('messages that fail', () => {
  test('a message becomes a dead letter after five attempts; later messages of its stream wait, other streams do not', async () => {
    const { engine, store, coins, problems } = setUp()
    const bad = put('a', -1)
    const record = { topic: 'jar-commands', partition: 1, offset: 7n, timestamp: 1_700_000_000_000n }

    const all = engine.submit([put('a', 1), { ...bad, record }, put('a', 2), put('b', 1)])
    await vi.waitFor(async () => expect(await coins('b')).toEqual([1]))
    await all

    expect(await coins('a')).toEqual([1, 2])
    expect(await store.deadLetters.list()).toMatchObject([
      {
        streamId: 'jar-a',
        topic: 'jar-commands',
        event: { eventType: 'Put.v1', data: bad.event.data },
        originalTimestamp: new Date(1_700_000_000_000),
        error: 'coins must not be negative',
        retryCount: 5,
        details: expect.stringMatching(/^jar-commands\[1\]@7\nError: coins must not be negative/),
      },
    ])
    expect(problems.map(({ message }) => message)).toEqual([
      'jar retries Put.v1: coins must not be negative',
      'jar moved Put.v1 to the dead letters (id 1): coins must not be negative',
    ])
  })

  test('a message is handled when a retry succeeds', async () => {
    let failures = 3
    const shaky: StreamHandler<Jar, Coin> = {
      ...jars,
      reduce(jar, action, at) {
        if (action.type === 'Put' && failures-- > 0) throw new Error('not now')
        return jars.reduce(jar, action, at)
      },
    }
    const clock = instantClock()
    const { engine, store, coins } = setUp({ handler: shaky, clock })

    await engine.submit([put('a', 1), put('a', 2)])

    expect(await coins('a')).toEqual([1, 2])
    expect(await store.deadLetters.count()).toBe(0)
    expect(clock.waits).toEqual([50, 100, 200])
  })

  test('a retry decides on the stored stream, which another process may have changed', async () => {
    const store = newStore()
    const other = setUp({ store }).engine
    const strict: StreamHandler<Jar, Coin> = {
      ...jars,
      reduce(jar, action, at) {
        if (action.type === 'Put' && action.coin === 2 && !jar.coins.includes(1)) throw new Error('not before coin 1')
        return jars.reduce(jar, action, at)
      },
    }
    const { engine, coins } = setUp({ handler: strict, store })
    await engine.submit([put('a', 0)])
    await other.submit([put('a', 1)])

    await engine.send(put('a', 2))

    expect(await coins('a')).toEqual([0, 1, 2])
  })

  test('a retry delays only the messages of its own stream, those of later submissions too', async () => {
    const clock = stoppedClock()
    let isFailing = true
    const shaky: StreamHandler<Jar, Coin> = {
      ...jars,
      reduce(jar, action, at) {
        if (action.type === 'Put' && action.jar === 'a' && isFailing) throw new Error('not now')
        return jars.reduce(jar, action, at)
      },
    }
    const { engine, coins } = setUp({ handler: shaky, clock })
    const passed = vi.fn()

    const first = engine.submit([put('a', 1), put('b', 1), put('a', 2)], passed)
    await vi.waitFor(() => expect(passed).toHaveBeenCalledOnce())
    await engine.submit([put('b', 2), put('c', 1)])
    const second = engine.submit([put('a', 3), put('b', 3)], passed)
    await vi.waitFor(() => expect(passed).toHaveBeenCalledTimes(2))

    expect([await coins('a'), await coins('b'), await coins('c')]).toEqual([[], [1, 2, 3], [1]])
    isFailing = false
    clock.advance()
    await Promise.all([first, second])
    expect(await coins('a')).toEqual([1, 2, 3])
    expect(passed).toHaveBeenCalledTimes(2)
  })

  test('a retried message is not overtaken by a message of its stream that is thousands of messages behind', async () => {
    let failures = 1
    const shaky: StreamHandler<Jar, Coin> = {
      ...jars,
      reduce(jar, action, at) {
        if (action.type === 'Put' && action.jar === 'a' && failures-- > 0) throw new Error('not now')
        return jars.reduce(jar, action, at)
      },
    }
    const { engine, coins } = setUp({ handler: shaky })
    const others = Array.from({ length: 2500 }, () => put('b', 1))

    await engine.submit([put('a', 1), ...others, put('a', 2)])

    expect(await coins('a')).toEqual([1, 2])
  })

  test('a message that cannot be decoded becomes a dead letter with its bytes, without a retry', async () => {
    const clock = instantClock()
    const { engine, store, problems } = setUp({ clock })
    const data = Uint8Array.of(0xff)

    await engine.submit([
      { event: serializedEvent('Put.v1', data) },
      {
        event: serializedEvent('unreadable', data),
        record: { topic: 'jar-commands', partition: 0, offset: 3n, timestamp: -1n },
        unreadable: new Error('no envelope'),
      },
    ])

    expect(clock.waits).toEqual([])
    expect(problems.map(({ message }) => message)).not.toContainEqual(expect.stringContaining('retries'))
    const letters = await store.deadLetters.list()
    const [garbled, unreadable] = letters.toSorted((a, b) => b.streamId.localeCompare(a.streamId))
    expect(garbled).toMatchObject({
      streamId: 'unknown',
      error: expect.stringContaining('the payload of Put.v1'),
      retryCount: 0,
    })
    expect(unreadable).toMatchObject({ streamId: 'jar-commands', error: 'no envelope', retryCount: 0 })
    expect(Buffer.from(unreadable?.event.data ?? [])).toEqual(Buffer.from(data))
  })

  test.each(['', 'a\0b', '\ud800', 'x'.repeat(900), 7, undefined])(
    'a message with the invalid id %o becomes a dead letter',
    async (jar) => {
      const { engine, store } = setUp({
        handler: { ...jars, route: (event) => ({ ...jars.route(event), id: jar }) as never },
      })

      await engine.submit([put('a', 1)])

      expect(await store.deadLetters.list()).toMatchObject([
        {
          error:
            'jar got an invalid id from its idOf or correlate: it must be a non-empty text of at most 800 bytes, without NUL',
        },
      ])
    },
  )

  test('a dead letter is stored without metadata that the store cannot hold', async () => {
    const { engine, store } = setUp()
    const metadata = { causationId: 'x', extra: { loop: '\0' } }

    await engine.submit([put('a', -1, metadata as never)])

    const [letter] = await store.deadLetters.list()
    expect(letter).toMatchObject({ error: 'coins must not be negative' })
  })

  test('send rejects at the first failure, without a dead letter', async () => {
    const clock = instantClock()
    const { engine, store } = setUp({ clock })

    await expect(engine.send(put('a', -1))).rejects.toThrow('coins must not be negative')

    expect(await store.deadLetters.count()).toBe(0)
    expect(clock.waits).toEqual([])
  })

  test('a stream that cannot be reduced makes dead letters of its own messages only', async () => {
    const { engine, store, coins } = setUp()
    await store.append('jar-bad', 0, [serializedEvent('WasPut.v1', Uint8Array.of(0xff))])

    await engine.submit([put('bad', 1), put('a', 1)])

    expect(await coins('a')).toEqual([1])
    expect(await store.deadLetters.list()).toMatchObject([
      { streamId: 'jar-bad', error: expect.stringContaining('WasPut.v1') },
    ])
  })

  test('a message that the store refuses does not fail the messages that it was stored with', async () => {
    const odd: StreamHandler<Jar, Coin> = {
      ...jars,
      reduce(jar, action, at) {
        const step = jars.reduce(jar, action, at)
        if (action.type !== 'Put' || action.coin !== 2) return step
        return { ...step, effects: [...step.effects, dispatch('no\ntopic', { type: 'Put' })] }
      },
    }
    const { engine, store, coins } = setUp({ handler: odd })

    await engine.submit([put('a', 1), put('a', 2), put('a', 3)])

    expect(await coins('a')).toEqual([1, 3])
    expect(await store.deadLetters.list()).toMatchObject([{ streamId: 'jar-a', retryCount: 5 }])
  })
})

describe('Engine.send', () => {
  test('resolves with the stream, its version and the appended events', async () => {
    const { engine } = setUp()
    await engine.submit([put('a', 1)])

    expect(await engine.send(put('a', 2))).toEqual({
      streamId: 'jar-a',
      version: 2,
      events: [{ type: 'WasPut', coin: 2 }],
    })
  })

  test('resolves without events for a repeated command', async () => {
    const { engine } = setUp()
    const message = put('a', 1)
    await engine.send(message)

    expect(await engine.send(message)).toEqual({ streamId: 'jar-a', version: 1, events: [] })
  })

  test('resolves without events for a command that changes nothing', async () => {
    const { engine } = setUp()
    await engine.send(seal('a'))

    expect(await engine.send(put('a', 1))).toEqual({ streamId: 'jar-a', version: 1, events: [] })
  })
})

describe('an unreachable store', () => {
  const away = () => Promise.reject(storeUnavailable('the store is away'))

  test.each(['readStreams', 'commit'] as const)('%s is retried until the store answers', async (method) => {
    let failures = 20
    const clock = instantClock()
    const { engine, coins, problems } = setUp({
      clock,
      wrap: (store) =>
        changed(store, {
          [method]: (...args: never[]) =>
            failures-- > 0 ? away() : (store[method] as (...given: never[]) => Promise<never>)(...args),
        }),
    })

    await engine.submit([put('a', 1), put('b', 1)])

    expect([await coins('a'), await coins('b')]).toEqual([[1], [1]])
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toBe('jar waits for its store: the store is away')
    expect(clock.waits.slice(0, 3)).toEqual([50, 100, 200])
    expect(clock.waits.at(-1)).toBe(5000)
  })

  test('a commit whose answer was lost is not stored twice', async () => {
    let isFirst = true
    const { engine, coins } = setUp({
      wrap: (store) =>
        changed(store, {
          async commit(owner, commits) {
            const committed = await store.commit(owner, commits)
            if (!isFirst) return committed
            isFirst = false
            return away()
          },
        }),
    })

    await engine.submit([put('a', 1), put('a', 2)])

    expect(await coins('a')).toEqual([1, 2])
  })

  test('dead letters wait for the store too', async () => {
    let failures = 3
    const { engine, store } = setUp({
      wrap: (store) =>
        changed(store, {
          deadLetters: {
            ...store.deadLetters,
            add: (entry) => (failures-- > 0 ? away() : store.deadLetters.add(entry)),
          },
        }),
    })

    await engine.submit([put('a', -1)])

    expect(await store.deadLetters.count()).toBe(1)
  })

  test('a broken store stops the engine, and waiting and later submissions reject with its error', async () => {
    const { engine } = setUp({
      wrap: (store) => changed(store, { readStreams: () => Promise.reject(new TypeError('broken')) }),
    })

    await expect(Promise.all([engine.submit([put('a', 1)]), engine.submit([put('b', 1)])])).rejects.toThrow('broken')
    await expect(engine.submit([put('a', 2)])).rejects.toThrow('broken')
    await expect(engine.send(put('a', 3))).rejects.toThrow('broken')
  })

  test('an onError that throws stops the engine', async () => {
    const onError = () => {
      throw new Error('onError failed')
    }
    const watch = () => new Watch({ name: 'jar', group: 'jar', onError })
    const { engine } = setUp({ watch: watch(), wrap: (store) => changed(store, { readStreams: away }) })

    await expect(engine.submit([put('a', 1)])).rejects.toThrow('onError failed')
    await expect(
      setUp({ watch: watch() }).engine.submit([{ event: serializedEvent('Put.v1', Uint8Array.of(0xff)) }]),
    ).rejects.toThrow('onError failed')
  })

  test('stop ends the wait for the store', async () => {
    const { engine } = setUp({ clock: monotonicClock, wrap: (store) => changed(store, { readStreams: away }) })
    const submitted = engine.submit([put('a', 1)])
    submitted.catch(() => undefined)
    await sleep(20)

    engine.stop(new Error('closed'))

    await expect(submitted).rejects.toThrow('closed')
    await engine.idle()
  })
})

describe('timers', () => {
  test('a timer is set, fires once, and is removed', async () => {
    const { engine, store, coins } = setUp()
    await engine.submit([seal('a', 60_000)])
    const [timer] = await store.timers.due('jar-aggregate', new Date('2026-01-01T00:01:00Z'), 10)
    if (timer === undefined) throw new Error('no timer was set')
    const fired = { event: timer.event, timer }

    await engine.submit([fired])
    await engine.submit([fired])

    expect(await coins('a')).toEqual([0, 'WasSealed'])
    expect(await store.timers.next('jar-aggregate')).toBeUndefined()
  })

  test('a timer that changes nothing is removed', async () => {
    const { engine, store, coins } = setUp()
    await engine.submit([seal('a', 60_000), seal('a')])
    const [timer] = await store.timers.due('jar-aggregate', new Date('2026-01-01T00:01:00Z'), 10)
    if (timer === undefined) throw new Error('no timer was set')

    await engine.submit([{ event: timer.event, timer }])

    expect(await coins('a')).toEqual([0, 'WasSealed'])
    expect(await store.timers.next('jar-aggregate')).toBeUndefined()
  })

  test('a timer that another process set again does not fire at its old time', async () => {
    const { engine, store, coins } = setUp()
    const event: SerializedEvent = { ...codec.encode({ type: 'Seal', jar: 'a' }), metadata: { causationId: 't' } }
    const timer = { id: 'jar-a/t', streamId: 'jar-a', due: new Date(1000), event }
    await store.commit('jar-aggregate', [{ appends: [], timers: [{ ...timer, due: new Date(2000) }] }])

    await engine.submit([{ event, timer }])

    expect(await coins('a')).toEqual([])
    expect(await store.timers.next('jar-aggregate')).toEqual(new Date(2000))
  })

  test('a timer that an earlier message of the batch sets again does not fire', async () => {
    const rearming: StreamHandler<Jar, Coin> = {
      ...jars,
      reduce(jar, action, at) {
        const step = jars.reduce(jar, action, at)
        if (action.type !== 'Put') return step
        return { ...step, effects: [...step.effects, delay(60_000, { type: 'Seal', jar: action.jar }, { id: 'idle' })] }
      },
    }
    let now = new Date('2026-01-01T00:00:00Z')
    const { engine, store, coins } = setUp({ handler: rearming, now: () => now })
    await engine.submit([put('a', 1)])
    now = new Date('2026-01-01T00:01:00Z')
    const [timer] = await store.timers.due('jar-aggregate', now, 10)
    if (timer === undefined) throw new Error('no timer was set')

    await engine.submit([put('a', 2), { event: timer.event, timer }])

    expect(await coins('a')).toEqual([1, 2])
    expect(await store.timers.next('jar-aggregate')).toEqual(new Date('2026-01-01T00:02:00Z'))
  })

  test('a timer whose action the codec does not know becomes a dead letter and is removed', async () => {
    const { engine, store } = setUp()
    const event = { ...serializedEvent('Old.v1', Uint8Array.of(1)), metadata: null }
    const timer = { id: 'jar-a/t', streamId: 'jar-a', due: new Date(1000), event }
    await store.commit('jar-aggregate', [{ appends: [], timers: [timer] }])

    await engine.submit([{ event, timer }])

    expect(await store.timers.next('jar-aggregate')).toBeUndefined()
    expect(await store.deadLetters.list()).toMatchObject([
      { streamId: 'jar-a', error: 'the codec of jar does not know its timer Old.v1' },
    ])
  })
})

test('the stream of a saga belongs to one conversation and records the events it reacted to', async () => {
  const handler = sagaHandler<Jar, Coin, unknown>({ name: 'jars', topics: [], initial, reduce, codec }, undefined)
  const { engine, store } = setUp({ handler })
  const event = { ...codec.encode({ type: 'WasPut', coin: 3 }), metadata: { correlationId: 'c-1' } }
  const record = { topic: 'jar-events', partition: 0, offset: 5n, timestamp: 0n }

  await engine.submit([{ event, record }])
  await setUp({ handler, store }).engine.submit([{ event, record: { ...record, offset: 9n } }])

  const stored = await store.readStream('jars-saga-c-1')
  expect(stored.map(({ event: { metadata } }) => metadata)).toEqual([
    {
      correlationId: 'c-1',
      causationId: messageId(event),
      timestamp: '2026-01-01T00:00:00.000Z',
      extra: { topic: 'jar-events', partition: 0, offset: 5 },
    },
  ])
})
