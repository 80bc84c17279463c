import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  append,
  cborCodec,
  dispatch,
  EmbeddedEventBus,
  type EventBus,
  type EventStore,
  PostgresEventStore,
  publish,
  RedpandaEventBus,
  runAggregate,
  runSaga,
  SqliteEventStore,
} from '../../../src/index.ts'
import { startPostgres } from '../../support/postgres.ts'
import { percentile } from '../measure.ts'
import type { Line } from '../report.ts'
import type { Row, Setting } from '../setting.ts'

/** Commands in flight while the rate is measured. */
const AT_ONCE = 1000
const PACED_RATE = 500
const PACED_SECONDS = 10
const ROUNDS = 3

export const saga: Row = {
  name: 'saga',
  note: `an aggregate appends and publishes an event, a saga reacts with a command, all in one process; counted when the command arrives at a subscriber. Rate: ${AT_ONCE} commands in flight, the median of ${ROUNDS}. Delay: from sending to arrival, at ${PACED_RATE}/s for ${PACED_SECONDS} s. SQLite writes every commit through to the disk, and so does Postgres.`,

  async run(setting) {
    return [...(await onEmbedded(setting)), ...(await onKafka(setting))]
  },
}

async function onEmbedded({ folder, records }: Setting): Promise<readonly Line[]> {
  const own = join(folder, 'saga')
  mkdirSync(own)
  await using bus = new EmbeddedEventBus({ path: join(own, 'bus.db'), createTopics: true })
  await using store = new SqliteEventStore({ path: join(own, 'store.db') })
  return await measured(
    'embedded + SQLite',
    { bus, store },
    { count: Math.min(records, 20_000), rate: 5000, delay: 20 },
  )
}

async function onKafka(setting: Setting): Promise<readonly Line[]> {
  const { brokers } = await setting.bus()
  const postgres = await startPostgres()
  try {
    await using bus = new RedpandaEventBus({ brokers })
    await using store = new PostgresEventStore({ url: postgres.url })
    await store.init()
    return await measured(
      'Kafka + Postgres',
      { bus, store },
      { count: Math.min(setting.records, 10_000), rate: 1000, delay: 100 },
    )
  } finally {
    await postgres.dispose()
  }
}

interface Place {
  readonly bus: EventBus
  readonly store: EventStore
}

interface Targets {
  readonly count: number
  /** Events a second, at least. */
  readonly rate: number
  /** Milliseconds, at most. */
  readonly delay: number
}

async function measured(name: string, place: Place, { count, rate, delay }: Targets): Promise<readonly Line[]> {
  const chain = await startChain(place)
  try {
    await chain.rate(Math.min(count, 2000))
    const rates: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) rates.push(await chain.rate(count))
    const found = percentile(rates, 50)
    process.stderr.write(`  ${name}: ${rates.map((one) => one.toFixed(0)).join(' ')} events/s\n`)
    const delays = await chain.delays()
    const [median, high] = [percentile(delays, 50), percentile(delays, 99)]
    process.stderr.write(`  ${name}: delay ${median.toFixed(1)} ms, p99 ${high.toFixed(1)} ms\n`)
    return [
      {
        name: `saga on ${name}`,
        peer: '',
        crbus: `${(found / 1000).toFixed(1)} k events/s`,
        target: { says: `≥ ${rate / 1000} k/s`, isMet: found >= rate },
      },
      {
        name: `saga on ${name}, delay at ${PACED_RATE}/s`,
        peer: '',
        crbus: `${median.toFixed(1)} ms, p99 ${high.toFixed(1)} ms`,
        target: { says: `p99 < ${delay} ms`, isMet: high < delay },
      },
    ]
  } finally {
    await chain.close()
  }
}

type Order =
  | { readonly type: 'PlaceOrder'; readonly order_id: string; readonly total: number }
  | { readonly type: 'OrderPlaced'; readonly order_id: string; readonly total: number }

/** The aggregate, the saga, and a subscriber that sees the commands arrive. */
async function startChain({ bus, store }: Place) {
  const run = randomUUID()
  const [events, commands, payments] = [`${run}-order-events`, `${run}-order-commands`, `${run}-payment-commands`]
  for (const topic of [events, commands, payments]) await bus.admin.createTopic(topic, { partitions: 1 })
  const codec = cborCodec<Order>({ PlaceOrder: 1, OrderPlaced: 1 })
  const onError = ({ message }: { readonly message: string }) => process.stderr.write(`  ${message}\n`)
  const orders = await runAggregate<boolean, Order>({
    bus,
    store,
    onError,
    group: `${run}-order`,
    aggregate: {
      name: 'order',
      events,
      commands,
      initial: false,
      reduce(isPlaced, action) {
        if (action.type === 'OrderPlaced') return { state: true, effects: [] }
        const event: Order = { ...action, type: 'OrderPlaced' }
        return { state: isPlaced, effects: [append(event), publish(events, event)] }
      },
      codec,
      idOf: ({ order_id }) => order_id,
    },
  })
  const checkout = await runSaga<string, Order>({
    bus,
    store,
    onError,
    group: `${run}-checkout`,
    saga: {
      name: 'checkout',
      topics: [events],
      initial: 'idle',
      reduce: (state, { order_id, total }) =>
        state === 'idle'
          ? { state: 'charging', effects: [dispatch(payments, { type: 'ChargePayment', order_id, amount: total })] }
          : { state, effects: [] },
      codec: cborCodec<Order>({ PlaceOrder: 1, OrderPlaced: 1 }),
    },
  })
  const arrivals = await bus.subscribe([payments], { group: `${run}-arrivals`, autoOffsetReset: 'earliest' })
  const waiting = new Map<string, (at: number) => void>()
  const watching = (async () => {
    for (let batch = await arrivals.nextBatch(); batch !== undefined; batch = await arrivals.nextBatch()) {
      const at = performance.now()
      for (const received of batch) {
        const id = received.ok ? (received.event.metadata?.correlationId ?? '') : ''
        waiting.get(id)?.(at)
        waiting.delete(id)
      }
    }
  })()
  let sent = 0
  /** Resolves with the milliseconds until the command arrived. */
  const send = async (): Promise<number> => {
    sent += 1
    const id = `${run}-${sent}`
    const begun = performance.now()
    const arrived = new Promise<number>((resolve) => waiting.set(id, resolve))
    await orders.send({ type: 'PlaceOrder', order_id: id, total: sent }, { correlationId: id, causationId: id })
    return (await arrived) - begun
  }
  return {
    async rate(count: number): Promise<number> {
      const begun = performance.now()
      let left = count
      const worker = async () => {
        while (left-- > 0) await send()
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      return count / ((performance.now() - begun) / 1000)
    },
    async delays(perSecond = PACED_RATE, seconds = PACED_SECONDS): Promise<readonly number[]> {
      const begun = performance.now()
      const all: Promise<number>[] = []
      while (all.length < perSecond * seconds) {
        const due = Math.floor(((performance.now() - begun) / 1000) * perSecond)
        while (all.length < due) all.push(send())
        await sleep(1)
      }
      return Promise.all(all)
    },
    async close() {
      await Promise.all([orders.close(), checkout.close(), arrivals.close()])
      await watching
    },
  }
}
