import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { EmbeddedEventBus, PostgresEventStore, RedpandaEventBus, runAggregate, runSaga } from '../../src/index.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { startKafka } from '../support/kafka.ts'
import { startPostgres } from '../support/postgres.ts'
import { makeShop, shopGroup } from '../support/shop.ts'
import { eventually } from './support/harness.ts'
import { endedOf, expectBalanced, placeOrder } from './support/shop-ledger.ts'
import { type StartedProcess, startProcess } from './support/start-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'crbus-outages-'))
afterAll(() => rmSync(folder, { recursive: true }))

const TIMEOUT = 300_000

describe('timers', () => {
  test('survive a killed process, and fire once each in another process', { timeout: TIMEOUT }, async () => {
    const path = join(folder, 'timers.db')
    const location = join(folder, 'timers-store.db')
    await using bus = new EmbeddedEventBus({ path })
    await using store = new SqliteEventStore({ path: location })
    const prefix = `${randomUUID()}-`
    const { order, payment } = makeShop(prefix)
    for (const topic of [order.events, order.commands, payment.events, payment.commands]) {
      await bus.admin.createTopic(topic, { partitions: 3 })
    }
    // No process handles payments, so every checkout times out.
    const start = (patience: string): Promise<StartedProcess> => {
      const address = { kind: 'embedded', path, sessionTimeout: 1000 }
      const what = { bus: address, store: location, prefix, roles: ['order', 'checkout'], patience }
      return startProcess('shop-process.ts', [what], 'running')
    }
    const owner = shopGroup(prefix, 'checkout')
    const timers = () => store.timers.due(owner, new Date(Date.now() + 3_600_000), 100)

    const first = await start('20s')
    await bus.publish(
      order.commands,
      Array.from({ length: 20 }, (_, number) => placeOrder(prefix, number)),
    )
    await eventually(async () => expect(await timers()).toHaveLength(20), TIMEOUT)
    await first.die()
    // Two processes fire timers, and one of them is killed meanwhile.
    const [second, third] = [await start('20s'), await start('20s')]
    await eventually(async () => expect((await timers()).length).toBeLessThan(20), TIMEOUT)
    await second.die()
    await eventually(async () => expect(await endedOf({ bus, store, prefix })).toBe(20), TIMEOUT)
    await third.end()

    expect(await timers()).toEqual([])
    for (let number = 0; number < 20; number += 1) {
      const stored = await store.readStream(`checkout-saga-c-${number}`)
      expect(stored.map(({ event }) => event.eventType)).toEqual([
        'OrderPlaced.v1',
        'PaymentTimedOut.v1',
        'OrderCancelled.v1',
      ])
    }
  })
})

const isHere = inject('kafkaBrokers') !== '' && inject('postgresUrl') !== ''
if (!isHere) describe.skip('outages: Kafka or Postgres is missing here', () => test('outages', () => {}))
else {
  // Separate servers, because this test stops them.
  test('loses nothing when store and bus are stopped and started in turn', { timeout: TIMEOUT }, async ({ skip }) => {
    const [postgres, kafka] = [await startPostgres(), await startKafka()]
    onTestFinished(async () => {
      await postgres.dispose()
      await kafka.dispose()
    })
    skip(!postgres.isOwn || !kafka.isOwn, 'external servers cannot be stopped')
    await using store = new PostgresEventStore({ url: postgres.url })
    await store.init()
    await using bus = new RedpandaEventBus({ brokers: kafka.brokers })
    const prefix = `${randomUUID()}-`
    const { order, payment, checkout } = makeShop(prefix)
    for (const topic of [order.events, order.commands, payment.events, payment.commands]) {
      await bus.admin.createTopic(topic, { partitions: 3 })
    }
    const told: string[] = []
    const onError = ({ message }: { readonly message: string }) => told.push(message)
    const group = (role: string) => ({ bus, store, group: shopGroup(prefix, role), onError })
    const running = [
      await runAggregate({ ...group('order'), aggregate: order }),
      await runAggregate({ ...group('payment'), aggregate: payment }),
      await runSaga({ ...group('checkout'), saga: checkout }),
    ]
    const place = (from: number) =>
      bus.publish(
        order.commands,
        Array.from({ length: 50 }, (_, index) => placeOrder(prefix, from + index)),
      )
    const books = { bus, store, prefix }

    await place(0)
    await sleep(Math.random() * 300)
    await postgres.stop()
    await place(50)
    await sleep(2000)
    expect(told.length).toBeGreaterThan(0)
    await postgres.start()
    await eventually(async () => expect(await endedOf(books)).toBe(100), TIMEOUT)

    await place(100)
    await sleep(Math.random() * 300)
    await kafka.stop()
    await sleep(3000)
    await kafka.start()
    await eventually(() => place(150), TIMEOUT)
    await eventually(async () => expect(await endedOf(books)).toBe(200), TIMEOUT)

    await Promise.all(running.map((part) => part.close()))
    await Promise.all(running.map((part) => part.done))
    await expectBalanced(books, 200)
  })
}
