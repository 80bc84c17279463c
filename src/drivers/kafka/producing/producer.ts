import { topicNotFound } from '../../../bus/errors.ts'
import type { NewRecord, Position } from '../../../bus/record.ts'
import { sleep } from '../../../bus/time/sleep.ts'
import { refusalOf } from '../../refusal.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { triedFor } from '../connection/tried-for.ts'
import { protocolFailure } from '../connection/wire.ts'
import { errorCode, isPassing, KafkaFailure } from '../kafka-errors.ts'
import { ask } from '../protocol/api.ts'
import { Reader, Writer } from '../protocol/bytes.ts'
import { describeTopicConfigsApi } from '../protocol/configs.ts'
import type { PartitionMetadata } from '../protocol/metadata.ts'
import { produceApi } from '../protocol/produce.ts'
import { encodeBatch } from '../records/encode-batch.ts'
import { type AppendJob, acknowledge, newJob, refuseRecord, settle, stopAt } from './append-job.ts'
import { type Batch, byPartition, type Lane, newLane, resetLimits, type TakenRecords, takeRecords } from './lane.ts'
import { isRecordRefusal, isTooLarge, isUncertain, type Refusal, toRefusal } from './refusals.ts'

export interface ProducerOptions {
  /** 0, 1, or -1 for all in-sync replicas. */
  readonly acks: number
  /** The compression id in the attributes of a batch; see compression.ts. */
  readonly compression: number
  /** See `RedpandaEventBusOptions`. */
  readonly metadataMaxAge?: number | undefined
}

/** The default of librdkafka, kafkajs and the Java client. */
const METADATA_MAX_AGE_MS = 300_000
/** The most partitions in a request, each with one batch. */
const MAX_REQUEST_BATCHES = 8
/** The pause after a request that failed. */
const PAUSE_MS = 50
/** How often a producer that a quota makes wait checks whether the bus was closed. */
const CLOSED_CHECK_MS = 200

/**
 * Appends records in batches, with one request at a time to each leader. Records that arrive while a request is in flight go
 * into the next one, so publishing events one by one without waiting costs no more than publishing a list, and no record
 * is delayed to fill a batch.
 */
export class Producer {
  readonly #cluster: KafkaCluster
  readonly #options: ProducerOptions
  /** Separate connections, because a broker that waits for replicas or a quota answers no other request on a connection. */
  readonly #channel: string
  readonly #lanes = new Map<string, Map<number, Lane>>()
  readonly #busyLeaders = new Set<number>()
  /** Metadata lookups in flight, by topic. */
  readonly #lookups = new Map<string, Promise<readonly PartitionMetadata[]>>()

  constructor(cluster: KafkaCluster, options: ProducerOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#channel = cluster.openChannel()
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<readonly Position[]> {
    if (records.length === 0) return []
    // Concurrent calls share one lookup, which keeps them in order.
    let partitions = await this.#partitions(topic, this.#options.metadataMaxAge ?? METADATA_MAX_AGE_MS)
    // If a record names an unknown partition, look the partitions up again: the partition may have been added since the lookup.
    const { length } = partitions
    if (records.some(({ partition = 0 }) => partition >= length)) partitions = await this.#partitions(topic, 0)
    const job = newJob(topic, records)
    for (let index = 0; index < records.length; index += 1) {
      const reason = refusalOf(records[index] as NewRecord, partitions.length)
      if (reason === undefined) continue
      refuseRecord(job, { index, reason, settings: [] })
      break
    }
    for (const [partition, indices] of byPartition(job, partitions.length)) {
      this.#lane(topic, partition).shares.push({ job, indices, at: 0 })
    }
    this.#settle(job)
    this.#sendToFreeLeaders()
    return job.done.promise
  }

  #partitions(topic: string, maxAge: number): Promise<readonly PartitionMetadata[]> {
    let lookup = this.#lookups.get(topic)
    if (lookup === undefined) {
      lookup = this.#cluster.retrying({ topic }, () => this.#cluster.partitions(topic, maxAge))
      this.#lookups.set(topic, lookup)
      const forget = () => this.#lookups.delete(topic)
      lookup.then(forget, forget)
    }
    return lookup
  }

