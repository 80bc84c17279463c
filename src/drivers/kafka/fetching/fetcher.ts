import { EventBusError, topicNotFound, transportError } from '../../../bus/errors.ts'
import { PartitionMap } from '../../../bus/names/partition-map.ts'
import type { BusRecord } from '../../../bus/record.ts'
import type { Isolation, LogSlice, ReadOptions } from '../../../bus/topic-log.ts'
import { OUTAGE_LIMIT_MS, OutageWatch } from '../../outage-watch.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure, type WireConnection } from '../connection/wire.ts'
import { errorCode, isPassing, isPassingCode, KafkaFailure } from '../kafka-errors.ts'
import { offsetOf } from '../offsets.ts'
import { type FetchedPartition, type FetchRequest, fetchApi, MAX_FETCH_BYTES } from '../protocol/fetch.ts'
import { EARLIEST, LATEST } from '../protocol/list-offsets.ts'
import { askPartitions } from '../protocol/partitions.ts'
import { type CheckedBatches, checkBatches, unreadable, unreadableByBroker } from '../records/check-batches.ts'
import { type UnpackedRecords, unpackBatches } from '../records/unpack-batches.ts'

/** Bytes asked of a partition at a time. */
const PARTITION_BYTES = 1024 * 1024
/** How long a broker may hold a fetch it has nothing to answer. */
const WAIT_MS = 250
const PAUSE_MS = 100
/** Records unpacked at a time. */
const UNPACKED = 1000
/** A topic that was just made may not be known to every broker, nor any topic to one that has just started. */
const MISSING_PATIENCE_MS = 2000
/** Answers that hold nothing are believed after this long: what lies in a store far away may be on its way to the broker. */
const EMPTY_PATIENCE_MS = 3000
/** An answer may have been damaged on its way: one that is refused so often is what the broker has. */
const MAX_TRIES = 3
/** A broker that no longer leads may think the log shorter than it is. */
const BEYOND_PATIENCE_MS = 2000

/** The part of an outage that is not one leader's. */
const METADATA = 'metadata'

/** How far one partition has been read. Replaced, never moved back: an answer for the old one is then nobody's. */
export interface Cursor {
  readonly topic: string
  readonly partition: number
  /** First offset no longer wanted. */
  readonly to?: bigint | undefined
  next: bigint
  /** Since when answers hold nothing although there should be more, by a clock that never goes back. */
  emptySince?: number | undefined
  /** Since when it is beyond the end of the log. */
  beyondSince?: number | undefined
  /** The offset that batches were read to: none that follows may begin before it. */
  readTo?: bigint | undefined
  /** Answers in a row that held nothing sound. */
  refusals?: number | undefined
}

/** What one fetch brought of one partition. */
interface Chunk {
  readonly topic: string
  readonly partition: number
  readonly cursor: Cursor
  readonly from: bigint
  readonly behind: bigint
  /** What is left of it to unpack. */
  readonly rest: AsyncGenerator<UnpackedRecords, undefined>
}

export interface FetchedRecords {
  readonly cursor: Cursor
  readonly records: readonly BusRecord[]
  /** The offset behind all that these came from, records or not. */
  readonly behind: bigint
}

/**
 * Fetches partitions from their leaders, without any group. Each leader is asked on its own, the next time when
 * everything it brought was taken: one answer is in hand while the next is on its way, and no more.
 */
export class Fetcher {
  readonly #cluster: KafkaCluster
  readonly #channel: string
  readonly #beyond: 'wait' | 'restart'
  readonly #outage: OutageWatch
  readonly #isolation: Isolation
  /** In the order in which they are asked for. */
  #cursors: readonly Cursor[] = []
  /** The same, to look one up among thousands. */
  #assigned: ReadonlySet<Cursor> = new Set()
  #chunks: Chunk[] = []
  #unpacking: Chunk | undefined
  readonly #pumps = new Set<number>()
  #inFlight = 0
  #failure: EventBusError | undefined
  #missingSince: number | undefined
  /** Answers in a row, from any broker, that were not what the protocol says. */
  #damaged = 0
  #isClosed = false
  #changed = Promise.withResolvers<void>()

  /** Beyond the end of a log it waits for the log to come that far, or begins again with the oldest that is left. */
  constructor(
    cluster: KafkaCluster,
    outage: OutageWatch,
    beyond: 'wait' | 'restart' = 'wait',
    isolation: Isolation = 'committed',
  ) {
    this.#cluster = cluster
    this.#outage = outage
    this.#beyond = beyond
    this.#isolation = isolation
    this.#channel = cluster.openChannel()
  }

  /** Reads these from now on. A cursor that was read before goes on; what was fetched for others is dropped. */
  assign(cursors: readonly Cursor[]): void {
    this.#cursors = cursors
    this.#assigned = new Set(cursors)
    this.#chunks = this.#chunks.filter(({ cursor }) => this.#assigned.has(cursor))
    this.#signal()
    void this.#start()
  }

