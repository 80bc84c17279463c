import { EventBusError, topicNotFound, transportError } from '../../../bus/errors.ts'
import { partitionName } from '../../../bus/names/names.ts'
import { PartitionMap } from '../../../bus/names/partition-map.ts'
import type { BusRecord } from '../../../bus/record.ts'
import type { Isolation } from '../../../bus/topic-log.ts'
import type { OutageWatch } from '../../outage-watch.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure, type WireConnection } from '../connection/wire.ts'
import { errorCode, isPassing, isPassingCode, KafkaFailure } from '../kafka-errors.ts'
import { type FetchedPartition, type FetchRequest, fetchApi, MAX_FETCH_BYTES } from '../protocol/fetch.ts'
import { askPartitions } from '../protocol/partitions.ts'
import { checkBatches, unreadableByBroker } from '../records/check-batches.ts'
import { type UnpackedRecords, unpackBatches } from '../records/unpack-batches.ts'
import { advance, type Cursor, countRefusal, isPresumedEmpty, isRead, lacksRecords, MAX_ATTEMPTS } from './cursor.ts'
import { type BeyondEnd, relocate } from './out-of-range.ts'
import { pause } from './pause.ts'

/** The bytes that one fetch requests of a partition. */
const MAX_PARTITION_BYTES = 1024 * 1024
/** How long a broker may hold a fetch while it has no records for it. */
const MAX_WAIT_MS = 250
/** The most records that are unpacked at a time. */
const MAX_UNPACKED_RECORDS = 1000
/** A new topic may be unknown to some brokers at first, as may every topic to a broker that has just started. */
const MISSING_TOPIC_GRACE_MS = 2000

/** The metadata lookup as a part that `OutageWatch` tracks. The other parts are the leaders, by their ids. */
const METADATA = 'metadata'

/** The batches that one fetch returned for one partition. */
interface Chunk {
  readonly topic: string
  readonly partition: number
  readonly cursor: Cursor
  readonly from: bigint
  readonly next: bigint
  /** The records that are not unpacked yet. */
  readonly rest: AsyncGenerator<UnpackedRecords, undefined>
}

export interface FetchedRecords {
  readonly cursor: Cursor
  readonly records: readonly BusRecord[]
  /** The offset to continue at: after the records and any control records and compacted offsets that follow them. */
  readonly next: bigint
}

/**
 * Fetches partitions from their leaders, without a consumer group. Each leader has a fetch loop of its own, which sends the
 * next request when the reader has begun to unpack the last chunk of the previous answer. So each leader has at most one
 * unread answer and one request in flight.
 */
export class Fetcher {
  readonly #cluster: KafkaCluster
  readonly #channel: string
  readonly #beyondEnd: BeyondEnd
  readonly #outage: OutageWatch
  readonly #isolation: Isolation
  /** In the order in which the next request names them. */
  #cursors: readonly Cursor[] = []
  /** The same cursors, for constant-time lookup among thousands. */
  #assigned: ReadonlySet<Cursor> = new Set()
  #chunks: Chunk[] = []
  #unpacking: Chunk | undefined
  /** The leaders that have a fetch loop. */
  readonly #fetching = new Set<number>()
  #inFlight = 0
  #failure: EventBusError | undefined
  #missingSince: number | undefined
  /** How many answers in a row, from any broker, violated the protocol. */
  #damagedAnswers = 0
  #isClosed = false
  #changed = Promise.withResolvers<void>()

  /** Reports failures that may pass to `outage`. The caller must call `close`. */
  constructor(
    cluster: KafkaCluster,
    outage: OutageWatch,
    beyondEnd: BeyondEnd = 'wait',
    isolation: Isolation = 'committed',
  ) {
    this.#cluster = cluster
    this.#outage = outage
    this.#beyondEnd = beyondEnd
    this.#isolation = isolation
    this.#channel = cluster.openChannel()
  }

  /** Replaces the cursors to read. A cursor that was assigned before continues; chunks of dropped cursors are discarded. */
  assign(cursors: readonly Cursor[]): void {
    this.#cursors = cursors
    this.#assigned = new Set(cursors)
    this.#chunks = this.#chunks.filter(({ cursor }) => this.#assigned.has(cursor))
    this.#notify()
    void this.#startLoops()
  }

  /**
   * Resolves with the next records, or with `undefined` when every cursor is at its end, `signal` aborts or `close` is called.
   */
  async take(signal?: AbortSignal): Promise<FetchedRecords | undefined> {
    const onAbort = () => this.#notify()
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
    this.#notify()
  }

  #nextChunk(): Chunk | undefined {
    this.#unpacking = this.#chunks.shift()
    // The leader's fetch loop may send its next request now.
    if (this.#unpacking) this.#notify()
    return this.#unpacking
  }

