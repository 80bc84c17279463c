import { statSync } from 'node:fs'
import type { BusAdmin } from '../../bus/admin.ts'
import type { BusDriver } from '../../bus/driver-port.ts'
import { transportError } from '../../bus/errors.ts'
import type { TopicLog } from '../../bus/topic-log.ts'

/** Whether no file exists at a path. False if the path cannot be read: opening the file reports why. */
export function isMissing(path: string): boolean {
  try {
    statSync(path)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

/** Opens the drivers between which {@link createOnFirstWrite} chooses. */
export interface FileDrivers {
  /** Opens the file. Creates it if it is missing. */
  openFile(): BusDriver
  /** Opens a bus without topics and groups that describes itself by the path of the file. */
  openEmpty(): BusDriver
}

/**
 * Opens a driver that creates its file at the first write. Until then, the driver reads like an empty bus, and it reads a file
 * that another process creates meanwhile.
 */
export function createOnFirstWrite(path: string, { openFile, openEmpty }: FileDrivers): BusDriver {
  let file = isMissing(path) ? undefined : openFile()
  let empty: BusDriver | undefined
  let isClosed = false
  const forReading = (): BusDriver => {
    if (isClosed) throw transportError('the bus is closed')
    if (file === undefined && !isMissing(path)) file = openFile()
    empty ??= file === undefined ? openEmpty() : undefined
    return file ?? (empty as BusDriver)
  }
  const forWriting = (): BusDriver => {
    if (!isClosed) file ??= openFile()
    return forReading()
  }
  const log: TopicLog = {
    append: async (topic, records) => (records.length === 0 ? forReading() : forWriting()).log.append(topic, records),
    ranges: async (topic) => forReading().log.ranges(topic),
    rangesOf: async (topics) => forReading().log.rangesOf(topics),
    firstRecords: async (slices, isolation) => forReading().log.firstRecords(slices, isolation),
    offsetsAt: async (topic, timestamp) => forReading().log.offsetsAt(topic, timestamp),
    async *read(slices, options) {
      yield* forReading().log.read(slices, options)
    },
  }
  const admin: BusAdmin = {
    listTopics: async () => forReading().admin.listTopics(),
    compactedTopics: async (topics) => forReading().admin.compactedTopics(topics),
    describeTopic: async (topic) => forReading().admin.describeTopic(topic),
    createTopic: async (topic, options) => forWriting().admin.createTopic(topic, options),
    // A change of an existing topic or group does not create the file: without a file, the empty bus reports that it is not
    // found.
    addPartitions: async (topic, partitions) => forReading().admin.addPartitions(topic, partitions),
    topicSettings: async (topic) => forReading().admin.topicSettings(topic),
    setTopicConfig: async (topic, config) => forReading().admin.setTopicConfig(topic, config),
    validateTopicConfig: async (topic, config) => forReading().admin.validateTopicConfig(topic, config),
    deleteRecords: async (topic, offsets) => forReading().admin.deleteRecords(topic, offsets),
    logDirs: async (topics) => forReading().admin.logDirs(topics),
    deleteTopic: async (topic) => forReading().admin.deleteTopic(topic),
    listGroups: async () => forReading().admin.listGroups(),
    describeGroup: async (group) => forReading().admin.describeGroup(group),
    describeGroups: async (groups) => forReading().admin.describeGroups(groups),
    committedOffsets: async (group, topics) => forReading().admin.committedOffsets(group, topics),
    committedOffsetsOf: async (groups) => forReading().admin.committedOffsetsOf(groups),
    commitOffsets: async (group, offsets) => forWriting().admin.commitOffsets(group, offsets),
    deleteOffsets: async (group, partitions) => forReading().admin.deleteOffsets(group, partitions),
    deleteGroup: async (group) => forReading().admin.deleteGroup(group),
    describeCluster: async () => forReading().admin.describeCluster(),
    clusterDetails: async () => forReading().admin.clusterDetails(),
    quotas: async () => forReading().admin.quotas(),
    listAcls: async () => forReading().admin.listAcls(),
    createAcls: async (acls) => forReading().admin.createAcls(acls),
    deleteAcls: async (acls) => forReading().admin.deleteAcls(acls),
  }
  return {
    log,
    admin,
    join: async (request) => forWriting().join(request),
    async close() {
      isClosed = true
      await Promise.all([file?.close(), empty?.close()])
    },
  }
}
