import { compareNumbers } from '../../../bus/compare.ts'
import { PartitionMap } from '../../../bus/names/partition-map.ts'
import type { BusRecord } from '../../../bus/record.ts'
import type { Isolation, LogSlice } from '../../../bus/topic-log.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure, type WireConnection } from '../connection/wire.ts'
import { errorCode } from '../kafka-errors.ts'
import { askLeaderForOffsets, requireOffset } from '../offsets.ts'
import { type FetchedPartition, fetchApi, MAX_FETCH_BYTES } from '../protocol/fetch.ts'
import { EARLIEST } from '../protocol/list-offsets.ts'
import { askPartitions } from '../protocol/partitions.ts'
import { type CheckedBatches, checkBatches, unreadable, unreadableByBroker } from '../records/check-batches.ts'
import { unpackBatches } from '../records/unpack-batches.ts'
import { MAX_ATTEMPTS } from './cursor.ts'

/** The bytes that the first fetch requests of each partition: the default batch size of the Java producer. */
const INITIAL_PARTITION_BYTES = 16 * 1024
/** The factor by which the next fetch requests more bytes after a batch was cut off. */
const BYTES_FACTOR = 8
/** How old cached leaders may be. Usually the ranges of the same partitions were looked up just before. */
const MAX_LEADERS_AGE_MS = 1000
/** The most records that are unpacked at a time. */
const MAX_UNPACKED_RECORDS = 100

/** The search for the first record of one slice. There is no record of the slice below the offset `next`. */
interface Search {
  /** The index of the slice. */
  readonly index: number
  readonly to: bigint | undefined
  next: bigint
}

/** The open searches in one partition, sorted by offset. One answer often completes several. */
interface PartitionSearches {
  readonly topic: string
  readonly partition: number
  searches: Search[]
  /** How many answers in a row held no valid batch. */
  refusals: number
}

const isOpen = ({ next, to }: Search): boolean => to === undefined || next < to

/**
 * Finds the first record of each slice; `undefined` for a slice without records. Sends one small fetch to each leader, and larger
 * ones only if needed.
 */
export async function firstRecords(
  cluster: KafkaCluster,
  slices: readonly LogSlice[],
  isolation: Isolation = 'committed',
): Promise<readonly (BusRecord | undefined)[]> {
  const found: (BusRecord | undefined)[] = slices.map(() => undefined)
  const byPartition = new PartitionMap<PartitionSearches>()
  for (const [index, slice] of slices.entries()) {
    const { topic, partition, from, to } = slice
    const own = byPartition.get(slice) ?? { topic, partition, searches: [], refusals: 0 }
    if (own.searches.length === 0) byPartition.set(slice, own)
    const search = { index, to, next: from < 0n ? 0n : from }
    if (isOpen(search)) own.searches.push(search)
  }
  let pending = [...byPartition.values()]
  for (const { searches } of pending) searches.sort((a, b) => compareNumbers(a.next, b.next))
  await cluster.retrying({}, async () => {
    pending = pending.filter(({ searches }) => searches.length > 0)
    const known = await cluster.partitionsOf(
      pending.map(({ topic }) => topic),
      MAX_LEADERS_AGE_MS,
    )
    const leaderOf = ({ topic, partition }: PartitionSearches) => known.get(topic)?.[partition]?.leader
    const byLeader = Map.groupBy(pending, leaderOf)
    byLeader.delete(undefined)
    if (byLeader.has(-1)) throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
    await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        await askLeader(await cluster.broker(leader as number), led, {
          found,
          isolation,
          maxBatchBytes: cluster.options.maxBatchBytes,
        })
      }),
    )
  })
  return found
}

interface SearchContext {
  /** By index of the slice. */
  readonly found: (BusRecord | undefined)[]
  readonly isolation: Isolation
  readonly maxBatchBytes: number | undefined
}

