import type { Published } from '../../operations/publish/publish.ts'
import { printable } from '../text/printable.ts'

/** Where an event went: `order-events[2]@41 OrderPlaced.v1`. */
export function formatPublished({ position: { topic, partition, offset }, eventType }: Published): string {
  return `${topic}[${partition}]@${offset}${eventType === null ? '' : ` ${printable(eventType)}`}\n`
}
