import type { Published } from '../../operations/publish/publish.ts'
import { printable } from '../text/printable.ts'

/** Formats the position of a published event: `order-events[2]@41 OrderPlaced.v1`. */
export function formatPublished({ position: { topic, partition, offset }, eventType }: Published): string {
  return `${topic}[${partition}]@${offset}${eventType === null ? '' : ` ${printable(eventType)}`}\n`
}
