import type { NewRecord } from '../../../bus/record.ts'

/** A record to deliver, with its position in the source. */
export interface Item {
  /** The ordered part of the source that the record is from: a partition of a topic, or a file of lines. */
  readonly lane: string
  /** The position in the lane: an offset, or the number of a line. Positions of a lane rise. */
  readonly position: bigint
  /** The timestamp in the source. */
  readonly timestamp: bigint
  /** The topic to append to. */
  readonly topic: string
  readonly record: PlacedRecord
}

/** A record with its partition, so that it goes to the same partition when a transfer continues. */
type PlacedRecord = NewRecord & { readonly partition: number }

/** The name of a partition as a lane of a source. */
export const laneOf = (topic: string, partition: number): string => `${topic}/${partition}`

/** Returns the topic and the partition of a lane. */
export function partitionOfLane(lane: string): { readonly topic: string; readonly partition: number } {
  // The names of topics have no slash.
  const [topic = '', partition = ''] = lane.split('/')
  return { topic, partition: Number(partition) }
}
