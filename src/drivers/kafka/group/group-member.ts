import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TopicPartition } from '../../../bus/admin.ts'
import type { GroupBatch, GroupMember, JoinRequest } from '../../../bus/driver-port.ts'
import { EventBusError, subscriptionFailed } from '../../../bus/errors.ts'
import type { BusRecord, Position } from '../../../bus/record.ts'
import { assignRange } from '../../assignment.ts'
import { OutageWatch } from '../../outage-watch.ts'
import { committedOffsets } from '../admin/committed-offsets.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure } from '../connection/wire.ts'
import { type Cursor, type FetchedRecords, Fetcher } from '../fetching/fetcher.ts'
import { errorCode, isPassing, KafkaFailure } from '../kafka-errors.ts'
import { offsetsOf } from '../offsets.ts'
import { ask } from '../protocol/api.ts'
import { offsetCommitApi } from '../protocol/committed-offsets.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../protocol/consumer-protocol.ts'
import { EARLIEST, LATEST } from '../protocol/list-offsets.ts'
import { heartbeatApi, type JoinedGroup, joinGroupApi, leaveGroupApi, syncGroupApi } from '../protocol/membership.ts'
import { UnreadableBatch } from '../records/batch-errors.ts'

/** The Rust services' own: how long a dead member keeps its partitions. */
const SESSION_TIMEOUT_MS = 6000
/** How long the others wait for a member that does not come back to a rebalance. */
const REBALANCE_TIMEOUT_MS = 12_000
/** Also the time a newcomer waits for us to notice. */
const HEARTBEAT_MS = 500
const COMMIT_INTERVAL_MS = 200
/** The pause before a commit that failed is tried again. */
const COMMIT_AGAIN_MS = 1000
/** A leader looks this often whether its topics have more partitions. */
const METADATA_INTERVAL_MS = 30_000
/** How long a close waits for a heartbeat under way. */
const LAST_HEARTBEAT_MS = 500
/** Under the name and in the bytes librdkafka uses, so that a group may hold Rust services too. */
const PROTOCOL = 'range'

/** A partition of this member. Replaced when it is lost: what still refers to the old one comes too late. */
interface Owned extends TopicPartition {
  cursor: Cursor
  /** Next offset to commit, and the one committed last. */
  acknowledged: bigint
  committed: bigint
}

interface HandedBatch extends GroupBatch {
  readonly owned: Owned
  revoked: boolean
}

/** Records fetched and not handed out yet, at most one fetch of one partition. */
interface Rest {
  readonly owned: Owned
  readonly cursor: Cursor
  readonly fetched: FetchedRecords
  at: number
}

/** Codes that say more than that the subscription failed. */
const keptCodes: ReadonlySet<string> = new Set([
  'CONNECTION_FAILED',
  'AUTHENTICATION_FAILED',
  'CONSUMER_GROUP_ERROR',
  'UNSUPPORTED',
])

/** The group has another generation by now, with this member or without: joining again tells. */
const hasMovedOn = (error: unknown): boolean => error instanceof KafkaFailure && movedOn.has(error.code ?? 0)
const movedOn: ReadonlySet<number> = new Set([
  errorCode.ILLEGAL_GENERATION,
  errorCode.UNKNOWN_MEMBER_ID,
  errorCode.REBALANCE_IN_PROGRESS,
])

/** What passes by itself, and what was given up for now although it does. */
const mayPass = (error: unknown): boolean =>
  isPassing(error) || (error instanceof EventBusError && isPassing(error.cause))

