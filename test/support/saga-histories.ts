import type { SagaState } from '../../src/operations/sagas/conversation.ts'
import type { SagaDefinition } from '../../src/operations/sagas/description/definition.ts'
import type { Random } from '../unit/schema/support/random.ts'

export const MINUTE = 60_000

/** The saga of the histories. */
export const checkoutSaga: SagaDefinition = {
  saga: 'checkout',
  topics: ['order-events'],
  events: ['checkout-events'],
  commands: [],
  startedBy: ['OrderPlaced'],
  completedBy: ['CheckoutCompleted'],
  compensatedBy: ['CheckoutFailed'],
  stuckBy: ['CheckoutStuck'],
  expects: [
    { after: 'OrderPlaced', oneOf: ['StockReserved', 'StockRejected'], within: MINUTE },
    { after: 'StockReserved', oneOf: ['PaymentCompleted', 'PaymentFailed'], within: 2 * MINUTE },
    { after: 'PaymentCompleted', oneOf: ['CheckoutCompleted'], within: MINUTE },
    { after: 'PaymentFailed', oneOf: ['CheckoutFailed', 'CheckoutStuck'], within: 5 * MINUTE },
    { after: 'StockRejected', oneOf: ['CheckoutFailed'], within: MINUTE },
  ],
  code: undefined,
}

/** An event type, and its time in milliseconds. */
export type SagaEvent = readonly [type: string, at: number]

/** A history whose state is known, because it was made for that state. */
export interface SagaHistory {
  readonly state: SagaState
  readonly events: readonly SagaEvent[]
  readonly now: number
  readonly deadLetterAt?: number
}

/** Makes a history for a random state, with events out of order, copies, later versions and events that mean nothing. */
export function randomHistory(random: Random): SagaHistory {
  const state = random.pick(['completed', 'compensated', 'stuck', 'failed', 'running'] as const)
  let at = 1_000_000
  const events: SagaEvent[] = []
  const happen = (type: string, most: number) => {
    at += random.below(most)
    events.push([`${type}.v${1 + random.below(3)}`, at])
  }
  const withFailure = state === 'compensated' || random.below(3) === 0
  happen('OrderPlaced', 10)
  const steps: (() => void)[] = withFailure
    ? [() => happen('StockReserved', MINUTE), () => happen('PaymentFailed', 2 * MINUTE)]
    : [() => happen('StockReserved', MINUTE), () => happen('PaymentCompleted', 2 * MINUTE)]
  const isEnded = state === 'completed' || state === 'compensated'
  const count = isEnded ? steps.length : random.below(steps.length + 1)
  for (const step of steps.slice(0, count)) step()
  const patience = [MINUTE, 2 * MINUTE, withFailure ? 5 * MINUTE : MINUTE][count] as number
  let now = at + random.below(patience + 1)
  let deadLetterAt: number | undefined
  if (state === 'compensated') {
    if (random.below(4) === 0) happen('CheckoutStuck', MINUTE)
    happen('CheckoutFailed', 5 * MINUTE)
  }
  if (state === 'completed') {
    if (withFailure) happen('PaymentCompleted', 10)
    happen('CheckoutCompleted', MINUTE)
  }
  if (isEnded) now = at + random.below(100 * MINUTE)
  if (state === 'stuck') {
    if (random.below(2) === 0) {
      happen('CheckoutStuck', 10)
      now = at + random.below(MINUTE)
    } else now = at + patience + 1 + random.below(100 * MINUTE)
  }
  if (state === 'failed') {
    deadLetterAt = at + random.below(MINUTE)
    now = deadLetterAt + random.below(100 * MINUTE)
  }
  for (let more = random.below(4); more > 0; more -= 1) events.push(random.pick(events))
  for (let more = random.below(4); more > 0; more -= 1)
    events.push([`Noise${random.below(9)}.v1`, at - random.below(1000)])
  return { state, events: shuffled(random, events), now, ...(deadLetterAt !== undefined && { deadLetterAt }) }
}

/** Returns items in random order. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const list = [...items]
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1)
    ;[list[at], list[other]] = [list[other] as T, list[at] as T]
  }
  return list
}
