import { expect, test } from 'vitest'
import {
  type Aggregate,
  append,
  cborCodec,
  delay,
  InMemoryEventBus,
  publish,
  reject,
  runAggregate,
  SqliteEventStore,
  serializedEvent,
} from '../../../src/index.ts'
import { record } from './support.ts'

type DoorAction = { readonly type: 'Open' | 'Opened' | 'Break' | 'Shut' | 'Remind'; readonly id: string }

const codec = cborCodec<DoorAction>({ Open: 1, Opened: 1, Break: 1, Shut: 1, Remind: 1 })

const door: Aggregate<'open' | 'shut', DoorAction> = {
  name: 'door',
  events: 'door-events',
  commands: 'door-commands',
  initial: 'shut',
  codec,
  idOf: ({ id }) => id,
  reduce(state, { type, id }) {
    if (type === 'Break') throw new Error('broken')
    if (type === 'Shut') return { state, effects: [reject('it cannot be shut')] }
    if (type === 'Opened') return { state: 'open', effects: [] }
    if (type === 'Remind') return { state, effects: [] }
    const opened = { type: 'Opened', id } as const
    const effects = [
      append(opened),
      publish('door-events', opened),
      delay(0, { type: 'Remind', id }),
      delay('1h', { type: 'Remind', id }, { id: 'later' }),
    ]
    return { state, effects }
  },
}

test('records counts and durations of messages, and gauges of the group', async () => {
  const { points } = record()
  await using bus = new InMemoryEventBus({ createTopics: true })
  await using store = new SqliteEventStore({ path: ':memory:' })
  await using running = await runAggregate({ bus, store, aggregate: door })

  await bus.publish(
    'door-commands',
    [
      codec.encode({ type: 'Open', id: 'd-1' }),
      codec.encode({ type: 'Shut', id: 'd-1' }),
      codec.encode({ type: 'Break', id: 'd-2' }),
    ].map((encoded) => ({ ...encoded, metadata: null })),
  )
  await expect(bus.publish('a topic', serializedEvent('A.v1', Buffer.of()))).rejects.toThrow()
  const counts = async () => {
    const { deadLetters, published, lag, timers, outbox } = await running.metrics()
    return { deadLetters, published, lag, timers, outbox: outbox.messages }
  }
  const settled = { deadLetters: 1, published: 1, lag: 0, timers: 1, outbox: 0 }
  await expect.poll(counts, { timeout: 10_000 }).toEqual(settled)

  const own = 'crbus.name=door,messaging.consumer.group.name=door-aggregate'
  const processed = (outcome: string, topic = ',messaging.destination.name=door-commands') =>
    `messaging.process.duration{crbus.name=door,crbus.outcome=${outcome},messaging.consumer.group.name=door-aggregate${topic},messaging.operation.name=process,messaging.operation.type=process}`
  const sent = 'messaging.operation.name=send,messaging.operation.type=send,messaging.system=crbus_memory'
  const received =
    'messaging.consumer.group.name=door-aggregate,messaging.destination.name=door-commands,messaging.operation.name=receive,messaging.operation.type=receive,messaging.system=crbus_memory'
  const found = await points()
  expect(Object.fromEntries(found)).toMatchObject({
    [`messaging.client.sent.messages{messaging.destination.name=door-commands,${sent}}`]: 3,
    [`messaging.client.sent.messages{messaging.destination.name=door-events,${sent}}`]: 1,
    [`messaging.client.operation.duration{messaging.destination.name=door-commands,${sent}}`]: 1,
    [`messaging.client.consumed.messages{${received}}`]: 3,
    [processed('reacted')]: 1,
    [processed('rejected')]: 1,
    [processed('dead letter').replace('messaging.consumer', 'error.type=Error,messaging.consumer')]: 1,
    [processed('nothing', '')]: 1,
    [`crbus.retries{${own}}`]: 4,
    [`crbus.dead_letters{${own}}`]: 1,
    [`crbus.relayed{${own}}`]: 1,
    [`crbus.timers.fired{${own}}`]: 1,
    [`crbus.healthy{${own}}`]: 1,
    [`crbus.outbox.messages{${own}}`]: 0,
    [`crbus.outbox.age{${own}}`]: 0,
    [`crbus.timers{${own}}`]: 1,
    [`crbus.lag{${own}}`]: 0,
  })
})

test('reports a closed aggregate as not healthy until it runs again', async () => {
  const { points } = record()
  await using bus = new InMemoryEventBus({ createTopics: true })
  await using store = new SqliteEventStore({ path: ':memory:' })
  const running = await runAggregate({ bus, store, aggregate: door })
  const isHealthy = async () =>
    (await points()).get('crbus.healthy{crbus.name=door,messaging.consumer.group.name=door-aggregate}')
  expect(await isHealthy()).toBe(1)

  await running.close()
  await running.done
  expect(await isHealthy()).toBe(0)

  await using _ = await runAggregate({ bus, store, aggregate: door })
  expect(await isHealthy()).toBe(1)
})

test('reports a group as healthy while one of its two members in the process still runs', async () => {
  const { points } = record()
  await using bus = new InMemoryEventBus({ createTopics: true })
  await using store = new SqliteEventStore({ path: ':memory:' })
  await using _ = await runAggregate({ bus, store, aggregate: door })
  const second = await runAggregate({ bus, store, aggregate: door })

  await second.close()
  await second.done

  const own = 'crbus.healthy{crbus.name=door,messaging.consumer.group.name=door-aggregate}'
  expect((await points()).get(own)).toBe(1)
})

test('counts a refused publish with the code of its error', async () => {
  const { points } = record()
  await using bus = new InMemoryEventBus()

  await expect(bus.publish('nosuch', serializedEvent('A.v1', Buffer.of()))).rejects.toThrow()

  expect(await points()).toEqual(
    new Map(
      ['messaging.client.operation.duration', 'messaging.client.sent.messages'].map((name) => [
        `${name}{error.type=TOPIC_NOT_FOUND,messaging.destination.name=nosuch,messaging.operation.name=send,messaging.operation.type=send,messaging.system=crbus_memory}`,
        1,
      ]),
    ),
  )
})