  #lane(topic: string, partition: number): Lane {
    const lanes = this.#lanes.get(topic) ?? new Map<number, Lane>()
    this.#lanes.set(topic, lanes)
    let lane = lanes.get(partition)
    if (lane === undefined) {
      lane = newLane(topic, partition)
      lanes.set(partition, lane)
    }
    return lane
  }

  /** Sends a request to every leader that has records queued and no request in flight. */
  #sendToFreeLeaders(): void {
    const byLeader = new Map<number, Lane[]>()
    for (const [topic, lanes] of this.#lanes) {
      for (const [partition, lane] of lanes) {
        if (lane.isBusy) continue
        if (lane.shares.length === 0) {
          lanes.delete(partition)
          continue
        }
        // -1 stands for an unknown leader, which `#deliver` looks up.
        const leader = this.#cluster.knownLeader(topic, partition) ?? -1
        if (this.#busyLeaders.has(leader)) continue
        const own = byLeader.get(leader)
        if (own === undefined) byLeader.set(leader, [lane])
        else if (own.length < MAX_REQUEST_BATCHES) own.push(lane)
      }
      if (lanes.size === 0) this.#lanes.delete(topic)
    }
    for (const [leader, lanes] of byLeader) void this.#send(leader, lanes)
  }

  async #send(leader: number, lanes: readonly Lane[]): Promise<void> {
    this.#busyLeaders.add(leader)
    for (const lane of lanes) lane.isBusy = true
    let pause = 0
    try {
      const batches: Batch[] = []
      for (const lane of lanes) {
        const batch = await this.#takeBatch(lane)
        if (batch) batches.push(batch)
      }
      if (batches.length > 0) pause = await this.#deliver(leader, batches)
    } finally {
      for (let left = pause; left > 0 && !this.#cluster.isClosed; left -= CLOSED_CHECK_MS) {
        await sleep(Math.min(left, CLOSED_CHECK_MS))
      }
      for (const lane of lanes) {
        lane.isBusy = false
        // Move the lane to the end of the map, so that other lanes go first next time.
        const own = this.#lanes.get(lane.topic)
        if (own?.delete(lane.partition)) own.set(lane.partition, lane)
      }
      this.#busyLeaders.delete(leader)
      this.#sendToFreeLeaders()
    }
  }

  async #takeBatch(lane: Lane): Promise<Batch | undefined> {
    const taken = takeRecords(lane)
    const { parts, records, size } = taken
    if (records.length === 0) return undefined
    try {
      const bytes = await encodeBatch(records, this.#options.compression, BigInt(Date.now()))
      return { lane, parts, records, size, bytes }
    } catch (error) {
      const reason = `cannot be written: ${error instanceof Error ? error.message : String(error)}`
      this.#isolateRefused(taken, (index) => ({ index, reason, settings: [] }))
      return undefined
    }
  }

  /** Sends one request. Resolves with the pause before the next one, in milliseconds. */
  async #deliver(leader: number, batches: readonly Batch[]): Promise<number> {
    const { acks } = this.#options
    const { timeout } = this.#cluster.options
    const sentAt = performance.now()
    if (leader === -1) return this.#findLeaders(batches, sentAt)
    let isSent = false
    try {
      const connection = await this.#cluster.broker(leader, this.#channel)
      const to = new Writer()
      const requested = batches.map(({ lane: { topic, partition }, bytes }) => ({ topic, partition, bytes }))
      produceApi.write(to, { acks, timeout, batches: requested })
      const { key, version, name } = produceApi
      isSent = true
      const payload = await connection.send({ key, version, name, body: to.bytes, hasAnswer: acks !== 0 })
      if (acks === 0) {
        for (const batch of batches) this.#succeed(batch, -1n)
        return 0
      }
      const { answers, throttled } = produceApi.read(new Reader(payload))
      let needsNoPause = true
      for (const batch of batches) {
        const { topic, partition } = batch.lane
        const answer = answers.find((one) => one.topic === topic && one.partition === partition)
        if (answer?.error === 0) this.#succeed(batch, answer.base)
        else {
          const failure = protocolFailure(answer?.error ?? errorCode.NETWORK_EXCEPTION, null, { request: name, topic })
          needsNoPause = this.#retryOrFail(batch, failure, sentAt, isSent) && needsNoPause
        }
      }
      return Math.max(throttled, needsNoPause ? 0 : PAUSE_MS)
    } catch (error) {
      for (const batch of batches) this.#retryOrFail(batch, error, sentAt, isSent)
      return PAUSE_MS
    }
  }

  /**
   * Looks up the leaders of batches, and requeues the batches with a leader. Uses cached metadata if there is any, because each
   * failure drops the cache and requests the metadata again.
   */
  async #findLeaders(batches: readonly Batch[], sentAt: number): Promise<number> {
    let needsNoPause = true
    for (const batch of batches) {
      const { topic, partition } = batch.lane
      try {
        await this.#cluster.partitions(topic)
        if (this.#cluster.knownLeader(topic, partition) === undefined)
          throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
        this.#requeue(batch)
      } catch (error) {
        needsNoPause = this.#retryOrFail(batch, error, sentAt, false) && needsNoPause
      }
    }
    return needsNoPause ? 0 : PAUSE_MS
  }

  #succeed({ lane, parts }: Batch, base: bigint): void {
    lane.failingSince = undefined
    let offset = base
    for (const { job, indices } of parts) {
      acknowledge(job, lane.partition, indices, offset)
      if (base >= 0n) offset += BigInt(indices.length)
      job.inFlight -= 1
      this.#settle(job)
    }
  }

  /** Puts the records of a batch back at the head of their lane. */
  #requeue({ lane, parts }: TakenRecords): void {
    lane.shares.unshift(...parts.map(({ job, indices }) => ({ job, indices, at: 0 })))
    for (const { job } of parts) {
      job.inFlight -= 1
      this.#settle(job)
    }
  }

  /** Requeues a batch that failed, or fails its jobs. Returns whether the next request may follow without a pause. */
  #retryOrFail(batch: Batch, error: unknown, sentAt: number, isSent: boolean): boolean {
    const { lane, parts, records } = batch
    lane.failingSince ??= sentAt
    if (isSent && isUncertain(error)) {
      for (const { job, indices } of parts) for (const index of indices) job.unknown.add(index)
    }
    const code = error instanceof KafkaFailure ? error.code : undefined
    const isMissing = code === errorCode.UNKNOWN_TOPIC_OR_PARTITION
    const mayPass = isPassing(error) || isMissing
    const { timeout } = this.#cluster.options
    const tried = performance.now() - lane.failingSince
    const hasTime = tried < timeout
    if (mayPass && hasTime && !this.#cluster.isClosed) {
      this.#cluster.forget(lane.topic)
      void this.#cluster.partitions(lane.topic).catch(() => undefined)
      this.#requeue(batch)
      return false
    }
    if (isTooLarge(code) && records.length > 1) {
      lane.maxBytes = Math.floor(batch.size / 2)
      this.#requeue(batch)
      return true
    }
    if (isRecordRefusal(error)) {
      this.#isolateRefused(batch, (index) => toRefusal(index, batch.bytes.length, records[0]?.timestamp, error))
      return true
    }
    if (code !== undefined && !mayPass && parts.length > 1) {
      lane.isPerJob = true
      this.#requeue(batch)
      return true
    }
    for (const { job, indices } of parts) {
      const busError = isMissing
        ? topicNotFound(job.topic)
        : this.#cluster.toBusError(error, { topic: job.topic, isPublish: true })
      const failure = isPassing(error) && !hasTime ? triedFor(busError, tried, timeout, true) : busError
      this.#endBatchOf(job, () => stopAt(job, indices[0] as number, failure))
    }
    resetLimits(lane)
    return true
  }

  /**
   * Searches for the refused record of a batch: sends the records of each job separately, then halves the batches. Refuses
   * the record once it is alone.
   */
  #isolateRefused(batch: TakenRecords, toRefusal: (index: number) => Refusal): void {
    const { lane, parts, records } = batch
    const [first] = parts
    if (records.length > 1 || first === undefined) {
      if (parts.length > 1) lane.isPerJob = true
      else lane.maxRecords = Math.floor(records.length / 2)
      this.#requeue(batch)
      return
    }
    const { job, indices } = first
    this.#endBatchOf(job, () => refuseRecord(job, toRefusal(indices[0] as number)))
    resetLimits(lane)
  }

  /** Stops a job and counts its batch as no longer in flight. */
  #endBatchOf(job: AppendJob, stop: () => void): void {
    stop()
    job.inFlight -= 1
    this.#settle(job)
  }

  #settle(job: AppendJob): void {
    settle(job, (topic) => this.#settingsOf(topic))
  }

  /** Returns the settings of a topic; empty if they cannot be read, because they only complete an error message. */
  async #settingsOf(topic: string): Promise<ReadonlyMap<string, string>> {
    try {
      const request = { topics: [topic], names: null }
      const [described] = await ask(await this.#cluster.anyBroker(), describeTopicConfigsApi, request)
      return new Map(described?.entries.map(({ name, value }) => [name, value ?? '']))
    } catch {
      return new Map()
    }
  }
}