/** The part of an outage that is the group's coordinator. */
const GROUP = 'group'

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`

/**
 * A member of a classic Kafka group. Spoken by ourselves over kafkajs's connections: kafkajs's consumer pushes, takes a
 * record it cannot handle as a reason to restart, and stops in its own time.
 */
export class KafkaMember implements GroupMember {
  readonly #cluster: KafkaCluster
  readonly #request: JoinRequest
  readonly #fetcher: Fetcher
  readonly #channel: string
  readonly #onLeft: () => void
  readonly #outage: OutageWatch
  /** Where `latest` is, for partitions nobody has committed: fixed before joining, and for good. */
  #ends = new Map<string, bigint>()
  #memberId = ''
  #generation = -1
  #owned = new Map<string, Owned>()
  readonly #handed = new Set<HandedBatch>()
  #rest: Rest | undefined
  /** Partition counts this member assigned by, when it leads. */
  #assignedBy: ReadonlyMap<string, number> | undefined
  /** False while nobody knows who owns what. */
  #isSettled = false
  #failure: EventBusError | undefined
  readonly #closing = new AbortController()
  /**
   * Aborted and replaced when `next` should look again: new partitions, a failure, the close. Waited for as a signal,
   * whose listeners are taken off: what waits on a promise stays on it until it is settled, which here may be never.
   */
  #wake = new AbortController()
  #leaving: Promise<void> | undefined
  #commitTimer: NodeJS.Timeout | undefined
  #commits: Promise<void> = Promise.resolve()
  #life: Promise<void> = Promise.resolve()

  private constructor(cluster: KafkaCluster, request: JoinRequest, onLeft: () => void) {
    this.#cluster = cluster
    this.#onLeft = onLeft
    this.#request = request
    // Beyond the end nothing is known to have been read: the log was cut off, or is another of the same name.
    this.#outage = new OutageWatch(request)
    this.#fetcher = new Fetcher(cluster, this.#outage, 'restart')
    this.#channel = cluster.openChannel()
  }

  static async join(cluster: KafkaCluster, request: JoinRequest, onLeft: () => void): Promise<KafkaMember> {
    const member = new KafkaMember(cluster, request, onLeft)
    const { topics, group, offsetReset } = request
    try {
      for (const topic of topics) {
        const ends = await offsetsOf(cluster, topic, LATEST)
        if (offsetReset === 'earliest') continue
        for (const [partition, end] of ends) member.#ends.set(keyOf({ topic, partition }), end)
      }
      await cluster.retrying({ group }, () => member.#rejoin())
    } catch (error) {
      await member.close().catch(() => undefined)
      const told = cluster.toBusError(error, { group, topic: topics[0] })
      throw told.code === 'TOPIC_NOT_FOUND' ? told : member.#toBusError(error)
    }
    member.#life = member.#live()
    return member
  }

  async next(): Promise<GroupBatch | undefined> {
    while (!this.#isClosing) {
      if (this.#failure) throw this.#failure
      // While the group is being shared out anew, what is fetched may belong to somebody else in a moment.
      if (!this.#isSettled) {
        await once(this.#wake.signal, 'abort')
        continue
      }
      const batch = this.#takeRest()
      if (batch) return batch
      const fetched = await this.#fetch()
      if (!fetched) continue
      const owned = this.#owned.get(keyOf(fetched.cursor))
      if (owned?.cursor === fetched.cursor) this.#rest = { owned, cursor: fetched.cursor, fetched, at: 0 }
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
      // Without partitions there is nothing to fetch: wait for the next sharing out.
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

  #takeRest(): HandedBatch | undefined {
    const rest = this.#rest
    if (!rest) return undefined
    const { owned, cursor, fetched } = rest
    const isOurs = this.#owned.get(keyOf(owned)) === owned && owned.cursor === cursor
    if (!isOurs) {
      this.#rest = undefined
      return undefined
    }
    const to = rest.at + this.#request.bufferSize
    const records = fetched.records.slice(rest.at, to)
    const isLast = to >= fetched.records.length
    rest.at = to
    if (isLast) this.#rest = undefined
    // Behind the last record may lie control records and compacted offsets, which then count as read as well.
    return this.#hand(owned, records, isLast ? fetched.behind : undefined)
  }

  #hand(owned: Owned, records: readonly BusRecord[], behind: bigint | undefined): HandedBatch {
    let unacknowledged = 0
    const batch: HandedBatch = {
      owned,
      records,
      revoked: false,
      acknowledge: (index) => {
        const record = records[index]
        if (!record || batch.revoked || index < unacknowledged) return
        unacknowledged = index + 1
        const isAll = unacknowledged === records.length
        owned.acknowledged = isAll && behind !== undefined ? behind : record.offset + 1n
        this.#commitIn(COMMIT_INTERVAL_MS)
      },
      finish: () => {
        this.#handed.delete(batch)
        const again = records[unacknowledged]
        if (again && !batch.revoked) this.#seek(owned, again.offset)
      },
    }
    this.#handed.add(batch)
    return batch
  }

  #seek(owned: Owned, offset: bigint): void {
    const { topic, partition } = owned
    owned.cursor = { topic, partition, next: offset }
    this.#assignFetcher()
  }

  #assignFetcher(): void {
    this.#fetcher.assign([...this.#owned.values()].map(({ cursor }) => cursor))
    this.#wakeUp()
  }

  /** Heartbeats, and what they bring, until the member is closed or has failed. */
  async #live(): Promise<void> {
    let lookedAt = performance.now()
    while (!this.#isClosing && this.#failure === undefined) {
      await sleep(HEARTBEAT_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined)
      if (this.#isClosing) return
      try {
        const error = await this.#heartbeat()
        if (performance.now() - lookedAt > METADATA_INTERVAL_MS) {
          lookedAt = performance.now()
          if (error === 0 && (await this.#hasGrown())) await this.#rejoin()
        }
        if (error === errorCode.REBALANCE_IN_PROGRESS) {
          this.#isSettled = false
          await this.#commit()
          await this.#rejoin()
        } else if (error === errorCode.UNKNOWN_MEMBER_ID || error === errorCode.ILLEGAL_GENERATION) {
          // Thought dead: others have the partitions by now.
          if (error === errorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
          this.#disown()
          await this.#rejoin()
        } else if (error !== 0) throw protocolFailure(error, null, { request: heartbeatApi.name })
        // A rejoin broke off and the group took it for done: nobody else will ask for another.
        else if (!this.#isSettled) await this.#rejoin()
        this.#outage.worked(GROUP)
      } catch (error) {
        if (this.#isClosing) return
        const failure = mayPass(error) ? this.#outage.failed(GROUP, this.#toBusError(error)) : error
        if (failure !== undefined) {
          this.#fail(failure)
          return
        }
        this.#cluster.dropChannel(this.#channel)
      }
    }
  }

  async #heartbeat(): Promise<number> {
    const { group } = this.#request
    const connection = await this.#coordinator()
    const request = { group, generation: this.#generation, memberId: this.#memberId }
    // Not waited for beyond the session: after it the answer is known.
    return ask(connection, heartbeatApi, request, SESSION_TIMEOUT_MS)
  }

  #coordinator() {
    return this.#cluster.coordinator(this.#request.group, this.#channel)
  }

  /** Joins, shares out the partitions if it falls to us, and takes up our own. */
  async #rejoin(): Promise<void> {
    this.#isSettled = false
    while (!this.#isClosing) {
      const joined = await this.#join()
      if (joined === undefined) continue
      const assigned = await this.#sync(joined)
      if (assigned === undefined) continue
      try {
        await this.#takeUp(assigned)
      } catch (error) {
        if (hasMovedOn(error)) continue
        throw error
      }
      this.#isSettled = true
      this.#wakeUp()
      return
    }
  }

  async #join(): Promise<JoinedGroup | undefined> {
    const { group, topics } = this.#request
    const request = {
      group,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      memberId: this.#memberId,
      protocol: PROTOCOL,
      subscription: encodeSubscription(topics),
    }
    const patience = REBALANCE_TIMEOUT_MS + this.#cluster.options.timeout
    const joined = await ask(await this.#coordinator(), joinGroupApi, request, patience)
    if (joined.error === errorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      return undefined
    }
    if (joined.error === errorCode.UNKNOWN_MEMBER_ID) {
      this.#memberId = ''
      this.#disown()
      return undefined
    }
    if (joined.error !== 0) throw protocolFailure(joined.error, null, { request: joinGroupApi.name })
    this.#memberId = joined.memberId
    this.#generation = joined.generation
    return joined
  }

  async #sync({ leader, members, memberId, generation }: JoinedGroup): Promise<TopicPartition[] | undefined> {
    const assignments = leader === memberId ? await this.#assign(members) : []
    this.#assignedBy = leader === memberId ? this.#assignedBy : undefined
    const { group } = this.#request
    const request = { group, generation, memberId, assignments }
    const patience = REBALANCE_TIMEOUT_MS + this.#cluster.options.timeout
    const { error, assignment } = await ask(await this.#coordinator(), syncGroupApi, request, patience)
    if (error === errorCode.REBALANCE_IN_PROGRESS) return undefined
    if (error === errorCode.UNKNOWN_MEMBER_ID || error === errorCode.ILLEGAL_GENERATION) {
      this.#memberId = ''
      this.#disown()
      return undefined
    }
    if (error !== 0) throw protocolFailure(error, null, { request: syncGroupApi.name })
    return decodeAssignment(assignment)
  }

  async #assign(members: JoinedGroup['members']) {
    const assignable = members.map(({ memberId, subscription }) => ({
      memberId,
      topics: decodeSubscription(subscription),
    }))
    const counts = await this.#count(assignable.flatMap(({ topics }) => topics))
    this.#assignedBy = counts
    return [...assignRange(assignable, (topic) => counts.get(topic) ?? 0)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }))
  }

  async #count(topics: readonly string[]): Promise<Map<string, number>> {
    const { topics: found } = await this.#cluster.metadata([...new Set(topics)])
    return new Map(found.map(({ topic, partitions }) => [topic, partitions.length]))
  }

  async #hasGrown(): Promise<boolean> {
    const by = this.#assignedBy
    if (!by) return false
    const counts = await this.#count([...by.keys()])
    const isSame = [...by].every(([topic, count]) => counts.get(topic) === count)
    if (!isSame) for (const topic of by.keys()) this.#cluster.forget(topic)
    return !isSame
  }

  /** Partitions we keep go on where they are; the others begin where the group has committed. */
  async #takeUp(assigned: readonly TopicPartition[]): Promise<void> {
    const kept = new Map<string, Owned>()
    const begun: TopicPartition[] = []
    for (const place of assigned) {
      const owned = this.#owned.get(keyOf(place))
      if (owned) kept.set(keyOf(place), owned)
      else begun.push(place)
    }
    if (begun.length > 0) {
      const positions = await this.#startsOf(begun)
      for (const { topic, partition, offset } of positions) {
        const cursor = { topic, partition, next: offset }
        kept.set(keyOf(cursor), { topic, partition, cursor, acknowledged: offset, committed: offset })
      }
    }
    this.#owned = kept
    for (const handed of this.#handed) if (kept.get(keyOf(handed.owned)) !== handed.owned) handed.revoked = true
    this.#assignFetcher()
  }

  /**
   * Where partitions begin. `latest` means from our joining on. Left to whoever owns a partition next it would mean
   * from then on, losing what came in between; so a start nobody has committed is committed now.
   */
  async #startsOf(places: readonly TopicPartition[]): Promise<Position[]> {
    const committed = await committedOffsets(this.#cluster, this.#request.group)
    const known = new Map(committed.map((position) => [keyOf(position), position.offset]))
    const fresh = places.filter((place) => !known.has(keyOf(place)))
    if (this.#request.offsetReset === 'latest') {
      // A partition that was added after we joined was empty then: all of it is new.
      const starts = fresh.map((place) => ({ ...place, offset: this.#ends.get(keyOf(place)) ?? 0n }))
      await this.#send(starts)
      for (const start of starts) known.set(keyOf(start), start.offset)
    } else {
      for (const topic of new Set(fresh.map((place) => place.topic))) {
        const starts = await offsetsOf(this.#cluster, topic, EARLIEST)
        for (const [partition, start] of starts) {
          const key = keyOf({ topic, partition })
          if (!known.has(key)) known.set(key, start)
        }
      }
    }
    return places.map((place) => ({ ...place, offset: known.get(keyOf(place)) ?? 0n }))
  }

  #commitIn(milliseconds: number): void {
    // The last ones go with the goodbye.
    if (this.#isClosing || this.#failure !== undefined) return
    this.#commitTimer ??= setTimeout(() => {
      this.#commitTimer = undefined
      void this.#commit()
    }, milliseconds)
  }

  /** Commits what was acknowledged since the last time; one after another. Fails only when closing. */
  #commit(): Promise<void> {
    this.#commits = this.#commits.then(
      () => this.#commitNow(),
      () => this.#commitNow(),
    )
    if (this.#isClosing) return this.#commits
    // Whoever is idle acknowledges nothing more that would bring it about, and would be seen to lag.
    return this.#commits.catch(() => this.#commitIn(COMMIT_AGAIN_MS))
  }

  async #commitNow(): Promise<void> {
    const sent = this.#unsent().map((owned) => ({ owned, offset: owned.acknowledged }))
    await this.#send(sent.map(({ owned: { topic, partition }, offset }) => ({ topic, partition, offset })))
    for (const { owned, offset } of sent) owned.committed = offset
  }

  #unsent(): Owned[] {
    return [...this.#owned.values()].filter(({ acknowledged, committed }) => acknowledged !== committed)
  }

  async #send(offsets: readonly Position[]): Promise<void> {
    if (offsets.length === 0) return
    const { group } = this.#request
    const request = { group, generation: this.#generation, memberId: this.#memberId, offsets }
    for (const { error, topic } of await ask(await this.#coordinator(), offsetCommitApi, request)) {
      if (error !== 0) throw protocolFailure(error, null, { request: offsetCommitApi.name, topic })
    }
  }

  /** The group went on without us. */
  #disown(): void {
    this.#owned = new Map()
    for (const handed of this.#handed) handed.revoked = true
    this.#assignFetcher()
  }

  #fail(error: unknown): void {
    if (this.#isClosing) return
    this.#failure ??= this.#toBusError(error)
    this.#fetcher.close()
    this.#wakeUp()
  }

  #toBusError(error: unknown): EventBusError {
    const { topics, group } = this.#request
    const told = this.#cluster.toBusError(error, { group, topic: topics[0] })
    if (keptCodes.has(told.code)) return told
    const { message, isPassing } = told
    const suggestions = told instanceof UnreadableBatch ? told.suggestionsFor(group) : told.suggestions
    return subscriptionFailed(topics, message, { cause: told, group, suggestions, isPassing })
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#commitTimer)
    this.#closing.abort()
    this.#fetcher.close()
    this.#wakeUp()
    // A join under way keeps its connection busy for as long as the group takes: leaving goes by another.
    if (!this.#isSettled) this.#cluster.dropChannel(this.#channel)
    await Promise.race([this.#life, sleep(LAST_HEARTBEAT_MS)])
    try {
      if (this.#memberId !== '') await this.#sayGoodbye()
    } finally {
      this.#cluster.dropChannel(this.#channel)
      for (const handed of this.#handed) handed.revoked = true
      this.#onLeft()
    }
  }

  /** Commits, or says why not; then leaves, which the group would notice by itself. */
  async #sayGoodbye(): Promise<void> {
    const { group } = this.#request
    const isOwing = this.#failure === undefined && this.#unsent().length > 0
    try {
      if (isOwing) await this.#cluster.retrying({ group }, () => this.#commit())
    } catch (error) {
      // No longer a member: what it acknowledged since comes again elsewhere, as at least once allows.
      if (!(error instanceof EventBusError && error.code === 'GROUP_ACTIVE')) throw error
    } finally {
      await this.#coordinator()
        .then((connection) => ask(connection, leaveGroupApi, { group, memberId: this.#memberId }))
        .catch(() => undefined)
    }
  }
}
