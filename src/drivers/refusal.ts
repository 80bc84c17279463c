import type { NewRecord } from '../bus/record.ts'

const LEAST_TIMESTAMP = -(2n ** 63n)
const GREATEST_TIMESTAMP = 2n ** 63n - 1n

/** Why no bus takes a record for a topic of so many partitions, to be read behind the record's name; else `undefined`. */
export function refusalOf({ partition, timestamp }: NewRecord, partitions: number): string | undefined {
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition < partitions)) {
    return `is for partition ${partition}, and there is no partition ${partition}; the topic has ${partitions}`
  }
  if (timestamp !== undefined && (timestamp < LEAST_TIMESTAMP || timestamp > GREATEST_TIMESTAMP)) {
    return `has timestamp ${timestamp}, which needs more than 64 bits`
  }
  return undefined
}
