import { partitionName, positionName } from '../../bus/names/names.ts'
import type { Published } from '../../operations/publish/publish.ts'
import { printable } from '../text/printable.ts'

/** Formats the position of a published event: `order-events[2]@41 OrderPlaced.v1`. The offset may be unknown: `order-events[2]`. */
export function formatPublished({ position, eventType }: Published): string {
  const name = position.offset < 0n ? partitionName(position) : positionName(position)
  return `${name}${eventType === null ? '' : ` ${printable(eventType)}`}\n`
}