  /** The next records; `undefined` when every cursor is read to its end, or at the abort or the close. */
  async take(signal?: AbortSignal): Promise<FetchedRecords | undefined> {
    const onAbort = () => this.#signal()
    signal?.addEventListener('abort', onAbort)
    try {
      while (!this.#isClosed && !signal?.aborted && !this.#cluster.isClosed) {
        const chunk = this.#unpacking ?? this.#nextChunk()
        if (chunk) {
          const fetched = await this.#unpack(chunk)
          if (fetched !== undefined && fetched.records.length > 0) return fetched
        } else if (this.#failure) throw this.#failure
        else if (this.#cursors.every(isRead)) return undefined
        else await this.#changed.promise
      }
      return undefined
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#chunks = []
    this.#cluster.closeChannel(this.#channel, this.#inFlight === 0)
    this.#signal()
  }

  #nextChunk(): Chunk | undefined {
    this.#unpacking = this.#chunks.shift()
    // Whoever fetches may ask for the next one now.
    if (this.#unpacking) this.#signal()
    return this.#unpacking
  }

  /** The next records of a chunk; `undefined` when nobody reads its partition any more. */
  async #unpack(chunk: Chunk): Promise<FetchedRecords | undefined> {
    const { cursor, from, behind, rest } = chunk
    try {
      // The answers on their way are read from their sockets in between.
      if (this.#inFlight > 0) await turnOfTheLoop()
      const { value } = await rest.next()
      if (value === undefined || value.isLast || !this.#assigned.has(cursor)) this.#unpacking = undefined
      if (value === undefined || !this.#assigned.has(cursor)) return undefined
      const { records, isLast } = value
      const { to } = cursor
      const isWhole = to === undefined || behind <= to
      return {
        cursor,
        behind: isLast ? behind : (records.at(-1)?.offset ?? from) + 1n,
        records: isWhole ? records : records.filter(({ offset }) => offset < to),
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const place = `${chunk.topic}[${chunk.partition}] at offset ${from}`
      // The next call fails in the same way: nothing behind the failure is given out.
      this.#failure =
        error instanceof EventBusError
          ? error
          : transportError(`${place} cannot be unpacked: ${reason}`, { cause: error })
      this.#unpacking = undefined
      this.#chunks = []
      throw this.#failure
    }
  }

  /** Lets everybody look again who waits for a change. */
  #signal(): void {
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers()
    resolve()
  }

  get #isBusy(): boolean {
    return !this.#isClosed && this.#failure === undefined && !this.#cluster.isClosed
  }

  /** Sees to it that each leader of an open partition is asked. */
  async #start(): Promise<void> {
    try {
      for (const topic of new Set(this.#open().map(({ topic }) => topic))) await this.#cluster.partitions(topic)
      for (const cursor of this.#open()) {
        const leader = this.#leaderOf(cursor)
        if (leader === undefined) throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
        if (!this.#pumps.has(leader)) void this.#pump(leader)
      }
      this.#outage.worked(METADATA)
      this.#outage.keepOnly((part) => typeof part !== 'number' || this.#pumps.has(part))
    } catch (error) {
      if (await this.#survives(error, METADATA)) void this.#start()
    }
  }

  #open(): Cursor[] {
    return this.#cursors.filter((cursor) => !isRead(cursor))
  }

  #leaderOf({ topic, partition }: Cursor): number | undefined {
    return this.#cluster.knownLeader(topic, partition)
  }

  async #pump(leader: number): Promise<void> {
    this.#pumps.add(leader)
    let isStale = false
    try {
      while (this.#isBusy && !isStale) {
        const mine = this.#open().filter((cursor) => this.#leaderOf(cursor) === leader)
        if (mine.length === 0) {
          // Somebody else learnt of another leader, or is about to.
          isStale = this.#open().length > 0
          break
        }
        if (this.#chunks.some(({ cursor }) => mine.includes(cursor))) await this.#changed.promise
        else {
          const doubted = mine.find(isDoubted)
          isStale = await this.#fetch(leader, doubted ? [doubted] : mine)
        }
      }
    } catch (error) {
      isStale = await this.#survives(error, leader)
    } finally {
      this.#pumps.delete(leader)
    }
    if (isStale) void this.#start()
  }

  /** One request; true when somebody else leads by now. */
  async #fetch(leader: number, cursors: readonly Cursor[]): Promise<boolean> {
    const connection = await this.#cluster.broker(leader, this.#channel)
    // Closed meanwhile: the channel may be somebody else's by now.
    if (!this.#isBusy) return false
    const request = {
      partitions: cursors.map(({ topic, partition, next }) => ({ topic, partition, next })),
      maxWait: WAIT_MS,
      maxBytes: MAX_FETCH_BYTES,
      maxPartitionBytes: PARTITION_BYTES,
      isolation: this.#isolation,
    }
    const answers = await this.#askFor(connection, cursors, request)
    if (answers === undefined) return false
    const isEmpty = answers.every(({ batches }) => batches.length === 0)
    const asked = new PartitionMap<Cursor>()
    for (const cursor of cursors) asked.set(cursor, cursor)
    // The first that has anything is given a whole batch at least, whatever the byte limit.
    const withBatches = new Set(answers.filter(({ batches }) => batches.length > 0).map((one) => asked.get(one)))
    const first = cursors.find((cursor) => withBatches.has(cursor))
    let isMissing = false
    let passing: number | undefined
    for (const answer of answers) {
      const cursor = asked.get(answer)
      // Assigned anew while the answer was on its way.
      if (!cursor || !this.#assigned.has(cursor)) continue
      if (answer.error === errorCode.OFFSET_OUT_OF_RANGE) await this.#relocate(cursor)
      else if (isPassingCode(answer.error) || answer.error === errorCode.UNKNOWN_TOPIC_OR_PARTITION)
        passing = answer.error
      else if (answer.error === errorCode.CORRUPT_MESSAGE) throw unreadableByBroker({ ...cursor, offset: cursor.next })
      else if (answer.error !== 0)
        throw protocolFailure(answer.error, null, { request: fetchApi.name, topic: answer.topic })
      else if (answer.batches.length > 0) {
        if (!this.#accept(cursor, answer, cursor === first)) isMissing = true
      } else if (this.#isLacking(cursor, answer, isEmpty, cursors.length === 1)) isMissing = true
    }
    if (passing !== undefined) return this.#survives(protocolFailure(passing), leader, answers[0]?.topic)
    this.#missingSince = undefined
    this.#outage.worked(leader)
    // The partitions that were served go to the end: an answer's byte limit starves the last ones.
    const served = new Set(this.#chunks.map(({ cursor }) => cursor))
    this.#cursors = [...this.#cursors].sort((a, b) => Number(served.has(a)) - Number(served.has(b)))
    this.#signal()
    // A broker holds nobody back whom it believes to have something for.
    if (isMissing) await pause()
    return false
  }

  /** The answer; `undefined` when it was damaged, which it may not be when it is asked for again. */
  async #askFor(
    connection: WireConnection,
    cursors: readonly Cursor[],
    request: FetchRequest,
  ): Promise<readonly FetchedPartition[] | undefined> {
    this.#inFlight += 1
    try {
      const timeout = WAIT_MS + this.#cluster.options.timeout
      const asked = { request, partitions: cursors, mayOmit: true, timeout }
      const answers = await askPartitions(connection, fetchApi, asked)
      this.#damaged = 0
      return answers
    } catch (error) {
      if (!(error instanceof KafkaFailure && error.kind === 'answer')) throw error
      this.#damaged += 1
      if (this.#damaged < MAX_TRIES) {
        await pause()
        return undefined
      }
      const [{ topic, partition, next }] = cursors as [Cursor]
      const more = cursors.length === 1 ? '' : ` and ${cursors.length - 1} other partitions`
      throw transportError(`${topic}[${partition}] at offset ${next}${more} cannot be read: ${error.message}`, {
        topic,
        cause: error,
      })
    } finally {
      this.#inFlight -= 1
    }
  }

  /** Takes the sound batches; false when there are none and the broker is to be given a moment. */
  #accept(cursor: Cursor, answer: FetchedPartition, isFirst: boolean): boolean {
    const { topic, partition, aborted } = answer
    const from = cursor.next
    const { batches, behind, rest } = checkBatches(answer, {
      from,
      readTo: cursor.readTo,
      isAgain: cursor.refusals !== undefined,
    })
    cursor.beyondSince = undefined
    cursor.emptySince = undefined
    if (batches.length === 0) {
      this.#refuse(cursor, rest, isFirst)
      return rest === 'gap'
    }
    cursor.next = behind
    cursor.readTo = behind
    cursor.refusals = undefined
    const limits = { most: UNPACKED, maxBatchBytes: this.#cluster.options.maxBatchBytes }
    const drops = this.#isolation === 'committed' ? aborted : undefined
    const unpacked = unpackBatches({ topic, partition, batches, aborted: drops }, from, limits)
    this.#chunks.push({ topic, partition, cursor, from, behind, rest: unpacked })
    return true
  }

  /** Counts an answer without a sound batch. Throws when there were so many that it is not for its way here. */
  #refuse(cursor: Cursor, rest: CheckedBatches['rest'], isFirst: boolean): void {
    if (rest === 'cut' && !isFirst) return
    cursor.refusals = (cursor.refusals ?? 0) + 1
    if (cursor.refusals < MAX_TRIES) return
    const { topic, partition, next } = cursor
    throw unreadable(rest, { topic, partition, offset: next })
  }

  /** True where records should be that the broker did not give. */
  #isLacking(
    cursor: Cursor,
    { highWatermark, lastStable }: FetchedPartition,
    isEmpty: boolean,
    isAlone: boolean,
  ): boolean {
    cursor.beyondSince = undefined
    const readable = this.#isolation === 'committed' ? lastStable : highWatermark
    if (!isEmpty || cursor.next >= readable) {
      cursor.emptySince = undefined
      return false
    }
    // Nothing of anything although there should be more. The broker was short of memory, or has not got it yet from where
    // old records are kept, or the records arrived while it answered. Or compaction took it all, and the offsets count as
    // read: believed only of a partition asked for alone, and where somebody waits for its end.
    if (isAlone && isDoubted(cursor)) cursor.next = readable
    else cursor.emptySince ??= performance.now()
    return true
  }

  /** An offset that retention deleted means the oldest that is left; for one beyond the end see the constructor. */
  async #relocate(cursor: Cursor): Promise<void> {
    const { topic, next } = cursor
    const [start, end] = await Promise.all([
      offsetOf(this.#cluster, cursor, { timestamp: EARLIEST, isolation: 'uncommitted' }),
      offsetOf(this.#cluster, cursor, { timestamp: LATEST, isolation: 'uncommitted' }),
    ])
    if (next < start) cursor.next = start
    else if (next > end) {
      cursor.beyondSince ??= performance.now()
      const isSure = performance.now() - cursor.beyondSince > BEYOND_PATIENCE_MS
      if (this.#beyond === 'restart' && isSure) {
        cursor.next = start
        cursor.readTo = undefined
      } else {
        await pause()
        await this.#cluster.partitions(topic, 0)
      }
    }
  }

  /** Waits a moment after what passes by itself; false when this reading has failed for good. `part` is what failed. */
  async #survives(error: unknown, part: string | number, topic = this.#cursors[0]?.topic): Promise<boolean> {
    if (!this.#isBusy) {
      this.#signal()
      return false
    }
    const isMissing = error instanceof Error && 'code' in error && error.code === errorCode.UNKNOWN_TOPIC_OR_PARTITION
    this.#missingSince = isMissing ? (this.#missingSince ?? performance.now()) : undefined
    this.#failure = this.#verdict(error, part, topic)
    if (this.#failure === undefined) {
      for (const { topic: own } of this.#cursors) this.#cluster.forget(own)
      await pause()
      return this.#isBusy
    }
    this.#signal()
    return false
  }

  /** The error that ends this reading; `undefined` while what failed may pass. */
  #verdict(error: unknown, part: string | number, topic: string | undefined): EventBusError | undefined {
    if (this.#missingSince !== undefined) {
      if (performance.now() - this.#missingSince < MISSING_PATIENCE_MS) return undefined
      return topic === undefined ? this.#cluster.toBusError(error) : topicNotFound(topic)
    }
    const told = this.#cluster.toBusError(error, { topic })
    return isPassing(error) ? this.#outage.failed(part, told) : told
  }
}

const isRead = ({ next, to }: Cursor): boolean => to !== undefined && next >= to

const isDoubted = ({ to, emptySince }: Cursor): boolean =>
  to !== undefined && emptySince !== undefined && performance.now() - emptySince > EMPTY_PATIENCE_MS

const turnOfTheLoop = () => new Promise<void>((resolve) => setImmediate(resolve))

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS))

/** Reads slices in batches, each of one partition. */
export async function* readSlices(
  cluster: KafkaCluster,
  slices: readonly LogSlice[],
  { signal, isolation, ...outage }: ReadOptions = {},
): AsyncGenerator<readonly BusRecord[]> {
  if (signal?.aborted) return
  for (const topic of new Set(slices.map((slice) => slice.topic))) {
    const { length } = await cluster.retrying({ topic }, () => cluster.partitions(topic))
    for (const { partition } of slices.filter((slice) => slice.topic === topic)) {
      if (partition < length) continue
      throw new EventBusError('TOPIC_NOT_FOUND', `topic '${topic}' has no partition ${partition}`, { topic })
    }
  }
  const hasEnd = slices.every(({ to }) => to !== undefined)
  const watch = new OutageWatch(outage, hasEnd ? OUTAGE_LIMIT_MS : undefined)
  const fetcher = new Fetcher(cluster, watch, 'wait', isolation)
  try {
    fetcher.assign(slices.map(({ from, ...slice }) => ({ ...slice, next: from < 0n ? 0n : from })))
    for (let got = await fetcher.take(signal); got; got = await fetcher.take(signal)) yield got.records
  } finally {
    fetcher.close()
  }
}
