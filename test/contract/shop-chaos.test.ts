import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { PostgresEventStore, RedpandaEventBus } from '../../src/index.ts'
import { type FakeClock, fakeClock, onFakeClock } from '../support/fake-clock.ts'
import { startKafka } from '../support/kafka.ts'
import { startKafkaProxy } from '../support/kafka-proxy.ts'
import { startPostgres } from '../support/postgres.ts'
import { makeShop } from '../support/shop.ts'
import { freePort } from '../support/watched-process.ts'
import { eventually } from './support/harness.ts'
import { expectSettled, placeOrder } from './support/shop-ledger.ts'
import type { ShopProcess } from './support/shop-process.ts'
import { type StartedProcess, startProcess } from './support/start-process.ts'

// All faults in a random order. The checks at the end do not depend on the order: every checkout has ended once, payments of
// cancelled orders are refunded, and the topics equal the store.

const TIMEOUT = 300_000
/** The number of orders in one publish. */
const ORDERS = 20
/** How long a payment may take. When the clock jumps by more, open checkouts time out and are compensated. */
const PATIENCE = '10m'
/** Kafka 4 refuses records whose timestamp is an hour in the future. */
const JUMPS = ['+25m', '-25m', '+12m', '-3m', '+0']

type Roles = ShopProcess['roles']
const roles: readonly Roles[] = [['checkout'], ['order', 'payment'], ['checkout'], ['order', 'payment']]

interface Member {
  process: StartedProcess
  readonly clock: FakeClock
  readonly start: () => Promise<StartedProcess>
}

const isHere = inject('kafkaBrokers') !== '' && inject('postgresUrl') !== ''

describe.runIf(isHere && onFakeClock)('a shop of four processes', () => {
  test('ends every checkout once while processes, broker, store, connections and clocks fail', {
    timeout: TIMEOUT,
  }, async ({ skip }) => {
    const proxy = await startKafkaProxy(await freePort())
    const kafka = await startKafka({ properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` } })
    const postgres = await startPostgres()
    proxy.brokerPort = Number(kafka.brokers.split(':')[1])
    const members: Member[] = []
    onTestFinished(async () => {
      await Promise.all(members.map(({ process }) => process.die()))
      proxy.close()
      await kafka.dispose()
      await postgres.dispose()
    })
    skip(!postgres.isOwn || !kafka.isOwn, 'external servers cannot be stopped')

    const brokers = `127.0.0.1:${proxy.port}`
    const prefix = `${randomUUID()}-`
    const { order, payment } = makeShop(prefix)
    await using bus = new RedpandaEventBus({ brokers })
    await using store = new PostgresEventStore({ url: postgres.url })
    await store.init()
    for (const topic of [order.events, order.commands, payment.events, payment.commands]) {
      await bus.admin.createTopic(topic, { partitions: 3 })
    }
    for (const own of roles) {
      const clock = fakeClock('+0')
      const shop: ShopProcess = {
        bus: { kind: 'kafka', brokers },
        store: postgres.url,
        prefix,
        roles: own,
        patience: PATIENCE,
      }
      const start = () => startProcess('shop-process.ts', [shop], 'running', clock.env)
      members.push({ process: await start(), clock, start })
    }

    let placed = 0
    /** Publishes until the bus acknowledges. Copies have the same message id and count once. */
    const place = async () => {
      const orders = Array.from({ length: ORDERS }, (_, index) => placeOrder(prefix, placed + index))
      await eventually(() => bus.publish(order.commands, orders), TIMEOUT)
      placed += ORDERS
    }
    const one = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T
    const accidents: readonly (() => Promise<unknown>)[] = [
      ...Array.from({ length: 6 }, () => async () => {
        const member = one(members)
        await member.process.die()
        member.process = await member.start()
      }),
      ...Array.from({ length: 4 }, () => async () => {
        await proxy.stop()
        await sleep(randomInt(1500))
        await proxy.start()
      }),
      ...Array.from({ length: 5 }, () => async () => one(members).clock.set(one(JUMPS))),
      ...Array.from({ length: 2 }, () => () => kafka.restart()),
      () => kafka.kill().then(() => kafka.start()),
      ...Array.from({ length: 2 }, () => async () => {
        await postgres.stop()
        await sleep(randomInt(1500))
        await postgres.start()
      }),
    ]
    const inOrder = accidents.map((accident) => ({ accident, at: Math.random() })).sort((a, b) => a.at - b.at)
    for (const { accident } of inOrder) {
      // A process that starts while its servers are unreachable waits for them, so orders are placed at the same time.
      await Promise.all([place(), sleep(randomInt(400)).then(accident)])
    }
    await place()
    expect(placed).toBe(ORDERS * (accidents.length + 1))

    const books = { bus, store, prefix }
    await eventually(() => expectSettled(books, placed), TIMEOUT)
  })
})
