import { once } from 'node:events'
import type { TopicPartition } from '../../../bus/admin.ts'
import type { GroupBatch, GroupMember, JoinRequest } from '../../../bus/driver-port.ts'
import { EventBusError, subscriptionFailed } from '../../../bus/errors.ts'
import type { BusRecord } from '../../../bus/record.ts'
import { sleep } from '../../../bus/time/sleep.ts'
import { within } from '../../../bus/time/within.ts'
import { OutageWatch } from '../../outage-watch.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import type { Cursor } from '../fetching/cursor.ts'
import { type FetchedRecords, Fetcher } from '../fetching/fetcher.ts'
import { isPassing } from '../kafka-errors.ts'
import { UnreadableBatch } from '../records/batch-errors.ts'
import { GroupSession, isNewGeneration } from './group-session.ts'
import { OffsetCommits, type PartitionProgress } from './offset-commits.ts'
import { keyOf, StartOffsets } from './start-offsets.ts'

/**
 * The pause between heartbeats. A member learns of a rebalance by a heartbeat, so a new member waits this long for partitions.
 */
const HEARTBEAT_MS = 500
/** How often the leader of a group checks whether its topics have more partitions. */
const METADATA_INTERVAL_MS = 30_000
/** How long `close` waits for a heartbeat in flight, in milliseconds. */
const LAST_HEARTBEAT_TIMEOUT_MS = 500

/**
 * A partition that this member owns. If it loses the partition and gets it back, a new object shows that old references are
 * stale.
 */
interface OwnedPartition extends PartitionProgress {
  cursor: Cursor
}

/** A batch that `next` has returned. */
interface DeliveredBatch extends GroupBatch {
  readonly owned: OwnedPartition
  revoked: boolean
}

/** Records that were fetched and not delivered yet: at most one fetch of one partition. */
interface UndeliveredRecords {
  readonly owned: OwnedPartition
  readonly cursor: Cursor
  readonly fetched: FetchedRecords
  /** The index of the first record that is not delivered. */
  at: number
}

/** Error codes that are more specific than "the subscription failed", so they are not replaced. */
const specificCodes: ReadonlySet<string> = new Set([
  'CONNECTION_FAILED',
  'AUTHENTICATION_FAILED',
  'CONSUMER_GROUP_ERROR',
  'UNSUPPORTED',
])

/** Whether a retry may succeed after an error. For the error of retries that gave up, its cause decides. */
const mayPass = (error: unknown): boolean =>
  isPassing(error) || (error instanceof EventBusError && isPassing(error.cause))

/** The coordinator of the group as a part that `OutageWatch` tracks. */
const COORDINATOR = 'group'

/**
 * A member of a classic Kafka group. crbus implements the protocol over kafkajs's connections, because kafkajs's consumer
 * pushes records, restarts at a record that its handler rejects, and cannot be stopped promptly.
 */
export class KafkaMember implements GroupMember {
  readonly #cluster: KafkaCluster
  readonly #request: JoinRequest
  readonly #fetcher: Fetcher
  readonly #session: GroupSession
  readonly #starts: StartOffsets
  readonly #commits: OffsetCommits
  readonly #onLeft: () => void
  readonly #outage: OutageWatch
  #owned = new Map<string, OwnedPartition>()
  readonly #delivered = new Set<DeliveredBatch>()
  #undelivered: UndeliveredRecords | undefined
  /** Whether the partitions are assigned. False during a rebalance, while it is not known which member gets which partition. */
  #isAssigned = false
  #failure: EventBusError | undefined
  readonly #closing = new AbortController()
  /**
   * Aborted and replaced to make `next` check the state again: after new partitions, a failure or `close`. A signal and not a
   * promise, because listeners can be removed from a signal; they would accumulate on a promise that never settles.
   */
  #wake = new AbortController()
  #leaving: Promise<void> | undefined
  #heartbeats: Promise<void> = Promise.resolve()

  private constructor(cluster: KafkaCluster, request: JoinRequest, onLeft: () => void) {
    this.#cluster = cluster
    this.#onLeft = onLeft
    this.#request = request
    this.#outage = new OutageWatch(request)
    // An offset beyond the end means that the log was truncated or that the topic was created again, so no record of the
    // current log has been read.
    this.#fetcher = new Fetcher(cluster, this.#outage, 'restart')
    this.#session = new GroupSession(cluster, request, () => this.#disown())
    this.#starts = new StartOffsets(cluster, this.#session, request)
    this.#commits = new OffsetCommits(this.#session, () => this.#owned.values())
  }

