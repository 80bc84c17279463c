import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { type SerializedEvent, serializedEvent } from '../../../../src/bus/event.ts'
import type { EventBus } from '../../../../src/bus/event-bus.ts'
import type { SagaDefinition } from '../../../../src/operations/sagas/description/definition.ts'
import { listSagas, type SagaInstance } from '../../../../src/operations/sagas/list.ts'
import { openSagaStore } from '../../../../src/operations/sagas/saga-store.ts'
import type { EventStore } from '../../../../src/store/event-store.ts'
import { openStoreSetup } from '../../../../src/store/open.ts'
import {
  checkoutSaga,
  MINUTE,
  randomHistory,
  type SagaEvent,
  type SagaHistory,
  shuffled,
} from '../../../support/saga-histories.ts'
import { type Random, seededRandom } from '../../../unit/schema/support/random.ts'
import { testSignal } from '../harness.ts'
import type { BusAndStore } from './bus-and-store.ts'
import type { FaultTable } from './fault-table.ts'

/** The conversations of each saga. */
const CONVERSATIONS = 120
/** The age of the first outcome that a topic with deleted records still has. */
const CUT_MS = 30 * MINUTE

/** A conversation as it is written, and the state that proves its fault. */
interface Scene {
  readonly id: string
  readonly fault: string
  readonly state: string
  /** With real times. */
  readonly events: readonly SagaEvent[]
  /** The outcome is published without metadata. */
  readonly isBare?: boolean
  readonly deadLetter?: 'open' | 'resolved' | undefined
}

/** A saga, whose conversations are in streams of the store or only on topics. */
interface Saga {
  readonly definition: SagaDefinition
  readonly scenes: readonly Scene[]
  readonly source: 'store' | 'topics'
}

const isOutcome = ([type]: SagaEvent): boolean => type.startsWith('Checkout')

/** Moves a history to the present, and gives some of them a fault. */
function makeScene(
  history: SagaHistory,
  id: string,
  random: Random,
  present: number,
  cutAt: number | undefined,
): Scene {
  const { events, now, state } = history
  const lasts = (own: readonly SagaEvent[]) => Math.max(...own.map(([, at]) => at))
  const moved = (end: number) => events.map(([type, at]): SagaEvent => [type, at + present - end])
  if (state === 'completed' && cutAt === undefined) {
    const kept = events.filter((event) => !isOutcome(event))
    // All deadlines are over by then.
    const late = lasts(events) + 10 * MINUTE
    const [isLost, isBare, isSkewed] = [random.chance(0.25), random.chance(0.25), random.chance(0.25)]
    if (isLost) {
      const [fault, left] = [
        'lost publish of an outcome',
        kept.map(([type, at]): SagaEvent => [type, at + present - late]),
      ]
      return { id, fault, state: 'stuck overdue', events: left }
    }
    if (isBare) return { id, fault: 'outcome without metadata', state: 'stuck overdue', events: moved(late), isBare }
    if (isSkewed) {
      const skewed = moved(now).map(([type, at]): SagaEvent => [type, isOutcome([type, at]) ? at - 120 * MINUTE : at])
      return { id, fault: 'completed: clock skew between producers', state: 'completed', events: skewed }
    }
  }
  const own = moved(now)
  if (state === 'failed') {
    return { id, fault: 'failed: dead letter', state: 'failed dead-letter', events: own, deadLetter: 'open' }
  }
  const isStuckBy = state === 'stuck' && own.some(([type]) => type.startsWith('CheckoutStuck'))
  if (isStuckBy) return { id, fault: 'stuck: an event says so', state: 'stuck stuck-event', events: own }
  if (state === 'stuck' && cutAt !== undefined && lasts(own) < cutAt) {
    return { id, fault: 'expired: its outcome may be deleted', state: 'expired', events: own }
  }
  if (state === 'stuck') return { id, fault: 'stuck: no event in time', state: 'stuck overdue', events: own }
  const isResolved = state === 'running' && random.chance(0.3)
  if (isResolved) {
    return { id, fault: 'running: its dead letter is resolved', state, events: own, deadLetter: 'resolved' }
  }
  return { id, fault: state, state, events: own }
}

