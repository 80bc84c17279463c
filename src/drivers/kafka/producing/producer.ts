import {
  AppendError,
  type EventBusError,
  publishFailed,
  type RefusedRecord,
  recordName,
  topicNotFound,
} from '../../../bus/errors.ts'
import { partitionOf } from '../../../bus/partitioner.ts'
import type { NewRecord, Position } from '../../../bus/record.ts'
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
import { encodeBatch, sizeBound } from '../records/encode-batch.ts'

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

/** A record that was refused, with the topic's settings that decide about it. */
interface Refusal extends RefusedRecord {
  readonly settings: readonly string[]
}

/** What one call of `append` is waiting for. */
interface Job {
  readonly topic: string
  readonly records: readonly NewRecord[]
  readonly positions: (Position | undefined)[]
  /** A record from this index on is not sent any more: the record at this index failed. */
  stop: number
  /** Records before `stop` that are not acknowledged yet. */
  left: number
  /** Batches under way that hold some of its records. */
  inFlight: number
  isOver: boolean
  /** Why the record at `stop` failed. */
  failure: EventBusError | undefined
  readonly refused: Refusal[]
  /** Records that were sent without a certain answer. */
  readonly unknown: Set<number>
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
  /** By `performance.now()`. */
  failingSince: number | undefined
  /** Bytes of a batch. Smaller after the broker refused one for its size. */
  limit: number
  /** Records of a batch. Smaller while a refused record is looked for. */
  most: number
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
      positions: new Array(records.length).fill(undefined),
      stop: records.length,
      left: records.length,
      inFlight: 0,
      isOver: false,
      failure: undefined,
      refused: [],
      unknown: new Set(),
      done: Promise.withResolvers(),
    }
    for (let index = 0; index < records.length; index += 1) {
      const reason = refusalOf(records[index] as NewRecord, layout.length)
      if (reason === undefined) continue
      refuse(job, { index, reason, settings: [] })
      break
    }
    for (const [partition, indices] of share(job, layout.length)) {
      this.#lane(topic, partition).shares.push({ job, indices, at: 0 })
    }
    this.#settle(job)
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
        most: Number.POSITIVE_INFINITY,
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
    const hasRoom = () => size < lane.limit && records.length < lane.most
    for (let share = lane.shares[0]; share && (size === 0 || hasRoom()); share = lane.shares[0]) {
      const { job, indices } = share
      const begin = share.at
      // What is behind a record that failed is not sent: it would leave a gap.
      const isSent = () => share.at === indices.length || (indices[share.at] as number) >= job.stop
      while (!isSent() && records.length < lane.most) {
        const record = job.records[indices[share.at] as number] as NewRecord
        const bytes = sizeBound(record)
        if (size > 0 && size + bytes > lane.limit) break
        records.push(record)
        size += bytes
        share.at += 1
      }
      if (share.at > begin) {
        parts.push({ job, indices: indices.slice(begin, share.at) })
        job.inFlight += 1
      }
      if (!isSent()) break
      lane.shares.shift()
      if (lane.isApart) break
    }
    if (records.length === 0) return undefined
    try {
      const bytes = await encodeBatch(records, this.#options.compression, BigInt(Date.now()))
      return { lane, parts, records, size, bytes }
    } catch (error) {
      const reason = `cannot be written: ${error instanceof Error ? error.message : String(error)}`
      this.#divide({ lane, parts, records }, (index) => ({ index, reason, settings: [] }))
      return undefined
    }
  }

  /** One request; the milliseconds to wait before the next. */
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
      let isFine = true
      for (const batch of batches) {
        const { topic, partition } = batch.lane
        const answer = answers.find((one) => one.topic === topic && one.partition === partition)
        if (answer?.error === 0) this.#succeed(batch, answer.base)
        else {
          const failure = protocolFailure(answer?.error ?? errorCode.NETWORK_EXCEPTION, null, { request: name, topic })
          isFine = this.#refuse(batch, failure, sentAt, isSent) && isFine
        }
      }
      return Math.max(throttled, isFine ? 0 : PAUSE_MS)
    } catch (error) {
      for (const batch of batches) this.#refuse(batch, error, sentAt, isSent)
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
        this.#putBack(batch)
      } catch (error) {
        isFine = this.#refuse(batch, error, sentAt, false) && isFine
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
      job.left -= job.failure === undefined ? indices.length : indices.filter((index) => index < job.stop).length
      job.inFlight -= 1
      this.#settle(job)
    }
  }

  #putBack({ lane, parts }: Pick<Batch, 'lane' | 'parts'>): void {
    lane.shares.unshift(...parts.map(({ job, indices }) => ({ job, indices, at: 0 })))
    for (const { job } of parts) {
      job.inFlight -= 1
      this.#settle(job)
    }
  }

  /** Puts a batch back, or gives its records up; true when the next attempt need not wait. */
  #refuse(batch: Batch, error: unknown, sentAt: number, isSent: boolean): boolean {
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
    const isPatient = tried < timeout
    if (mayPass && isPatient && !this.#cluster.isClosed) {
      this.#cluster.forget(lane.topic)
      void this.#cluster.partitions(lane.topic).catch(() => undefined)
      this.#putBack(batch)
      return false
    }
    if (isOfSize(code) && records.length > 1) {
      lane.limit = Math.floor(batch.size / 2)
      this.#putBack(batch)
      return true
    }
    if (error instanceof KafkaFailure && code !== undefined && ofRecords.has(code)) {
      this.#divide(batch, (index) => toRefusal(index, batch, error))
      return true
    }
    if (code !== undefined && !mayPass && parts.length > 1) {
      lane.isApart = true
      this.#putBack(batch)
      return true
    }
    for (const { job, indices } of parts) {
      const told = isMissing
        ? topicNotFound(job.topic)
        : this.#cluster.toBusError(error, { topic: job.topic, isPublish: true })
      const failure = isPassing(error) && !isPatient ? triedFor(told, tried, timeout, true) : told
      this.#giveUp(job, () => stopAt(job, indices[0] as number, failure))
    }
    this.#recover(lane)
    return true
  }

  /** Looks for the record that is refused by sending each job's alone, and then halves; refuses it when it is alone. */
  #divide(batch: Omit<Batch, 'bytes' | 'size'>, toRefusal: (index: number) => Refusal): void {
    const { lane, parts, records } = batch
    const [first] = parts
    if (records.length > 1 || first === undefined) {
      if (parts.length > 1) lane.isApart = true
      else lane.most = Math.floor(records.length / 2)
      this.#putBack(batch)
      return
    }
    const { job, indices } = first
    this.#giveUp(job, () => refuse(job, toRefusal(indices[0] as number)))
    this.#recover(lane)
  }

  #giveUp(job: Job, stop: () => void): void {
    stop()
    job.inFlight -= 1
    this.#settle(job)
  }

  #recover(lane: Lane): void {
    lane.isApart = false
    lane.most = Number.POSITIVE_INFINITY
    lane.failingSince = undefined
  }

  /** Answers a job once every record before its first failure is acknowledged and nothing of it is under way. */
  #settle(job: Job): void {
    if (job.isOver || job.inFlight > 0 || job.left > 0) return
    job.isOver = true
    if (job.failure === undefined) job.done.resolve(job.positions as Position[])
    else void this.#fail(job, job.failure)
  }

  /** The topic's settings; none when they cannot be had: they are only to tell a limit by. */
  async #settingsOf(topic: string): Promise<ReadonlyMap<string, string>> {
    try {
      const request = { topics: [topic], names: null }
      const [described] = await ask(await this.#cluster.anyBroker(), describeTopicConfigsApi, request)
      return new Map(described?.entries.map(({ name, value }) => [name, value ?? '']))
    } catch {
      return new Map()
    }
  }

  async #fail(job: Job, failure: EventBusError): Promise<void> {
    const { topic, records, positions } = job
    const isTooLarge = job.refused.some(({ size }) => size !== undefined)
    const limits = isTooLarge ? await this.#settingsOf(topic) : new Map<string, string>()
    const refused = job.refused.map((refusal) => withLimit(refusal, limits)).sort((a, b) => a.index - b.index)
    const [first] = refused
    const told =
      first?.index === job.stop
        ? publishFailed(topic, `${recordName(first.index, records.length)} ${first.reason}`, {
            isPassing: false,
            cause: failure.cause,
            suggestions: first.settings.map((name) => `change ${name}, a setting of topic '${topic}'`),
          })
        : failure
    const unknown = [...job.unknown].filter((index) => positions[index] === undefined).sort((a, b) => a - b)
    const { code, message, suggestions, isPassing, cause = told } = told
    const outcome = { positions, refused: refused.map(({ settings, ...record }) => record), unknown }
    job.done.reject(new AppendError(code, message, outcome, { topic, suggestions, isPassing, cause }))
  }
}

