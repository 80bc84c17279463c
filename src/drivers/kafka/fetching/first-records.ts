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

/** Bytes asked of each partition at first, as large as the Java client makes its batches; more where one is larger. */
const FIRST_BYTES = 16 * 1024
const WIDEN = 8
/** Leaders that were looked up so recently, usually for the ranges of the same partitions, are not looked up again. */
const LEADERS_AGE_MS = 1000
/** Records unpacked at a time. */
const UNPACKED = 100

/** A slice, and how far it was looked through. */
interface Wanted {
  readonly index: number
  readonly to: bigint | undefined
  next: bigint
}

/** What is still wanted of one partition, by offset: an answer often holds several. */
interface Pending {
  readonly topic: string
  readonly partition: number
  wanted: Wanted[]
  /** Answers in a row that held nothing sound. */
  refusals: number
}

const isOpen = ({ next, to }: Wanted): boolean => to === undefined || next < to

/** The first record of each slice, by one round of small fetches from the leaders, and further ones where it must. */
export async function firstRecords(
  cluster: KafkaCluster,
  slices: readonly LogSlice[],
  isolation: Isolation = 'committed',
): Promise<readonly (BusRecord | undefined)[]> {
  const found: (BusRecord | undefined)[] = slices.map(() => undefined)
  const places = new PartitionMap<Pending>()
  for (const [index, slice] of slices.entries()) {
    const { topic, partition, from, to } = slice
    const place = places.get(slice) ?? { topic, partition, wanted: [], refusals: 0 }
    if (place.wanted.length === 0) places.set(slice, place)
    const one = { index, to, next: from < 0n ? 0n : from }
    if (isOpen(one)) place.wanted.push(one)
  }
  let pending = [...places.values()]
  for (const { wanted } of pending) wanted.sort((a, b) => (a.next < b.next ? -1 : 1))
  await cluster.retrying({}, async () => {
    pending = pending.filter((place) => place.wanted.length > 0)
    const known = await cluster.partitionsOf(
      pending.map(({ topic }) => topic),
      LEADERS_AGE_MS,
    )
    const leaderOf = ({ topic, partition }: Pending) => known.get(topic)?.[partition]?.leader
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

interface Finding {
  /** By slice. */
  readonly found: (BusRecord | undefined)[]
  readonly isolation: Isolation
  readonly maxBatchBytes: number | undefined
}

async function askLeader(leader: WireConnection, led: readonly Pending[], finding: Finding): Promise<void> {
  let open = [...led]
  let wasEmpty = false
  for (let maxPartitionBytes = FIRST_BYTES; open.length > 0; ) {
    const partitions = open.map(({ topic, partition, wanted: [first] }) => {
      return { topic, partition, next: (first as Wanted).next }
    })
    const { isolation } = finding
    const request = { partitions, maxWait: 0, maxBytes: MAX_FETCH_BYTES, maxPartitionBytes, isolation }
    const answers = await askPartitions(leader, fetchApi, { request, partitions: open, mayOmit: true })
    const answerOf = new PartitionMap<FetchedPartition>()
    for (const answer of answers) answerOf.set(answer, answer)
    let isCut = false
    let isEmpty = true
    const outside: Pending[] = []
    for (const place of open) {
      const answer = answerOf.get(place)
      if (answer === undefined || answer.error === errorCode.UNKNOWN_TOPIC_OR_PARTITION) place.wanted = []
      else if (answer.error === errorCode.OFFSET_OUT_OF_RANGE) outside.push(place)
      else if (answer.error === errorCode.CORRUPT_MESSAGE)
        throw unreadableByBroker({ ...place, offset: (place.wanted[0] as Wanted).next })
      else if (answer.error !== 0)
        throw protocolFailure(answer.error, null, { request: fetchApi.name, topic: place.topic })
      else if (answer.batches.length > 0) {
        // The first that has anything is given a whole batch at least, whatever the byte limit.
        const isFirst = isEmpty
        isEmpty = false
        const rest = await serve(place, answer, finding)
        if (rest === 'cut') isCut = true
        if (rest !== undefined && !(rest === 'cut' && !isFirst)) refuse(place, rest)
      }
    }
    if (outside.length > 0) await relocate(leader, outside)
    // A broker gives at least one whole batch, of the first partition that has one: nothing at all means there is none.
    // Or it was short of memory, so that it is believed the second time.
    else if (isEmpty && wasEmpty) return
    wasEmpty = isEmpty
    if (isCut) maxPartitionBytes = Math.min(maxPartitionBytes * WIDEN, MAX_FETCH_BYTES)
    const served = new Set(open.filter(({ wanted: [first] }, at) => first?.next !== partitions[at]?.next))
    open = [...open.filter((place) => !served.has(place)), ...served].filter(({ wanted }) => wanted.length > 0)
  }
}

/** Takes what the answer has of the wanted; where it holds no sound batch, says why. */
async function serve(
  place: Pending,
  answer: FetchedPartition,
  { found, isolation, maxBatchBytes }: Finding,
): Promise<CheckedBatches['rest']> {
  const { topic, partition, wanted } = place
  const from = (wanted[0] as Wanted).next
  const { batches, behind, rest } = checkBatches(answer, { from, isAgain: place.refusals > 0 })
  if (batches.length === 0) return rest
  place.refusals = 0
  const limits = { most: UNPACKED, maxBatchBytes }
  const aborted = isolation === 'committed' ? answer.aborted : undefined
  let at = 0
  for await (const { records } of unpackBatches({ topic, partition, batches, aborted }, from, limits)) {
    for (const record of records) {
      for (let one = wanted[at]; one !== undefined && one.next <= record.offset; one = wanted[at]) {
        if (one.to === undefined || record.offset < one.to) found[one.index] = record
        at += 1
      }
    }
    if (at === wanted.length) break
  }
  place.wanted = wanted
    .slice(at)
    .map((one) => (one.next < behind ? { ...one, next: behind } : one))
    .filter(isOpen)
  return undefined
}

/** Counts an answer without a sound batch. Throws when there were so many that it is not for its way here. */
function refuse(place: Pending, rest: NonNullable<CheckedBatches['rest']>): void {
  place.refusals += 1
  if (place.refusals < MAX_ATTEMPTS) return
  const { topic, partition, wanted } = place
  throw unreadable(rest, { topic, partition, offset: (wanted[0] as Wanted).next })
}

/** What retention has deleted means the oldest that is left; beyond the end there is nothing. */
async function relocate(leader: WireConnection, outside: readonly Pending[]): Promise<void> {
  const starts = new PlaceMap<bigint>()
  for (const answer of await askLeaderForOffsets(leader, outside, { timestamp: EARLIEST, isolation: 'uncommitted' }))
    starts.set(answer, requireOffset(answer))
  for (const place of outside) {
    const start = starts.get(place) as bigint
    const [first] = place.wanted
    const isBeyond = first !== undefined && first.next >= start
    place.wanted = isBeyond
      ? []
      : place.wanted.map((one) => (one.next < start ? { ...one, next: start } : one)).filter(isOpen)
  }
}
