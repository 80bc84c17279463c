import { EventBusError, publishFailed, topicNotFound } from '../../bus/errors.ts'
import { partitionOf } from '../../bus/partitioner.ts'
import type { NewRecord, Position } from '../../bus/record.ts'
import { Reader, Writer } from './bytes.ts'
import type { KafkaCluster } from './cluster.ts'
import { errorCode, isPassing, KafkaFailure } from './kafka-errors.ts'
import { type PartitionMetadata, produceApi } from './protocol.ts'
import { encodeBatch, sizeBound } from './record-batch.ts'
import { protocolFailure } from './wire.ts'

export interface ProducerOptions {
  /** 0, 1, or -1 for all in-sync replicas. */
  readonly acks: number
  /** The number in a batch's attributes; see compression.ts. */
  readonly compression: number
  /** See `RedpandaEventBusOptions`. */
  readonly metadataMaxAge?: number | undefined
}

/** As librdkafka, kafkajs and the Java client have it. */
const METADATA_MAX_AGE_MS = 300_000

/** A batch stays under the broker's default `message.max.bytes` of 1,048,588 with room for its header. */
const BATCH_BYTES = 900_000
/** A request holds a batch of each of so many partitions at most. */
const REQUEST_BATCHES = 8
const PAUSE_MS = 50
/** Whoever waits for a quota looks this often whether the bus was closed. */
const LOOK_MS = 200

/** What one call of `append` is waiting for. */
interface Job {
  readonly topic: string
  readonly records: readonly NewRecord[]
  readonly positions: Position[]
  left: number
  isOver: boolean
  readonly done: PromiseWithResolvers<readonly Position[]>
}

/** Records of one job for one partition, by their index; those before `at` are sent. */
interface Share {
  readonly job: Job
  readonly indices: readonly number[]
  at: number
}

/** The records of one partition that wait to be sent, in order. */
interface Lane {
  readonly topic: string
  readonly partition: number
  shares: Share[]
  isBusy: boolean
  failingSince: number | undefined
  /** Smaller after the broker refused a batch for its size. */
  limit: number
  /** Set after a batch was refused for good: whose record it was shows when each job's are sent alone. */
  isApart: boolean
}

interface Batch {
  readonly lane: Lane
  readonly parts: readonly { readonly job: Job; readonly indices: readonly number[] }[]
  readonly records: readonly NewRecord[]
  readonly size: number
  readonly bytes: Buffer
}

/**
 * Appends records as batches, one request at a time to each leader. What arrives while a request is under way goes with
 * the next: publishing one by one without waiting costs no more than publishing a list, and adds no delay.
 */
export class Producer {
  readonly #cluster: KafkaCluster
  readonly #options: ProducerOptions
  /** A broker that waits for its replicas, or for a quota, answers nothing else on the connection meanwhile. */
  readonly #channel: string
  readonly #lanes = new Map<string, Map<number, Lane>>()
  readonly #busyLeaders = new Set<number>()

  constructor(cluster: KafkaCluster, options: ProducerOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#channel = cluster.openChannel()
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<readonly Position[]> {
    if (records.length === 0) return []
    // One lookup for all who ask meanwhile, which keeps calls in their order.
    let layout = await this.#layout(topic, this.#options.metadataMaxAge ?? METADATA_MAX_AGE_MS)
    // One that was named and is not known may have been added since.
    const { length } = layout
    if (records.some(({ partition = 0 }) => partition >= length)) layout = await this.#layout(topic, 0)
    const job: Job = {
      topic,
      records,
      positions: new Array(records.length),
      left: records.length,
      isOver: false,
      done: Promise.withResolvers(),
    }
    for (const [partition, indices] of share(topic, records, layout.length)) {
      this.#lane(topic, partition).shares.push({ job, indices, at: 0 })
    }
    this.#pump()
    return job.done.promise
  }

  readonly #layouts = new Map<string, Promise<readonly PartitionMetadata[]>>()

  #layout(topic: string, maxAge: number): Promise<readonly PartitionMetadata[]> {
    let layout = this.#layouts.get(topic)
    if (layout === undefined) {
      layout = this.#cluster.retrying({ topic }, () => this.#cluster.partitions(topic, maxAge))
      this.#layouts.set(topic, layout)
      const forget = () => this.#layouts.delete(topic)
      layout.then(forget, forget)
    }
    return layout
  }