/** Says by how much a record is too large. */
function withLimit(refusal: Refusal, settings: ReadonlyMap<string, string>): Refusal {
  const { size } = refusal
  if (size === undefined) return refusal
  const value = Number(settings.get(refusal.settings[0] ?? ''))
  const limit = value > 0 ? value : undefined
  return { ...refusal, limit, reason: `is too large (${size} bytes${limit === undefined ? '' : `, limit ${limit}`})` }
}

function toRefusal(index: number, { bytes, records }: Batch, { code, message }: KafkaFailure): Refusal {
  const settings = ofRecords.get(code ?? 0) ?? []
  if (isOfSize(code)) return { index, settings, size: bytes.length, reason: '' }
  const timestamp = records[0]?.timestamp
  const isOfTime = code === errorCode.INVALID_TIMESTAMP && timestamp !== undefined
  const reason = isOfTime ? `has timestamp ${timestamp}, which the topic does not take` : 'was refused'
  return { index, settings, reason: `${reason}: ${message}` }
}

/** Ends a job before the record at `index`, unless an earlier one has failed already. */
function stopAt(job: Job, index: number, failure: EventBusError): void {
  if (job.failure !== undefined && index >= job.stop) return
  job.failure = failure
  job.stop = index
  job.left = 0
  for (let before = 0; before < index; before += 1) if (job.positions[before] === undefined) job.left += 1
}