  static async join(cluster: KafkaCluster, request: JoinRequest, onLeft: () => void): Promise<KafkaMember> {
    const member = new KafkaMember(cluster, request, onLeft)
    const { topics, group } = request
    try {
      await member.#starts.prepare()
      await cluster.retrying({ group }, () => member.#rejoin())
    } catch (error) {
      await member.close().catch(() => undefined)
      const busError = cluster.toBusError(error, { group, topic: topics[0] })
      throw busError.code === 'TOPIC_NOT_FOUND' ? busError : member.#toBusError(error)
    }
    member.#heartbeats = member.#sendHeartbeats()
    return member
  }

  async next(): Promise<GroupBatch | undefined> {
    while (!this.#isClosing) {
      if (this.#failure) throw this.#failure
      // During a rebalance, deliver nothing: fetched records may belong to a partition that another member is about to own.
      if (!this.#isAssigned) {
        await once(this.#wake.signal, 'abort')
        continue
      }
      const batch = this.#takeUndelivered()
      if (batch) return batch
      const fetched = await this.#fetch()
      if (!fetched) continue
      const owned = this.#owned.get(keyOf(fetched.cursor))
      if (owned?.cursor === fetched.cursor) this.#undelivered = { owned, cursor: fetched.cursor, fetched, at: 0 }
    }
    return undefined
  }

  close(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #fetch(): Promise<FetchedRecords | undefined> {
    const { signal } = this.#wake
    try {
      const fetched = await this.#fetcher.take(signal)
      // A member without partitions has nothing to fetch: wait for the next rebalance.
      if (fetched === undefined && !signal.aborted) await once(signal, 'abort')
      return fetched
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  get #isClosing(): boolean {
    return this.#closing.signal.aborted
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = new AbortController()
    wake.abort()
  }

  #takeUndelivered(): DeliveredBatch | undefined {
    const rest = this.#undelivered
    if (!rest) return undefined
    const { owned, cursor, fetched } = rest
    const isOurs = this.#owned.get(keyOf(owned)) === owned && owned.cursor === cursor
    if (!isOurs) {
      this.#undelivered = undefined
      return undefined
    }
    const to = rest.at + this.#request.bufferSize
    const records = fetched.records.slice(rest.at, to)
    const isLast = to >= fetched.records.length
    rest.at = to
    if (isLast) this.#undelivered = undefined
    // Control records and compacted offsets may follow the last record. They count as read together with it.
    return this.#deliver(owned, records, isLast ? fetched.next : undefined)
  }

  #deliver(owned: OwnedPartition, records: readonly BusRecord[], next: bigint | undefined): DeliveredBatch {
    let acknowledgedCount = 0
    const batch: DeliveredBatch = {
      owned,
      records,
      revoked: false,
      acknowledge: (index) => {
        const record = records[index]
        if (!record || batch.revoked || index < acknowledgedCount) return
        acknowledgedCount = index + 1
        if (this.#request.autoCommit === false) return
        const isAll = acknowledgedCount === records.length
        owned.acknowledged = isAll && next !== undefined ? next : record.offset + 1n
        this.#commits.schedule()
      },
      finish: () => {
        this.#delivered.delete(batch)
        const firstUnacknowledged = records[acknowledgedCount]
        if (firstUnacknowledged && !batch.revoked) this.#seek(owned, firstUnacknowledged.offset)
      },
    }
    this.#delivered.add(batch)
    return batch
  }

  #seek(owned: OwnedPartition, offset: bigint): void {
    const { topic, partition } = owned
    owned.cursor = { topic, partition, next: offset }
    this.#assignFetcher()
  }

  #assignFetcher(): void {
    this.#fetcher.assign([...this.#owned.values()].map(({ cursor }) => cursor))
    this.#wakeUp()
  }

  /** Sends heartbeats and takes part in the rebalances that they announce, until the member is closed or has failed. */
  async #sendHeartbeats(): Promise<void> {
    let checkedAt = performance.now()
    while (!this.#isClosing && this.#failure === undefined) {
      await sleep(HEARTBEAT_MS, this.#closing.signal)
      if (this.#isClosing) return
      try {
        const heartbeat = await this.#session.heartbeat()
        if (performance.now() - checkedAt > METADATA_INTERVAL_MS) {
          checkedAt = performance.now()
          if (heartbeat === 'stable' && (await this.#session.hasNewPartitions())) await this.#rejoin()
        }
        if (heartbeat === 'rebalancing') {
          this.#isAssigned = false
          await this.#commits.commit()
          await this.#rejoin()
        } else if (heartbeat === 'expelled') await this.#rejoin()
        // An earlier rejoin failed halfway, but the group regards it as complete, so no heartbeat will announce another
        // rebalance.
        else if (!this.#isAssigned) await this.#rejoin()
        this.#outage.worked(COORDINATOR)
      } catch (error) {
        if (this.#isClosing) return
        const failure = mayPass(error) ? this.#outage.failed(COORDINATOR, this.#toBusError(error)) : error
        if (failure !== undefined) {
          this.#fail(failure)
          return
        }
        this.#session.disconnect()
      }
    }
  }

  /** Joins the current generation of the group and starts to read the assigned partitions. */
  async #rejoin(): Promise<void> {
    this.#isAssigned = false
    while (!this.#isClosing) {
      const assigned = await this.#session.join()
      if (assigned === undefined) continue
      try {
        await this.#startAssigned(assigned)
      } catch (error) {
        if (isNewGeneration(error)) continue
        throw error
      }
      this.#isAssigned = true
      this.#wakeUp()
      return
    }
  }

  /** Continues the partitions that this member keeps, and starts the new ones at the group's committed offset. */
  async #startAssigned(assigned: readonly TopicPartition[]): Promise<void> {
    const kept = new Map<string, OwnedPartition>()
    const added: TopicPartition[] = []
    for (const partition of assigned) {
      const owned = this.#owned.get(keyOf(partition))
      if (owned) kept.set(keyOf(partition), owned)
      else added.push(partition)
    }
    if (added.length > 0) {
      for (const { topic, partition, offset } of await this.#starts.of(added)) {
        const cursor = { topic, partition, next: offset }
        kept.set(keyOf(cursor), { topic, partition, cursor, acknowledged: offset, committed: offset })
      }
    }
    this.#owned = kept
    for (const batch of this.#delivered) if (kept.get(keyOf(batch.owned)) !== batch.owned) batch.revoked = true
    this.#assignFetcher()
  }

  /** Gives up all partitions, because the group has continued without this member. */
  #disown(): void {
    this.#owned = new Map()
    for (const batch of this.#delivered) batch.revoked = true
    this.#assignFetcher()
  }

  #fail(error: unknown): void {
    if (this.#isClosing) return
    this.#failure ??= this.#toBusError(error)
    this.#commits.stopScheduling()
    this.#fetcher.close()
    this.#wakeUp()
  }

  #toBusError(error: unknown): EventBusError {
    const { topics, group } = this.#request
    const busError = this.#cluster.toBusError(error, { group, topic: topics[0] })
    if (specificCodes.has(busError.code)) return busError
    const { message, isPassing } = busError
    const hints = busError instanceof UnreadableBatch ? busError.hintsFor(group) : busError.hints
    return subscriptionFailed(topics, message, { cause: busError, group, hints, isPassing })
  }

  async #leave(): Promise<void> {
    this.#commits.stop()
    this.#closing.abort()
    this.#fetcher.close()
    this.#wakeUp()
    // A join in flight blocks its connection until the rebalance ends, so leave over a new connection.
    if (!this.#isAssigned) this.#session.disconnect()
    await within(AbortSignal.timeout(LAST_HEARTBEAT_TIMEOUT_MS), this.#heartbeats)
    try {
      if (this.#session.isMember) await this.#commitAndLeave()
    } finally {
      this.#session.disconnect()
      for (const batch of this.#delivered) batch.revoked = true
      this.#onLeft()
    }
  }

  /** Commits the acknowledged offsets and leaves the group. Leaves even if the commit fails, and then rejects. */
  async #commitAndLeave(): Promise<void> {
    const { group } = this.#request
    try {
      if (this.#failure === undefined && this.#commits.isPending)
        await this.#cluster.retrying({ group }, () => this.#commits.commit())
    } catch (error) {
      // The group has expelled this member: the next owner reads the uncommitted records again, which at-least-once delivery
      // allows.
      if (!(error instanceof EventBusError && error.code === 'GROUP_ACTIVE')) throw error
    } finally {
      await this.#session.leave()
    }
  }
}
