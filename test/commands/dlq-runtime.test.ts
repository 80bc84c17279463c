import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { messageId } from '../../src/codecs/message-id.ts'
import { encodePayload } from '../../src/codecs/payload.ts'
import DlqRetry from '../../src/commands/dlq/retry.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { cborCodec } from '../../src/saga/codecs/plain-codecs.ts'
import { append, reject } from '../../src/saga/effects.ts'
import { runAggregate } from '../../src/saga/run-aggregate.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { runCli } from './run-cli.ts'

type OrderAction = {
  readonly type: 'PlaceOrder' | 'ShipOrder' | 'OrderPlaced' | 'OrderShipped'
  readonly order_id: string
}

/** Starts an aggregate whose reducer throws for PlaceOrder while `fault.isBroken`, and rejects ShipOrder before it is placed. */
async function startShop() {
  const cwd = mkdtempSync(join(tmpdir(), 'crbus-dlq-runtime-'))
  const broker = new MemoryBroker()
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  const store = new SqliteEventStore({ path: join(cwd, 'store.db') })
  const fault = { isBroken: true }
  const running = await runAggregate<'new' | 'placed' | 'shipped', OrderAction>({
    bus,
    store,
    aggregate: {
      name: 'order',
      events: 'order-events',
      commands: 'order-commands',
      initial: 'new',
      reduce(state, { type, order_id }) {
        if (type === 'OrderPlaced') return { state: 'placed', effects: [] }
        if (type === 'OrderShipped') return { state: 'shipped', effects: [] }
        if (type === 'ShipOrder') {
          const effect = state === 'placed' ? append({ type: 'OrderShipped' as const, order_id }) : reject('not placed')
          return { state, effects: [effect] }
        }
        if (fault.isBroken) throw new Error('the stock service does not answer')
        return { state, effects: [append({ type: 'OrderPlaced' as const, order_id })] }
      },
      codec: cborCodec<OrderAction>({ PlaceOrder: 1, ShipOrder: 1, OrderPlaced: 1, OrderShipped: 1 }),
      idOf: ({ order_id }) => order_id,
    },
  })
  const command = (type: OrderAction['type'], order_id: string) => {
    const encoded = encodePayload({ order_id }, 'cbor')
    if (!encoded.ok) throw new Error(encoded.reason)
    return serializedEvent(`${type}.v1`, encoded.bytes, {
      correlationId: `c-${order_id}`,
      causationId: `${type}-${order_id}`,
    })
  }
  return {
    ...{ bus, store, fault, command },
    send: (type: OrderAction['type'], id: string) => bus.publish('order-commands', command(type, id), { key: id }),
    retry: () => runCli(DlqRetry, ['--all', '--yes'], { broker, cwd, env: { CRBUS_STORE: join(cwd, 'store.db') } }),
    typesOf: async (id: string) => (await store.readStream(`order-${id}`)).map(({ event }) => event.eventType),
    until: (pending: number) =>
      vi.waitFor(async () => expect(await store.deadLetters.count('pending')).toBe(pending), 10_000),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]()
      await bus.close()
      await store.close()
      rmSync(cwd, { recursive: true })
    },
  }
}

test('a retried command is handled under the same message id, and once', async () => {
  await using shop = await startShop()
  await shop.send('PlaceOrder', 'o-1')
  await shop.until(1)
  expect(await shop.typesOf('o-1')).toEqual([])
  shop.fault.isBroken = false

  expect((await shop.retry()).stderr).toBe('sent 1 dead letter\n')

  await vi.waitFor(async () => expect(await shop.typesOf('o-1')).toEqual(['OrderPlaced.v1']), 10_000)
  const [stored] = await shop.store.readStream('order-o-1')
  expect(stored?.event.metadata).toMatchObject({
    causationId: messageId(shop.command('PlaceOrder', 'o-1')),
    correlationId: 'c-o-1',
  })
  // The original command and its copy have one id, so a further copy changes nothing.
  await shop.send('PlaceOrder', 'o-1')
  await shop.send('PlaceOrder', 'o-2')
  await vi.waitFor(async () => expect(await shop.typesOf('o-2')).toEqual(['OrderPlaced.v1']), 10_000)
  expect(await shop.typesOf('o-1')).toEqual(['OrderPlaced.v1'])
  expect(await shop.store.deadLetters.count('pending')).toBe(0)
})

test('a rejected command that is retried and rejected again is a dead letter again, until its retries are used up', async () => {
  await using shop = await startShop()
  shop.fault.isBroken = false
  await shop.send('ShipOrder', 'o-1')
  for (let retries = 0; retries < 2; retries += 1) {
    await shop.until(1)
    expect((await shop.retry()).stderr).toBe('sent 1 dead letter\n')
  }
  await shop.until(1)
  await shop.send('PlaceOrder', 'o-1')
  await vi.waitFor(async () => expect(await shop.typesOf('o-1')).toEqual(['OrderPlaced.v1']), 10_000)
  expect((await shop.retry()).stderr).toBe('sent 1 dead letter\n')
  await vi.waitFor(async () => expect(await shop.typesOf('o-1')).toEqual(['OrderPlaced.v1', 'OrderShipped.v1']), 10_000)

  await shop.send('ShipOrder', 'o-1')
  await shop.send('ShipOrder', 'o-9')
  for (let retries = 0; retries < 3; retries += 1) {
    await shop.until(1)
    await shop.retry()
  }
  await shop.until(1)
  expect((await shop.retry()).stdout).toContain('it was retried as often as --max-retries allows, and failed each time')
  expect(await shop.store.deadLetters.count('pending')).toBe(1)
})
