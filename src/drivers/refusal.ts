import type { NewRecord } from '../bus/record.ts'

const MIN_TIMESTAMP = -(2n ** 63n)
const MAX_TIMESTAMP = 2n ** 63n - 1n

/**
 * Returns why every bus refuses a record for a topic with `partitions` partitions, or `undefined` if the record is valid. The
 * text continues a message that names the record: "record 2 of 3 has timestamp …".
 */
export function refusalOf({ partition, timestamp }: NewRecord, partitions: number): string | undefined {
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition < partitions)) {
    return `is for partition ${partition}, which does not exist: the topic has ${partitions} partition${partitions === 1 ? '' : 's'}`
  }
  if (timestamp !== undefined && (timestamp < MIN_TIMESTAMP || timestamp > MAX_TIMESTAMP)) {
    return `has timestamp ${timestamp}, which needs more than 64 bits`
  }
  return undefined
}