  /** The next records of a chunk, or `undefined` if its cursor is no longer assigned. */
  async #unpack(chunk: Chunk): Promise<FetchedRecords | undefined> {
    const { cursor, from, next, rest } = chunk
    try {
      // Let the event loop read answers in flight from their sockets.
      if (this.#inFlight > 0) await nextEventLoopTurn()
      const { value } = await rest.next()
      if (value === undefined || value.isLast || !this.#assigned.has(cursor)) this.#unpacking = undefined
      if (value === undefined || !this.#assigned.has(cursor)) return undefined
      const { records, isLast } = value
      const { to } = cursor
      const isWhole = to === undefined || next <= to
      return {
        cursor,
        next: isLast ? next : (records.at(-1)?.offset ?? from) + 1n,
        records: isWhole ? records : records.filter(({ offset }) => offset < to),
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const where = `${partitionName(chunk)} at offset ${from}`
      // Every later call fails in the same way, so no record after the failure is delivered.
      this.#failure =
        error instanceof EventBusError
          ? error
          : transportError(`${where} cannot be unpacked: ${reason}`, { cause: error })
      this.#unpacking = undefined
      this.#chunks = []
      throw this.#failure
    }
  }

  /** Wakes all waiters. */
  #notify(): void {
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers()
    resolve()
  }

  get #isRunning(): boolean {
    return !this.#isClosed && this.#failure === undefined && !this.#cluster.isClosed
  }

  /** Starts a fetch loop for each leader of an unfinished partition that has none. */
  async #startLoops(): Promise<void> {
    try {
      for (const topic of new Set(this.#unfinished().map(({ topic }) => topic))) await this.#cluster.partitions(topic)
      for (const cursor of this.#unfinished()) {
        const leader = this.#leaderOf(cursor)
        if (leader === undefined) throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
        if (!this.#fetching.has(leader)) void this.#fetchLoop(leader)
      }
      this.#outage.worked(METADATA)
      this.#outage.keepOnly((part) => typeof part !== 'number' || this.#fetching.has(part))
    } catch (error) {
      if (await this.#waitOrFail(error, METADATA)) void this.#startLoops()
    }
  }

  #unfinished(): Cursor[] {
    return this.#cursors.filter((cursor) => !isRead(cursor))
  }

  #leaderOf({ topic, partition }: Cursor): number | undefined {
    return this.#cluster.knownLeader(topic, partition)
  }

  /** Fetches from a leader until no unfinished partition is left there. */
  async #fetchLoop(leader: number): Promise<void> {
    this.#fetching.add(leader)
    let hasMoved = false
    try {
      while (this.#isRunning && !hasMoved) {
        const led = this.#unfinished().filter((cursor) => this.#leaderOf(cursor) === leader)
        if (led.length === 0) {
          // The metadata names another leader by now, or is about to be refreshed.
          hasMoved = this.#unfinished().length > 0
          break
        }
        if (this.#chunks.some(({ cursor }) => led.includes(cursor))) await this.#changed.promise
        else {
          // Request a partition that seems empty alone, to find out; see `lacksRecords`.
          const presumedEmpty = led.find(isPresumedEmpty)
          hasMoved = await this.#fetch(leader, presumedEmpty ? [presumedEmpty] : led)
        }
      }
    } catch (error) {
      hasMoved = await this.#waitOrFail(error, leader)
    } finally {
      this.#fetching.delete(leader)
    }
    if (hasMoved) void this.#startLoops()
  }

  /** Sends one request. Resolves with true if the leaders have to be looked up again. */
  async #fetch(leader: number, cursors: readonly Cursor[]): Promise<boolean> {
    const connection = await this.#cluster.broker(leader, this.#channel)
    // The fetcher may have been closed meanwhile, and another reader may own the channel.
    if (!this.#isRunning) return false
    const request = {
      partitions: cursors.map(({ topic, partition, next }) => ({ topic, partition, next })),
      maxWait: MAX_WAIT_MS,
      maxBytes: MAX_FETCH_BYTES,
      maxPartitionBytes: MAX_PARTITION_BYTES,
      isolation: this.#isolation,
    }
    const answers = await this.#request(connection, cursors, request)
    if (answers === undefined) return false
    const isEmpty = answers.every(({ batches }) => batches.length === 0)
    const asked = new PartitionMap<Cursor>()
    for (const cursor of cursors) asked.set(cursor, cursor)
    // The first partition with records gets at least one whole batch, whatever the byte limit.
    const withBatches = new Set(answers.filter(({ batches }) => batches.length > 0).map((answer) => asked.get(answer)))
    const first = cursors.find((cursor) => withBatches.has(cursor))
    const isCommitted = this.#isolation === 'committed'
    let isMissing = false
    let passing: number | undefined
    for (const answer of answers) {
      const cursor = asked.get(answer)
      // The cursor was replaced while the answer was in flight.
      if (!cursor || !this.#assigned.has(cursor)) continue
      if (answer.error === errorCode.OFFSET_OUT_OF_RANGE) await relocate(this.#cluster, cursor, this.#beyondEnd)
      else if (isPassingCode(answer.error) || answer.error === errorCode.UNKNOWN_TOPIC_OR_PARTITION)
        passing = answer.error
      else if (answer.error === errorCode.CORRUPT_MESSAGE) throw unreadableByBroker({ ...cursor, offset: cursor.next })
      else if (answer.error !== 0)
        throw protocolFailure(answer.error, null, { request: fetchApi.name, topic: answer.topic })
      else if (answer.batches.length > 0) {
        if (!this.#accept(cursor, answer, cursor === first)) isMissing = true
      } else {
        const end = isCommitted ? answer.lastStable : answer.highWatermark
        if (lacksRecords(cursor, end, isEmpty, cursors.length === 1)) isMissing = true
      }
    }
    if (passing !== undefined) return this.#waitOrFail(protocolFailure(passing), leader, answers[0]?.topic)
    this.#missingSince = undefined
    this.#outage.worked(leader)
    // Move the partitions that were served to the end, because the byte limit of an answer starves the last ones.
    const served = new Set(this.#chunks.map(({ cursor }) => cursor))
    this.#cursors = [...this.#cursors].sort((a, b) => Number(served.has(a)) - Number(served.has(b)))
    this.#notify()
    // A broker that has records for the request answers at once, so the pause has to be here.
    if (isMissing) await pause()
    return false
  }

  /** Returns the answer to a fetch, or `undefined` if the answer was damaged and the caller should send the request again. */
  async #request(
    connection: WireConnection,
    cursors: readonly Cursor[],
    request: FetchRequest,
  ): Promise<readonly FetchedPartition[] | undefined> {
    this.#inFlight += 1
    try {
      const timeout = MAX_WAIT_MS + this.#cluster.options.timeout
      const asked = { request, partitions: cursors, mayOmit: true, timeout }
      const answers = await askPartitions(connection, fetchApi, asked)
      this.#damagedAnswers = 0
      return answers
    } catch (error) {
      if (!(error instanceof KafkaFailure && error.kind === 'answer')) throw error
      this.#damagedAnswers += 1
      if (this.#damagedAnswers < MAX_ATTEMPTS) {
        await pause()
        return undefined
      }
      const [cursor] = cursors as [Cursor]
      const more = cursors.length === 1 ? '' : ` and ${cursors.length - 1} other partitions`
      throw transportError(
        `${partitionName(cursor)} at offset ${cursor.next}${more} cannot be read: ${error.message}`,
        {
          topic: cursor.topic,
          cause: error,
        },
      )
    } finally {
      this.#inFlight -= 1
    }
  }

  /**
   * Queues the valid batches of an answer. Returns false if the first batch follows a gap, which another fetch has to confirm.
   */
  #accept(cursor: Cursor, answer: FetchedPartition, isFirst: boolean): boolean {
    const { topic, partition, aborted } = answer
    const from = cursor.next
    const { batches, next, rest } = checkBatches(answer, {
      from,
      readTo: cursor.readTo,
      isAgain: cursor.refusals !== undefined,
    })
    cursor.beyondSince = undefined
    cursor.emptySince = undefined
    if (batches.length === 0) {
      countRefusal(cursor, rest, isFirst)
      return rest === 'gap'
    }
    advance(cursor, next)
    const limits = { most: MAX_UNPACKED_RECORDS, maxBatchBytes: this.#cluster.options.maxBatchBytes }
    const drops = this.#isolation === 'committed' ? aborted : undefined
    const unpacked = unpackBatches({ topic, partition, batches, aborted: drops }, from, limits)
    this.#chunks.push({ topic, partition, cursor, from, next, rest: unpacked })
    return true
  }

  /**
   * After a failure of `part` that may pass, waits a moment and resolves with true. After any other failure, ends the reading and
   * resolves with false.
   */
  async #waitOrFail(error: unknown, part: string | number, topic = this.#cursors[0]?.topic): Promise<boolean> {
    if (!this.#isRunning) {
      this.#notify()
      return false
    }
    const isMissing = error instanceof Error && 'code' in error && error.code === errorCode.UNKNOWN_TOPIC_OR_PARTITION
    this.#missingSince = isMissing ? (this.#missingSince ?? performance.now()) : undefined
    this.#failure = this.#toFinalError(error, part, topic)
    if (this.#failure === undefined) {
      for (const { topic: own } of this.#cursors) this.#cluster.forget(own)
      await pause()
      return this.#isRunning
    }
    this.#notify()
    return false
  }

  /** Returns the error that ends this reading, or `undefined` if the failure may still pass. */
  #toFinalError(error: unknown, part: string | number, topic: string | undefined): EventBusError | undefined {
    if (this.#missingSince !== undefined) {
      if (performance.now() - this.#missingSince < MISSING_TOPIC_GRACE_MS) return undefined
      return topic === undefined ? this.#cluster.toBusError(error) : topicNotFound(topic)
    }
    const busError = this.#cluster.toBusError(error, { topic })
    return isPassing(error) ? this.#outage.failed(part, busError) : busError
  }
}

const nextEventLoopTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
