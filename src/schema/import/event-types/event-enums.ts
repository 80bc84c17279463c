import { traitName } from '../crates/impls.ts'
import type { Item } from '../crates/module.ts'
import type { Lowering } from '../lowering/lowering.ts'

/** The functions that may return the event type of an enum, in the order in which they are tried. */
export const EVENT_TYPE_FUNCTIONS = ['event_type', 'event_name']

/** Whether an enum probably lists events, judged by its derives, impl blocks and name. */
export const isEventLike = (item: Item, lowering: Lowering): boolean =>
  hasEventTypes(item, lowering) || /(Event|Events|Action)$/.test(item.rust.name)

/** Whether an enum derives `Action`, implements a trait of events, or has a function that returns its event type. */
export function hasEventTypes(item: Item, lowering: Lowering): boolean {
  if (lowering.derivesOf(item).includes('Action')) return true
  return lowering.impls.of(item).some(({ impl }) => {
    const trait = traitName(impl)
    return (
      trait === 'Event' ||
      trait === 'DomainEvent' ||
      impl.functions.some(({ name }) => EVENT_TYPE_FUNCTIONS.includes(name))
    )
  })
}
