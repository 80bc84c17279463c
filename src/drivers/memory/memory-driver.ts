import type { BusAdmin } from '../../bus/admin.ts'
import type { BusDriver, GroupMember, JoinRequest } from '../../bus/driver-port.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice, PartitionRange, ReadOptions, TopicLog } from '../../bus/topic-log.ts'
import { plainDetails, withoutAcls } from '../plain-admin.ts'
import type { MemoryBroker } from './broker.ts'

/** The most records in a batch of a read. */
const MAX_BATCH_RECORDS = 1000

export interface MemoryDriverOptions {
  /** Whether publishing and subscribing create missing topics. */
  readonly createTopics?: boolean | undefined
}

/** A client of a {@link MemoryBroker}. Each simulated process has one. */
export class MemoryDriver implements BusDriver {
  readonly log: TopicLog
  readonly admin: BusAdmin
  readonly clientId: string
  readonly #broker: MemoryBroker
  readonly #createTopics: boolean

  constructor(broker: MemoryBroker, { createTopics = false }: MemoryDriverOptions = {}) {
    this.clientId = broker.connect()
    this.#broker = broker
    this.#createTopics = createTopics
    this.log = memoryLog(broker, this.clientId, createTopics)
    this.admin = memoryAdmin(broker, this.clientId)
  }

  async join(request: JoinRequest): Promise<GroupMember> {
    this.#broker.requireConnected(this.clientId)
    if (this.#createTopics) for (const topic of request.topics) this.#broker.ensureTopic(topic)
    return this.#broker.join(request, this.clientId)
  }

  async close(): Promise<void> {
    this.#broker.disconnect(this)
  }
}

function memoryLog(broker: MemoryBroker, clientId: string, createTopics: boolean): TopicLog {
  const { topics } = broker
  const rangesOf = (topic: string): PartitionRange[] =>
    topics.partitions(topic).map(({ start, end }, partition) => ({ partition, start, end }))
  return {
    async append(topic, records) {
      broker.requireConnected(clientId)
      if (createTopics && records.length > 0) broker.ensureTopic(topic)
      return broker.append(topic, records)
    },

    async ranges(topic) {
      broker.requireConnected(clientId)
      return rangesOf(topic)
    },

    async rangesOf(wanted) {
      broker.requireConnected(clientId)
      const known = [...new Set(wanted)].filter((topic) => topics.has(topic))
      return new Map(known.map((topic) => [topic, rangesOf(topic)]))
    },

    async firstRecords(slices) {
      broker.requireConnected(clientId)
      return slices.map(({ topic, partition, from, to }) => {
        const records = topics.has(topic) ? topics.partitions(topic)[partition] : undefined
        const [record] = records?.slice(from, 1) ?? []
        return record !== undefined && (to === undefined || record.offset < to) ? record : undefined
      })
    },

    async offsetsAt(topic, timestamp) {
      broker.requireConnected(clientId)
      return new Map(topics.partitions(topic).map((records, partition) => [partition, records.offsetAt(timestamp)]))
    },

    read: (slices, options) => readSlices(broker, clientId, slices, options),
  }
}

async function* readSlices(
  broker: MemoryBroker,
  clientId: string,
  slices: readonly LogSlice[],
  { signal }: ReadOptions = {},
): AsyncGenerator<readonly BusRecord[]> {
  broker.requireConnected(clientId)
  const recordsOf = ({ topic, partition }: LogSlice) => {
    const records = broker.topics.partitions(topic)[partition]
    if (records) return records
    throw new EventBusError('TOPIC_NOT_FOUND', `topic '${topic}' has no partition ${partition}`, { topic })
  }
  const isUnfinished = ({ from, to }: LogSlice) => to === undefined || from < to
  // Look up every slice before the first record is delivered, so that a missing topic is reported at once.
  slices.forEach(recordsOf)
  let unfinished = slices.map((slice) => ({ ...slice, from: slice.from < 0n ? 0n : slice.from })).filter(isUnfinished)
  while (unfinished.length > 0) {
    let hasProgressed = false
    for (const slice of unfinished) {
      // Checked before every batch: the reader may have aborted or closed the bus while it held the last batch.
      if (signal?.aborted || !broker.isConnected(clientId)) return
      const { from, to } = slice
      const records = recordsOf(slice)
      const read = records.slice(from, MAX_BATCH_RECORDS)
      const batch = to === undefined ? read : read.filter(({ offset }) => offset < to)
      // Records before the first one were deleted, also all records of the slice.
      if (read.length > 0) slice.from = (batch.at(-1)?.offset ?? (to as bigint) - 1n) + 1n
      else if (from < records.start) slice.from = records.start
      if (batch.length === 0) continue
      hasProgressed = true
      yield batch
    }
    unfinished = unfinished.filter(isUnfinished)
    if (!hasProgressed && unfinished.length > 0) await broker.changes.next(signal)
  }
}

function memoryAdmin(broker: MemoryBroker, clientId: string): BusAdmin {
  const { topics, groups } = broker
  /** Makes a function asynchronous. It rejects if the bus is closed. */
  const connected = <Arguments extends unknown[], Result>(work: (...args: Arguments) => Result) => {
    return async (...args: Arguments): Promise<Result> => {
      broker.requireConnected(clientId)
      return work(...args)
    }
  }
  return {
    listTopics: connected(() => topics.list()),
    compactedTopics: connected(() => new Set<string>()),
    describeTopic: connected((topic) => topics.describe(topic)),
    createTopic: connected((topic, options) => broker.createTopic(topic, options)),
    addPartitions: connected((topic, partitions) => broker.addPartitions(topic, partitions)),
    topicSettings: connected((topic) => topics.settings(topic)),
    setTopicConfig: connected((topic, config) => topics.configure(topic, config)),
    // Any setting is stored.
    validateTopicConfig: connected((topic) => void topics.partitions(topic)),
    deleteRecords: connected((topic, offsets) => broker.deleteRecords(topic, offsets)),
    logDirs: connected(() => []),
    deleteTopic: connected((topic) => broker.deleteTopic(topic)),
    listGroups: connected(() => groups.list().map((group) => ({ group, protocolType: 'consumer' }))),
    describeGroup: connected((group) => groups.describe(group)),
    describeGroups: connected((names) => names.map((group) => groups.describe(group))),
    committedOffsets: connected((group, only) => groups.committed(group, only)),
    committedOffsetsOf: connected((names) => names.map((group) => groups.committed(group))),
    commitOffsets: connected((group, offsets) => groups.commit(group, offsets)),
    deleteOffsets: connected((group, partitions) => groups.deleteOffsets(group, partitions)),
    deleteGroup: connected((group) => groups.delete(group)),
    clusterDetails: connected(() => plainDetails(topics.list())),
    ...withoutAcls,
    describeCluster: connected(() => ({ kind: 'memory', clusterId: 'memory', controller: 0, brokers: [] })),
  }
}
