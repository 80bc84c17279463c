import { expect, onTestFinished, test } from 'vitest'
import {
  type Aggregate,
  append,
  cborCodec,
  dispatch,
  type EventBus,
  type Reducer,
  reject,
  runAggregate,
  SqliteEventStore,
} from '../../../src/index.ts'
import type { Contract } from '../bus-contract.ts'
import { eventually, uniqueGroup, uniqueTopic } from './harness.ts'

const PAIRS = 300
const IMPORTS = 10

type OrderAction =
  | { readonly type: 'PlaceOrder' | 'OrderPlaced'; readonly order_id: string }
  | { readonly type: 'CancelOrder' | 'OrderCancelled'; readonly order_id: string }

type ImportAction = { readonly type: 'Import' | 'Imported'; readonly import_id: string }

/** Rejects a cancel that comes before its order, so a command that was overtaken becomes a dead letter. */
const reduceOrder: Reducer<'new' | 'placed' | 'cancelled', OrderAction> = (state, { type, order_id }) => {
  switch (type) {
    case 'PlaceOrder':
      return { state, effects: state === 'new' ? [append({ type: 'OrderPlaced', order_id })] : [] }
    case 'CancelOrder':
      if (state === 'new') return { state, effects: [reject('the order is not placed')] }
      return { state, effects: state === 'placed' ? [append({ type: 'OrderCancelled', order_id })] : [] }
    case 'OrderPlaced':
      return { state: 'placed', effects: [] }
    case 'OrderCancelled':
      return { state: 'cancelled', effects: [] }
  }
}

const orderAggregate = (commands: string): Aggregate<'new' | 'placed' | 'cancelled', OrderAction> => ({
  name: 'order',
  events: 'order-events',
  commands,
  initial: 'new',
  reduce: reduceOrder,
  codec: cborCodec<OrderAction>({ PlaceOrder: 1, CancelOrder: 1, OrderPlaced: 1, OrderCancelled: 1 }),
  idOf: ({ order_id }) => order_id,
})

const pair = (order_id: string): OrderAction[] => [
  { type: 'PlaceOrder', order_id },
  { type: 'CancelOrder', order_id },
]

/** The order of commands of different types for one instance, on topics with several partitions. */
export function orderClauses({ open, bus }: Contract): void {
  async function setUp(partitions: number) {
    const commands = uniqueTopic()
    await bus().admin.createTopic(commands, { partitions })
    const store = new SqliteEventStore({ path: ':memory:' })
    onTestFinished(() => store.close())
    const orders = orderAggregate(commands)
    const group = uniqueGroup()
    const run = async () => {
      const running = await runAggregate({ bus: await open(), store, group, aggregate: orders })
      onTestFinished(() => running.close())
      return running
    }
    const send = (to: EventBus, orderIds: readonly string[]) => {
      const actions = orderIds.flatMap(pair)
      const events = actions.map((action) => ({ ...orders.codec.encode(action), metadata: null }))
      return to.publish(commands, events, { key: (_, index) => actions[index]?.order_id })
    }
    const streams = async () => {
      const types = new Map<string, string[]>()
      for await (const batch of store.readAll({ streamPrefix: 'order-' })) {
        for (const { streamId, event } of batch) types.set(streamId, [...(types.get(streamId) ?? []), event.eventType])
      }
      return types
    }
    const countOf = async (eventType: string) =>
      [...(await streams()).values()].flat().filter((type) => type === eventType).length
    /** Expects that every order was placed once and then canceled once, and that no command was rejected. */
    const allAreCancelled = async (orderIds: readonly string[]) => {
      await eventually(async () => {
        const rejected = await store.deadLetters.count()
        expect((await countOf('OrderCancelled.v1')) + rejected).toBe(orderIds.length)
      }, 60_000)
      expect(await store.deadLetters.count()).toBe(0)
      expect(await streams()).toEqual(
        new Map(orderIds.map((id) => [`order-${id}`, ['OrderPlaced.v1', 'OrderCancelled.v1']])),
      )
    }
    const isShared = () =>
      eventually(async () => {
        const { members } = await bus().admin.describeGroup(group)
        expect(members).toHaveLength(2)
        for (const { assignment } of members) expect(assignment.length).toBeGreaterThan(0)
      }, 60_000)
    return { store, orders, run, send, countOf, isShared, allAreCancelled }
  }
  const ids = Array.from({ length: PAIRS }, (_, number) => `o-${number}`)

  test.each([1, 3, 12])(
    `handles ${PAIRS} cancel commands of one publish after their orders, on %i partitions`,
    async (partitions) => {
      const { run, send, allAreCancelled } = await setUp(partitions)
      await run()

      await send(bus(), ids)

      await allAreCancelled(ids)
    },
  )

  test.each([3, 12])(
    'keeps the order of commands while two instances share %i partitions and one of them leaves',
    async (partitions) => {
      const { run, send, countOf, isShared, allAreCancelled } = await setUp(partitions)
      const first = await run()
      const publisher = await open()
      const arrived = (count: number) =>
        eventually(async () => expect(await countOf('OrderPlaced.v1')).toBeGreaterThanOrEqual(count), 60_000)

      // One publish per order, without waiting for the previous one.
      const third = PAIRS / 3
      const sent = ids.slice(0, third).map((id) => send(publisher, [id]))
      await arrived(1)
      const second = run()
      for (const id of ids.slice(third, 2 * third)) await send(publisher, [id])
      await second
      await isShared()
      const rest = ids.slice(2 * third).map((id) => send(publisher, [id]))
      await arrived(2 * third)
      await first.close()
      await Promise.all([...sent, ...rest])

      await allAreCancelled(ids)
    },
  )

  test.each([
    { by: 'the aggregate that receives them', partitions: 12, to: (orders: Aggregate<unknown, OrderAction>) => orders },
    {
      by: 'a topic, with the sender as the key',
      partitions: 12,
      to: (orders: Aggregate<unknown, OrderAction>) => orders.commands,
    },
  ])('keeps the order of commands that effects dispatch through the outbox to $by', async ({ partitions, to }) => {
    const { store, orders, run, allAreCancelled } = await setUp(partitions)
    await run()
    const imported = Array.from({ length: IMPORTS }, (_, number) => `i-${number}`)
    const ordersOf = (importId: string) =>
      Array.from({ length: PAIRS / IMPORTS }, (_, number) => `${importId}-${number}`)
    const receiver = to(orders as unknown as Aggregate<unknown, OrderAction>)
    const send = (command: OrderAction) =>
      typeof receiver === 'string' ? dispatch(receiver, command, { codec: orders.codec }) : dispatch(receiver, command)
    const imports: Aggregate<null, ImportAction> = {
      name: 'import',
      events: 'import-events',
      commands: uniqueTopic(),
      initial: null,
      reduce: (state, { type, import_id }) => ({
        state,
        effects:
          type === 'Import'
            ? [append({ type: 'Imported', import_id }), ...ordersOf(import_id).flatMap(pair).map(send)]
            : [],
      }),
      codec: cborCodec<ImportAction>({ Import: 1, Imported: 1 }),
      idOf: ({ import_id }) => import_id,
    }
    await bus().admin.createTopic(imports.commands, { partitions: 1 })
    await using importing = await runAggregate({ bus: await open(), store, group: uniqueGroup(), aggregate: imports })

    await Promise.all(imported.map((import_id) => importing.send({ type: 'Import', import_id })))

    await allAreCancelled(imported.flatMap(ordersOf))
  })
}