  #lane(topic: string, partition: number): Lane {
    const lanes = this.#lanes.get(topic) ?? new Map<number, Lane>()
    this.#lanes.set(topic, lanes)
    let lane = lanes.get(partition)
    if (lane === undefined) {
      lane = {
        topic,
        partition,
        shares: [],
        isBusy: false,
        failingSince: undefined,
        limit: BATCH_BYTES,
        isApart: false,
      }
      lanes.set(partition, lane)
    }
    return lane
  }

  /** Sends to every leader that is free and has something waiting. */
  #pump(): void {
    const byLeader = new Map<number, Lane[]>()
    for (const [topic, lanes] of this.#lanes) {
      for (const [partition, lane] of lanes) {
        if (lane.isBusy) continue
        if (lane.shares.length === 0) {
          lanes.delete(partition)
          continue
        }
        // Without a known leader: sent to nobody, which asks for the metadata.
        const leader = this.#cluster.knownLeader(topic, partition) ?? -1
        if (this.#busyLeaders.has(leader)) continue
        const own = byLeader.get(leader)
        if (own === undefined) byLeader.set(leader, [lane])
        else if (own.length < REQUEST_BATCHES) own.push(lane)
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
      for (let left = pause; left > 0 && !this.#cluster.isClosed; left -= LOOK_MS) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(left, LOOK_MS)))
      }
      for (const lane of lanes) {
        lane.isBusy = false
        // Taken from the end: those with more waiting let the others go first.
        const own = this.#lanes.get(lane.topic)
        if (own?.delete(lane.partition)) own.set(lane.partition, lane)
      }
      this.#busyLeaders.delete(leader)
      this.#pump()
    }
  }

  async #takeBatch(lane: Lane): Promise<Batch | undefined> {
    const parts: { job: Job; indices: readonly number[] }[] = []
    const records: NewRecord[] = []
    let size = 0
    for (let share = lane.shares[0]; share && (size === 0 || size < lane.limit); share = lane.shares[0]) {
      const { job, indices } = share
      const begin = share.at
      while (!job.isOver && share.at < indices.length) {
        const record = job.records[indices[share.at] as number] as NewRecord
        const bytes = sizeBound(record)
        if (size > 0 && size + bytes > lane.limit) break
        records.push(record)
        size += bytes
        share.at += 1
      }
      if (share.at > begin) parts.push({ job, indices: indices.slice(begin, share.at) })
      // What is left of a job that failed is not sent: it would leave a gap.
      const isTaken = job.isOver || share.at === indices.length
      if (!isTaken) break
      lane.shares.shift()
      if (lane.isApart) break
    }
    if (records.length === 0) return undefined
    try {
      const bytes = await encodeBatch(records, this.#options.compression, BigInt(Date.now()))
      return { lane, parts, records, size, bytes }
    } catch (error) {
      // Whose record it is shows when each job's are written alone.
      lane.isApart = parts.length > 1
      if (lane.isApart) {
        putBack({ lane, parts })
        return undefined
      }
      const reason = error instanceof Error ? error.message : String(error)
      for (const { job } of parts) fail(job, publishFailed(job.topic, `cannot be written: ${reason}`, { cause: error }))
      return undefined
    }
  }

  /** One request; the milliseconds to wait before the next. */
  async #deliver(leader: number, batches: readonly Batch[]): Promise<number> {
    const { acks } = this.#options
    const { timeout } = this.#cluster.options
    const sentAt = Date.now()
    if (leader === -1) return this.#findLeaders(batches, sentAt)
    try {
      const connection = await this.#cluster.broker(leader, this.#channel)
      const to = new Writer()
      const requested = batches.map(({ lane: { topic, partition }, bytes }) => ({ topic, partition, bytes }))
      produceApi.write(to, { acks, timeout, batches: requested })
      const { key, version, name } = produceApi
      const payload = await connection.send({ key, version, name, body: to.bytes, hasAnswer: acks !== 0 })
      if (acks === 0) {
        for (const batch of batches) this.#succeed(batch, -1n)
        return 0
      }
      const { answers, throttled } = produceApi.read(new Reader(payload))
      let isFine = true
      for (const batch of batches) {
        const { topic, partition } = batch.lane
        const answer = answers.find((one) => one.topic === topic && one.partition === partition)
        if (answer?.error === 0) this.#succeed(batch, answer.base)
        else
          isFine = this.#refuse(batch, protocolFailure(answer?.error ?? errorCode.NETWORK_EXCEPTION), sentAt) && isFine
      }
      return Math.max(throttled, isFine ? 0 : PAUSE_MS)
    } catch (error) {
      for (const batch of batches) this.#refuse(batch, error, sentAt)
      return PAUSE_MS
    }
  }

  /** Puts back what has a leader by now; asking once more what was just answered would find nobody, time after time. */
  async #findLeaders(batches: readonly Batch[], sentAt: number): Promise<number> {
    let isFine = true
    for (const batch of batches) {
      const { topic, partition } = batch.lane
      try {
        await this.#cluster.partitions(topic)
        if (this.#cluster.knownLeader(topic, partition) === undefined)
          throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
        putBack(batch)
      } catch (error) {
        isFine = this.#refuse(batch, error, sentAt) && isFine
      }
    }
    return isFine ? 0 : PAUSE_MS
  }

  #succeed({ lane, parts }: Batch, base: bigint): void {
    lane.failingSince = undefined
    let offset = base
    const { topic, partition } = lane
    for (const { job, indices } of parts) {
      for (const index of indices) {
        job.positions[index] = { topic, partition, offset }
        if (base >= 0n) offset += 1n
      }
      job.left -= indices.length
      if (job.left > 0 || job.isOver) continue
      job.isOver = true
      job.done.resolve(job.positions)
    }
  }

  /** Puts a batch back, or gives its jobs up; true when the next attempt need not wait. */
  #refuse(batch: Batch, error: unknown, sentAt: number): boolean {
    const { lane, parts } = batch
    lane.failingSince ??= sentAt
    const code = error instanceof KafkaFailure ? error.code : undefined
    const isMissing = code === errorCode.UNKNOWN_TOPIC_OR_PARTITION
    const mayPass = isPassing(error) || isMissing
    const isPatient = Date.now() - lane.failingSince < this.#cluster.options.timeout
    if (mayPass && isPatient && !this.#cluster.isClosed) {
      this.#cluster.forget(lane.topic)
      void this.#cluster.partitions(lane.topic).catch(() => undefined)
      putBack(batch)
      return false
    }
    if (code === errorCode.MESSAGE_TOO_LARGE && batch.records.length > 1) {
      lane.limit = Math.floor(batch.size / 2)
      putBack(batch)
      return true
    }
    if (code !== undefined && !mayPass && parts.length > 1) {
      lane.isApart = true
      putBack(batch)
      return true
    }
    const recordSize = batch.records.length === 1 ? batch.bytes.length : undefined
    for (const { job } of parts) {
      fail(job, isMissing ? topicNotFound(job.topic) : this.#toBusError(error, job, recordSize))
    }
    lane.isApart = false
    lane.failingSince = undefined
    return true
  }

  #toBusError(error: unknown, { topic, records, left }: Job, recordSize: number | undefined): EventBusError {
    const told = this.#cluster.toBusError(error, { topic, isPublish: true, recordSize })
    const sent = records.length - left
    if (sent === 0) return told
    const { suggestions, isPassing } = told
    const message = `${told.message} (${sent} of ${records.length} records were written)`
    return new EventBusError(told.code, message, { topic, suggestions, isPassing, cause: error })
  }
}

function putBack({ lane, parts }: Pick<Batch, 'lane' | 'parts'>): void {
  lane.shares.unshift(...parts.map(({ job, indices }) => ({ job, indices, at: 0 })))
}

function fail(job: Job, error: EventBusError): void {
  if (job.isOver) return
  job.isOver = true
  job.done.reject(error)
}

/** The records' indices by partition. As librdkafka does, those without a key share a random one. */
function share(topic: string, records: readonly NewRecord[], count: number): Map<number, number[]> {
  const unkeyed = Math.floor(Math.random() * count)
  const shares = new Map<number, number[]>()
  records.forEach(({ key, partition }, index) => {
    const chosen = partition ?? partitionOf(key, count) ?? unkeyed
    if (!Number.isInteger(chosen) || chosen < 0 || chosen >= count) {
      throw publishFailed(topic, `there is no partition ${chosen}; it has ${count}`)
    }
    const indices = shares.get(chosen)
    if (indices) indices.push(index)
    else shares.set(chosen, [index])
  })
  return shares
}
