import { positionName } from '../../bus/names/names.ts'
import type { Published } from '../../operations/publish/publish.ts'
import { printable } from '../text/printable.ts'

/** Formats the position of a published event: `order-events[2]@41 OrderPlaced.v1`. */
export function formatPublished({ position, eventType }: Published): string {
  return `${positionName(position)}${eventType === null ? '' : ` ${printable(eventType)}`}\n`
}