/** Writes conversations of sagas in all states to a bus and a store, and compares the states that a list of them has. */
export async function compareSagas({ bus, store, location }: BusAndStore, table: FaultTable): Promise<void> {
  const present = Date.now()
  const cutAt = present - CUT_MS
  const sagas = (['store', 'topics', 'cut topics'] as const).map((kind, seed): Saga => {
    const random = seededRandom(seed + 1)
    const saga = `f-${randomUUID()}`
    const scenes = Array.from({ length: CONVERSATIONS }, (_, at) =>
      makeScene(randomHistory(random), `${saga}-${at}`, random, present, kind === 'cut topics' ? cutAt : undefined),
    )
    const [topics, events] = [[`${saga}-order-events`], [`${saga}-checkout-events`]]
    return {
      definition: { ...checkoutSaga, saga, topics, events },
      scenes,
      source: kind === 'store' ? 'store' : 'topics',
    }
  })
  for (const [at, saga] of sagas.entries()) {
    await writeSaga(bus, store, saga, seededRandom(at + 100), at === 2 ? cutAt : undefined)
  }

  await using setup = await openStoreSetup(location)
  await using opened = await openSagaStore(setup)
  const files = sagas.map(({ definition }) => ({ path: `sagas/${definition.saga}.json`, definition }))
  const report = await listSagas(bus, { files, store: opened, now: present, signal: testSignal() })
  const left = new Map(report.instances.map((instance) => [instance.correlationId, instance]))
  for (const { scenes } of sagas) {
    for (const { id, fault, state } of scenes) {
      const instance = left.get(id)
      left.delete(id)
      table.compare('sagas', { [fault]: [`${id} ${state}`] }, instance === undefined ? [] : [lineOf(instance)])
    }
  }
  table.compare('sagas', {}, [...left.values()].map(lineOf), (line) => line.split(' ')[1] ?? '')
  expect(report.sagas.map(({ source }) => source)).toEqual(sagas.map(({ source }) => source))
}

const lineOf = ({ correlationId, state, reason }: SagaInstance): string =>
  [correlationId, state, reason?.code].filter((part) => part !== undefined).join(' ')

/** Writes the conversations of a saga. With `cutAt`, the outcomes before that time are deleted. */
async function writeSaga(
  bus: EventBus,
  store: EventStore,
  { definition: { saga, topics, events }, scenes, source }: Saga,
  random: Random,
  cutAt: number | undefined,
): Promise<void> {
  const [[orders = ''], [outcomes = '']] = [topics, events]
  await bus.admin.createTopic(orders, { partitions: 2 })
  await bus.admin.createTopic(outcomes, { partitions: cutAt === undefined ? 2 : 1 })
  if (cutAt !== undefined) {
    const record = (value: string, time: number) => ({ key: null, value: Buffer.from(value), timestamp: BigInt(time) })
    await bus.log.append(outcomes, [record('deleted', cutAt - MINUTE), record('first', cutAt)])
    await bus.admin.deleteRecords(outcomes, new Map([[0, 1n]]))
  }
  const published = new Map<string, SerializedEvent[]>([
    [orders, []],
    [outcomes, []],
  ])
  const waiting: SerializedEvent[] = []
  for (const { id, events: own, isBare = false, deadLetter } of scenes) {
    const reactedTo: SerializedEvent[] = []
    for (const event of own) {
      const [type, at] = event
      const metadata = { correlationId: id, timestamp: new Date(at).toISOString() }
      const serialized = serializedEvent(type, Buffer.from('{}'), isBare && isOutcome(event) ? null : metadata)
      if (!isOutcome(event)) reactedTo.push(serialized)
      // An outcome in the outbox counts as well.
      const isWaiting = source === 'store' && isOutcome(event) && !isBare && random.chance(0.3)
      if (isWaiting) waiting.push(serialized)
      else published.get(isOutcome(event) ? outcomes : orders)?.push(serialized)
    }
    if (source === 'store') await store.append(`${saga}-saga-${id}`, 0, reactedTo)
    if (deadLetter !== undefined) {
      const event = serializedEvent('ChargePayment.v1', Buffer.from('{}'), { correlationId: id })
      const letter = { streamId: 'payment-1', event, error: 'card declined', originalTimestamp: new Date() }
      const key = await store.deadLetters.add(letter)
      if (deadLetter === 'resolved') await store.deadLetters.resolve(key, 'someone')
    }
  }
  const messages = waiting.map((event) => ({ topic: outcomes, event }))
  if (messages.length > 0) await store.commit(`${saga}-saga`, [{ appends: [], messages }])
  for (const [topic, own] of published) await bus.publish(topic, shuffled(random, own))
}