/** Fetches from a leader until each search in its partitions has a result. */
async function askLeader(
  leader: WireConnection,
  led: readonly PartitionSearches[],
  context: SearchContext,
): Promise<void> {
  let open = [...led]
  let wasEmpty = false
  for (let maxPartitionBytes = INITIAL_PARTITION_BYTES; open.length > 0; ) {
    const partitions = open.map(({ topic, partition, searches: [first] }) => {
      return { topic, partition, next: (first as Search).next }
    })
    const { isolation } = context
    const request = { partitions, maxWait: 0, maxBytes: MAX_FETCH_BYTES, maxPartitionBytes, isolation }
    const answers = await askPartitions(leader, fetchApi, { request, partitions: open, mayOmit: true })
    const answerOf = new PartitionMap<FetchedPartition>()
    for (const answer of answers) answerOf.set(answer, answer)
    let isCut = false
    let isEmpty = true
    const outside: PartitionSearches[] = []
    for (const searched of open) {
      const answer = answerOf.get(searched)
      if (answer === undefined || answer.error === errorCode.UNKNOWN_TOPIC_OR_PARTITION) searched.searches = []
      else if (answer.error === errorCode.OFFSET_OUT_OF_RANGE) outside.push(searched)
      else if (answer.error === errorCode.CORRUPT_MESSAGE)
        throw unreadableByBroker({ ...searched, offset: (searched.searches[0] as Search).next })
      else if (answer.error !== 0)
        throw protocolFailure(answer.error, null, { request: fetchApi.name, topic: searched.topic })
      else if (answer.batches.length > 0) {
        // The first partition with records gets at least one whole batch, whatever the byte limit.
        const isFirst = isEmpty
        isEmpty = false
        const rest = await serve(searched, answer, context)
        if (rest === 'cut') isCut = true
        if (rest !== undefined && !(rest === 'cut' && !isFirst)) countRefusal(searched, rest)
      }
    }
    if (outside.length > 0) await relocate(leader, outside)
    // A broker returns at least one whole batch if any of the partitions has one. So an answer without batches means that no
    // partition has records, or that the broker was short of memory: believe only the second such answer.
    else if (isEmpty && wasEmpty) return
    wasEmpty = isEmpty
    if (isCut) maxPartitionBytes = Math.min(maxPartitionBytes * BYTES_FACTOR, MAX_FETCH_BYTES)
    const served = new Set(open.filter(({ searches: [first] }, at) => first?.next !== partitions[at]?.next))
    open = [...open.filter((searched) => !served.has(searched)), ...served].filter(
      ({ searches }) => searches.length > 0,
    )
  }
}

/** Completes searches with the records of an answer. If the answer holds no valid batch, returns the reason. */
async function serve(
  searched: PartitionSearches,
  answer: FetchedPartition,
  { found, isolation, maxBatchBytes }: SearchContext,
): Promise<CheckedBatches['rest']> {
  const { topic, partition, searches } = searched
  const from = (searches[0] as Search).next
  const { batches, next, rest } = checkBatches(answer, { from, isAgain: searched.refusals > 0 })
  if (batches.length === 0) return rest
  searched.refusals = 0
  const limits = { most: MAX_UNPACKED_RECORDS, maxBatchBytes, to: endOf(searches) }
  const aborted = isolation === 'committed' ? answer.aborted : undefined
  let at = 0
  for await (const { records } of unpackBatches({ topic, partition, batches, aborted }, from, limits)) {
    for (const record of records) {
      for (let search = searches[at]; search !== undefined && search.next <= record.offset; search = searches[at]) {
        if (search.to === undefined || record.offset < search.to) found[search.index] = record
        at += 1
      }
    }
    if (at === searches.length) break
  }
  searched.searches = searches
    .slice(at)
    .map((search) => (search.next < next ? { ...search, next } : search))
    .filter(isOpen)
  return undefined
}

/** Returns the offset at which the last search ends; `undefined` if a search has no end. */
const endOf = (searches: readonly Search[]): bigint | undefined =>
  searches.reduce<bigint | undefined>(
    (end, { to }) => (end === undefined || to === undefined ? undefined : to > end ? to : end),
    0n,
  )

/** Counts an answer without a valid batch, and throws at the third in a row, which is not damage in transit. */
function countRefusal(searched: PartitionSearches, rest: NonNullable<CheckedBatches['rest']>): void {
  searched.refusals += 1
  if (searched.refusals < MAX_ATTEMPTS) return
  const { topic, partition, searches } = searched
  throw unreadable(rest, { topic, partition, offset: (searches[0] as Search).next })
}

/** Moves searches whose offset is out of range to the oldest record, or ends them without a result if they are beyond the end. */
async function relocate(leader: WireConnection, outside: readonly PartitionSearches[]): Promise<void> {
  const starts = new PartitionMap<bigint>()
  for (const answer of await askLeaderForOffsets(leader, outside, { timestamp: EARLIEST, isolation: 'uncommitted' }))
    starts.set(answer, requireOffset(answer))
  for (const searched of outside) {
    const start = starts.get(searched) as bigint
    const [first] = searched.searches
    const isBeyond = first !== undefined && first.next >= start
    searched.searches = isBeyond
      ? []
      : searched.searches.map((search) => (search.next < start ? { ...search, next: start } : search)).filter(isOpen)
  }
}
