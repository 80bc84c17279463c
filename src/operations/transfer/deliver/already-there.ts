import type { BusRecord } from '../../../bus/record.ts'
import type { TopicLog } from '../../../bus/topic-log.ts'
import { type Item, laneOf, partitionOfLane } from './item.ts'
import { differenceOf } from './same-record.ts'
import { TargetReader } from './target-reader.ts'

/** The lane of a source and the lane of a target, as one key. Records of one source lane may go to several target lanes. */
export const routeOf = ({ lane, topic, record }: Item): string => `${lane} ${laneOf(topic, record.partition)}`

/** Tells which records of an interrupted transfer are in the target already. */
export interface AlreadyThere {
  has(item: Item): Promise<boolean>
  close(): Promise<void>
}

/** Returns the source of a record that a transfer has marked; `undefined` for other records. */
export type ReadMark = (record: BusRecord) => { readonly lane: string; readonly position: bigint } | undefined

/** The progress of a transfer, as in its state. What is found in the target counts as progress too. */
export interface Progress {
  readonly next: Map<string, bigint>
  readonly done: Map<string, bigint>
}

/**
 * Compares the records after the noted ones with the target: in each partition, in order. Records of other producers between
 * them are passed over.
 */
export function byContent(
  log: TopicLog,
  { next, done }: Progress,
  ends: ReadonlyMap<string, bigint>,
  signal: AbortSignal,
): AlreadyThere {
  const readers = new Map<string, TargetReader | undefined>()
  const readerOf = (lane: string): TargetReader | undefined => {
    if (!readers.has(lane)) {
      const from = next.get(lane)
      const to = ends.get(lane)
      const isEmpty = from === undefined || to === undefined || from >= to
      readers.set(lane, isEmpty ? undefined : new TargetReader(log, { ...partitionOfLane(lane), from, to }, signal))
    }
    return readers.get(lane)
  }
  return {
    async has(item) {
      const route = routeOf(item)
      if (item.position <= (done.get(route) ?? -1n)) return true
      const lane = laneOf(item.topic, item.record.partition)
      const reader = readerOf(lane)
      if (reader === undefined) return false
      for (let found = await reader.next(); found !== undefined; found = await reader.next()) {
        if (differenceOf(item.record, found) !== undefined) continue
        done.set(route, item.position)
        next.set(lane, found.offset + 1n)
        return true
      }
      // Records are appended in order, so those after the first missing one are missing too.
      readers.set(lane, undefined)
      await reader.close()
      return false
    },
    async close() {
      for (const reader of readers.values()) await reader?.close()
    },
  }
}

/** Reads the marks of the records after the noted ones: a marked record names its source, whatever else was changed. */
export async function byMarks(
  log: TopicLog,
  { next, done }: Progress,
  ends: ReadonlyMap<string, bigint>,
  { readMark, signal }: { readonly readMark: ReadMark; readonly signal: AbortSignal },
): Promise<AlreadyThere> {
  const slices = [...next].flatMap(([lane, from]) => {
    const to = ends.get(lane) ?? from
    return from < to ? [{ ...partitionOfLane(lane), from, to }] : []
  })
  if (slices.length > 0) {
    for await (const batch of log.read(slices, { signal })) {
      for (const record of batch) {
        const mark = readMark(record)
        if (mark === undefined) continue
        const route = `${mark.lane} ${laneOf(record.topic, record.partition)}`
        if (mark.position > (done.get(route) ?? -1n)) done.set(route, mark.position)
      }
    }
  }
  for (const { topic, partition, to } of slices) next.set(laneOf(topic, partition), to)
  // The transfer notes further positions in `done` while it appends.
  const found = new Map(done)
  return {
    has: async (item) => item.position <= (found.get(routeOf(item)) ?? -1n),
    close: async () => {},
  }
}
