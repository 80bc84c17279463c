import { statSync } from 'node:fs'
import type { BusAdmin } from '../../bus/admin.ts'
import type { BusDriver } from '../../bus/driver-port.ts'
import { transportError } from '../../bus/errors.ts'
import type { TopicLog } from '../../bus/topic-log.ts'

/** Whether no file exists at a path. False if the path cannot be read: opening the file then reports why. */
export function isMissing(path: string): boolean {
  try {
    statSync(path)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

export interface Drivers {
  /** Opens the file. Creates it if it is missing. */
  openFile(): BusDriver
  /** Opens a bus without topics and groups that describes itself by the path of the file. */
  openEmpty(): BusDriver
}

/**
 * Opens a driver whose file is created by the first change. Until then it reads like an empty bus and writes nothing to the disk.
 * A file that another process creates meanwhile is read from then on.
 */
export function madeOnChange(path: string, { openFile, openEmpty }: Drivers): BusDriver {
  let file = isMissing(path) ? undefined : openFile()
  let empty: BusDriver | undefined
  let isClosed = false
  const forReading = (): BusDriver => {
    if (isClosed) throw transportError('the bus is closed')
    if (file === undefined && !isMissing(path)) file = openFile()
    empty ??= file === undefined ? openEmpty() : undefined
    return file ?? (empty as BusDriver)
  }
  const forChange = (): BusDriver => {
    if (!isClosed) file ??= openFile()
    return forReading()
  }
  const log: TopicLog = {
    append: async (topic, records) => (records.length === 0 ? forReading() : forChange()).log.append(topic, records),
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
    createTopic: async (topic, options) => forChange().admin.createTopic(topic, options),
    // Changes of something that exists already do not create the file: an empty bus reports that it is not found.
    addPartitions: async (topic, partitions) => forReading().admin.addPartitions(topic, partitions),
    setTopicConfig: async (topic, config) => forReading().admin.setTopicConfig(topic, config),
    deleteTopic: async (topic) => forReading().admin.deleteTopic(topic),
    listGroups: async () => forReading().admin.listGroups(),
    describeGroup: async (group) => forReading().admin.describeGroup(group),
    describeGroups: async (groups) => forReading().admin.describeGroups(groups),
    committedOffsets: async (group, topics) => forReading().admin.committedOffsets(group, topics),
    committedOffsetsOf: async (groups) => forReading().admin.committedOffsetsOf(groups),
    commitOffsets: async (group, offsets) => forChange().admin.commitOffsets(group, offsets),
    deleteOffsets: async (group, partitions) => forReading().admin.deleteOffsets(group, partitions),
    deleteGroup: async (group) => forReading().admin.deleteGroup(group),
    describeCluster: async () => forReading().admin.describeCluster(),
  }
  return {
    log,
    admin,
    join: async (request) => forChange().join(request),
    async close() {
      isClosed = true
      await Promise.all([file?.close(), empty?.close()])
    },
  }
}
