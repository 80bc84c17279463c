import { expect, test } from 'vitest'
import {
  addEvent,
  addFailure,
  newConversation,
  sagaStates,
  statusOf,
} from '../../../../src/operations/sagas/conversation.ts'
import { TypeNumbers } from '../../../../src/operations/sagas/description/definition.ts'
import {
  checkoutSaga as definition,
  type SagaEvent as Event,
  MINUTE,
  randomHistory,
} from '../../../support/saga-histories.ts'
import { seededRandom } from '../../schema/support/random.ts'

const types = new TypeNumbers(definition)

function judge(
  events: readonly Event[],
  now: number,
  options: { deadLetterAt?: number; endsKnownSince?: number } = {},
) {
  const conversation = newConversation('c-1', types)
  for (const [type, at] of events) addEvent(conversation, types, type, at)
  const { deadLetterAt, endsKnownSince } = options
  if (deadLetterAt !== undefined)
    addFailure(conversation, { letterId: '1', at: deadLetterAt, eventType: 'ChargePayment', error: 'no' })
  return statusOf(definition, types, conversation, { now, ...(endsKnownSince !== undefined && { endsKnownSince }) })
}

test('a conversation waits for the next event until the deadline, and is stuck after it', () => {
  const events: Event[] = [
    ['OrderPlaced.v1', 1000],
    ['StockReserved.v2', 2000],
  ]
  const waitsFor = ['PaymentCompleted', 'PaymentFailed']
  const deadline = 2000 + 2 * MINUTE
  expect(judge(events, deadline)).toEqual({ state: 'running', since: 1000, reason: undefined, waitsFor, deadline })
  const reason = { code: 'overdue', after: 'StockReserved', oneOf: waitsFor, deadline }
  expect(judge(events, deadline + 1)).toEqual({ state: 'stuck', since: deadline, reason, waitsFor, deadline })
})

test('an outcome counts more than a dead letter, and a dead letter more than a missing event', () => {
  const events: Event[] = [['OrderPlaced.v1', 1000]]
  expect(judge(events, 10 * MINUTE, { deadLetterAt: 5000 })).toMatchObject({ state: 'failed', since: 5000 })
  const ended: Event[] = [...events, ['CheckoutCompleted.v1', 9000]]
  expect(judge(ended, 10 * MINUTE, { deadLetterAt: 5000 })).toMatchObject({ state: 'completed', since: 9000 })
})

test('a stuck conversation that is resolved later is compensated', () => {
  const stuck: Event[] = [
    ['OrderPlaced.v1', 1000],
    ['CheckoutStuck.v1', 2000],
  ]
  expect(judge(stuck, 3000)).toMatchObject({ state: 'stuck', since: 2000, reason: { code: 'stuck-event' } })
  expect(judge([...stuck, ['CheckoutFailed.v1', 9000]], 10_000)).toMatchObject({ state: 'compensated', since: 9000 })
})

test('a conversation is expired, not stuck, if the events that may have ended it are deleted', () => {
  const events: Event[] = [['OrderPlaced.v1', 1000]]
  expect(judge(events, 10 * MINUTE, { endsKnownSince: 1001 })).toMatchObject({ state: 'expired', since: 1000 })
  expect(judge(events, 10 * MINUTE, { endsKnownSince: 1000 })).toMatchObject({ state: 'stuck' })
})

test('a type with a version matches only this version', () => {
  const versioned = { ...definition, completedBy: ['CheckoutCompleted.v2'] }
  const numbers = new TypeNumbers(versioned)
  const stateAfter = (type: string) => {
    const conversation = newConversation('c-1', numbers)
    addEvent(conversation, numbers, type, 1000)
    return statusOf(versioned, numbers, conversation, { now: 2000 }).state
  }
  expect(stateAfter('CheckoutCompleted.v2')).toBe('completed')
  expect(stateAfter('CheckoutCompleted.v1')).toBe('running')
})

const HISTORIES = 20_000

test('judges seeded histories without a wrong or a missed state, whatever the order and the copies of events', () => {
  const random = seededRandom(15)
  const counts = new Map(sagaStates.map((state) => [state, { right: 0, wrong: 0, missed: 0 }]))
  const failures: unknown[] = []
  for (let made = 0; made < HISTORIES; made += 1) {
    const history = randomHistory(random)
    const found = judge(history.events, history.now, history).state
    const [ofFound, ofState] = [counts.get(found), counts.get(history.state)]
    if (ofFound === undefined || ofState === undefined) throw new Error(`unknown state ${found}`)
    if (found === history.state) ofFound.right += 1
    else {
      ofFound.wrong += 1
      ofState.missed += 1
      failures.push({ found, ...history })
    }
  }
  for (const [state, { right, wrong, missed }] of counts) {
    if (right + wrong + missed === 0) continue
    process.stdout.write(
      `${state}: precision ${(right / (right + wrong)).toFixed(3)}, recall ${(right / (right + missed)).toFixed(3)} of ${right + missed}\n`,
    )
  }
  expect(failures.slice(0, 3)).toEqual([])
})