function refuse(job: Job, refusal: Refusal): void {
  job.refused.push(refusal)
  job.unknown.delete(refusal.index)
  stopAt(job, refusal.index, publishFailed(job.topic, refusal.reason))
}

/** What a broker may have against a single record, with the settings of the topic that decide. */
const ofRecords: ReadonlyMap<number, readonly string[]> = new Map([
  [errorCode.CORRUPT_MESSAGE, ['cleanup.policy']],
  [errorCode.MESSAGE_TOO_LARGE, ['max.message.bytes']],
  [errorCode.RECORD_LIST_TOO_LARGE, ['segment.bytes']],
  [errorCode.INVALID_TIMESTAMP, ['message.timestamp.before.max.ms', 'message.timestamp.after.max.ms']],
  [errorCode.INVALID_RECORD, ['cleanup.policy']],
])

const isOfSize = (code: number | undefined): boolean =>
  code === errorCode.MESSAGE_TOO_LARGE || code === errorCode.RECORD_LIST_TOO_LARGE

/** Whether a request that failed like this may have been carried out. */
const isUncertain = (error: unknown): boolean =>
  !(error instanceof KafkaFailure) || error.kind === 'connection' || uncertain.has(error.code ?? 0)
const uncertain: ReadonlySet<number> = new Set([
  errorCode.UNKNOWN_SERVER_ERROR,
  errorCode.REQUEST_TIMED_OUT,
  errorCode.NETWORK_EXCEPTION,
  errorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  errorCode.KAFKA_STORAGE_ERROR,
])

/** The records' indices by partition. As librdkafka does, those without a key share a random one. */
function share({ records, stop }: Job, count: number): Map<number, number[]> {
  const unkeyed = Math.floor(Math.random() * count)
  const shares = new Map<number, number[]>()
  for (let index = 0; index < stop; index += 1) {
    const { key, partition } = records[index] as NewRecord
    const chosen = partition ?? partitionOf(key, count) ?? unkeyed
    const indices = shares.get(chosen)
    if (indices) indices.push(index)
    else shares.set(chosen, [index])
  }
  return shares
}
