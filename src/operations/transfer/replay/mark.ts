import { positionName } from '../../../bus/names/names.ts'
import type { BusRecord, Header } from '../../../bus/record.ts'
import { asBuffer } from '../../../codecs/text-cache.ts'
import { laneOf } from '../deliver/item.ts'

/** The header of a replayed record: the topic, partition and offset that it is from, as `order-events[0]@12`. */
const REPLAYED_FROM = 'crbus-replayed-from'

/** Returns the mark of a record that is replayed. */
export const markOf = (record: BusRecord): Header => [REPLAYED_FROM, Buffer.from(positionName(record))]

/** Returns where a record was replayed from, as a lane and a position; `undefined` if it was not replayed. */
export function readMark({ headers }: BusRecord): { readonly lane: string; readonly position: bigint } | undefined {
  // A record may be replayed again, which adds a header.
  const value = headers.findLast(([name]) => name === REPLAYED_FROM)?.[1]
  const found = value ? /^(.+)\[(\d{1,9})\]@(\d{1,19})$/.exec(asBuffer(value).toString('utf8')) : null
  const [, topic, partition, offset] = found ?? []
  if (topic === undefined || offset === undefined) return undefined
  return { lane: laneOf(topic, Number(partition)), position: BigInt(offset) }
}
