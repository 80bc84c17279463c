import type { Action } from '../../saga/action.ts'
import type { Aggregate } from '../../saga/aggregate.ts'
import { runAggregate } from '../../saga/run-aggregate.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { DemoPart } from './run-demo.ts'

/** The total of the order that hangs: whole dollars and cents, where all other orders have cents. */
export const WRONG_TOTAL = 12.99

/** An order whose payment became a dead letter, so that its checkout does not continue. */
export interface HangingOrder {
  readonly correlationId: string
  /** The id of the dead letter in the event store. */
  readonly letterId: string
  /** Why the payment was refused. */
  readonly reason: string
}

/**
 * Returns the parts with a payment that refuses amounts that are not in whole cents. The other parts do not check them, as happens
 * between services of several teams.
 */
export const withStrictPayment = <S, A extends Action>(
  parts: readonly DemoPart[],
  payment: Aggregate<S, A>,
): readonly DemoPart[] =>
  parts.map((part) =>
    part.name === payment.name ? { ...part, run: (on) => runAggregate({ ...on, aggregate: strict(payment) }) } : part,
  )

const strict = <S, A extends Action>(payment: Aggregate<S, A>): Aggregate<S, A> => ({
  ...payment,
  codec: {
    ...payment.codec,
    decode(event) {
      const action = payment.codec.decode(event)
      const { amount } = (action ?? {}) as { readonly amount?: unknown }
      if (amount === undefined || Number.isInteger(amount)) return action
      throw new Error(`the amount ${amount} of ${event.eventType} is not in whole cents`)
    },
  },
})

/** Finds the dead letter of a conversation; `undefined` if there is none that is open. */
export async function findHangingOrder(
  { deadLetters }: EventStore,
  correlationId: string,
): Promise<HangingOrder | undefined> {
  let after: string | undefined
  while (true) {
    const page = await deadLetters.list({ status: 'pending', after })
    const own = page.find(({ event }) => event.metadata?.correlationId === correlationId)
    if (own !== undefined) return { correlationId, letterId: own.id, reason: own.error }
    const last = page.at(-1)
    if (last === undefined) return undefined
    after = last.id
  }
}
