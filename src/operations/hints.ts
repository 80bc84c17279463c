import { busHints } from '../bus/hints.ts'

// What the user may do next, as a code with a general text. The command line shows a command or flag of its own for most codes.

const publishHints = {
  setEventType: () =>
    ({ code: 'set-event-type', text: 'set an event type to publish the line as the data of an event' }) as const,
  changeCodec: (codec: string) => ({ code: 'change-codec', text: `use the codec ${codec}`, codec }) as const,
  /** For topics that no Rust service reads. */
  sendJson: () => ({ code: 'send-json', text: 'send the data as JSON, which Rust services do not read' }) as const,
  setKey: () => ({ code: 'set-key', text: 'set another record key' }) as const,
  /** For a record that another program printed with some bytes replaced. */
  printExactly: () => ({ code: 'print-exactly', text: 'print the record with its exact bytes' }) as const,
  /** For a record that rpk printed without its value. */
  printValue: () => ({ code: 'print-value', text: 'print the record with its value' }) as const,
  nameInputFile: () => ({ code: 'name-input-file', text: 'name another file of lines' }) as const,
  pipeLines: () => ({ code: 'pipe-lines', text: 'name a file of lines, or pipe them in' }) as const,
  publishOne: (topic: string) =>
    ({ code: 'publish-one', text: `publish one event to '${topic}' by its event type and data`, topic }) as const,
  /** `lines` are ranges such as `3,7-9`: each of these lines may have been published. */
  checkLines: (topic: string, lines: string) =>
    ({
      code: 'check-lines',
      text: `read '${topic}' to see which of the lines ${lines} were published, then publish the others again`,
      topic,
      lines,
    }) as const,
  /** `lines` are ranges such as `4001-`: none of these lines was published. */
  publishLines: (lines: string) =>
    ({ code: 'publish-lines', text: `publish the remaining lines ${lines}`, lines }) as const,
}

const transferHints = {
  resumeExport: () => ({ code: 'resume-export', text: 'complete the interrupted export' }) as const,
  appendExport: () => ({ code: 'append-export', text: 'add the later records to the file' }) as const,
  replaceExport: () => ({ code: 'replace-export', text: 'replace the file' }) as const,
  skipDamaged: () => ({ code: 'skip-damaged', text: 'import the records that are not damaged' }) as const,
  repartition: () => ({ code: 'repartition', text: 'let the keys decide the partitions' }) as const,
  replayInstead: (topic: string) =>
    ({ code: 'replay-instead', text: `publish the events of '${topic}' again`, topic }) as const,
  addPartitions: (topic: string, partitions: number) =>
    ({ code: 'add-partitions', text: `add partitions to '${topic}', to ${partitions}`, topic, partitions }) as const,
  /** A transfer was interrupted. */
  continueTransfer: () => ({ code: 'continue-transfer', text: 'run the same command again to continue' }) as const,
}

const schemaHints = {
  /** Without `file`, the hint does not suggest a file. */
  nameSchema: (file?: string) =>
    ({
      code: 'name-schema',
      text: file === undefined ? 'name the schema file' : `name the schema file ${file}`,
      file,
    }) as const,
  /** `topic` is absent if it is not known. */
  importSchema: (topic?: string) =>
    ({
      code: 'import-schema',
      text: `create a schema${topic === undefined ? '' : ` for topic '${topic}'`} from the source of the service`,
      topic,
    }) as const,
  checkSchema: (topic: string) =>
    ({ code: 'check-schema', text: `check which events of '${topic}' the schema decodes`, topic }) as const,
  showSchema: () => ({ code: 'show-schema', text: 'show the types of another schema file' }) as const,
  /** A source of schemas as an example: a file, a folder, or either at a git revision. */
  giveSource: (source: string) => ({ code: 'give-source', text: `for example ${source}`, source }) as const,
  otherSchemaFile: () => ({ code: 'other-schema-file', text: 'name a file in a folder that can be written' }) as const,
  previewSchema: () => ({ code: 'preview-schema', text: 'show the schema without writing it' }) as const,
}

const readHints = {
  givePosition: (position: string) => ({ code: 'give-position', text: `for example ${position}`, position }) as const,
  readTopic: (topic: string) => ({ code: 'read-topic', text: `read topic '${topic}'`, topic }) as const,
  describeGroup: (group: string) =>
    ({ code: 'describe-group', text: `show where group '${group}' has committed`, group }) as const,
  measureAll: () => ({ code: 'measure-all', text: 'measure all groups' }) as const,
  measureLike: (group: string) =>
    ({ code: 'measure-like', text: `measure the groups with '${group}' in their names`, group }) as const,
  /** `replicas` is the number of brokers of the cluster. */
  fewerReplicas: (replicas: number) =>
    ({ code: 'fewer-replicas', text: `create the topic with ${replicas} replicas`, replicas }) as const,
  changeSetting: (name: string) => ({ code: 'change-setting', text: `set ${name}`, name }) as const,
  declareReplicas: (replicas: number) =>
    ({ code: 'declare-replicas', text: `declare the topic with ${replicas} replicas`, replicas }) as const,
}

const resetHints = {
  createGroup: (group: string) =>
    ({ code: 'create-group', text: `allow the reset to create group '${group}' with these offsets`, group }) as const,
  resetTo: (position: string) => ({ code: 'reset-to', text: `reset the offsets to ${position}`, position }) as const,
  resetToFile: (group: string, file: string) =>
    ({ code: 'reset-to-file', text: `reset group '${group}' to the offsets in ${file}`, group, file }) as const,
  undoReset: (undoFile: string) =>
    ({ code: 'undo-reset', text: `restore the offsets before the change from ${undoFile}`, undoFile }) as const,
  undoLast: () => ({ code: 'undo-last', text: 'restore the offsets of the newest undo file' }) as const,
  writePlan: () => ({ code: 'write-plan', text: 'write the plan of a reset to a file' }) as const,
  olderUndo: (folder: string) =>
    ({ code: 'older-undo', text: `name an older undo file from ${folder}`, folder }) as const,
  otherUndoFolder: () =>
    ({ code: 'other-undo-folder', text: 'name a folder for undo files that can be read and written' }) as const,
  otherPlanFile: () => ({ code: 'other-plan-file', text: 'name a file in a folder that can be written' }) as const,
  makeFolder: (folder: string) => ({ code: 'make-folder', text: `create the folder ${folder}`, folder }) as const,
  previewReset: () => ({ code: 'preview-reset', text: 'show the plan without a file' }) as const,
  waitForMembers: () => ({ code: 'wait-for-members', text: 'wait for the members to leave' }) as const,
  waitLonger: () => ({ code: 'wait-longer', text: 'wait longer for the members to leave' }) as const,
  chooseBus: () => ({ code: 'choose-bus', text: 'connect to the bus that the file was made for' }) as const,
}

/** What mends a finding of the doctor. */
const doctorHints = {
  verifyCertificates: () =>
    ({ code: 'verify-certificates', text: 'trust the authority of the certificate instead of ignoring it' }) as const,
  advertiseReachable: (address: string) =>
    ({
      code: 'advertise-reachable',
      text: `set advertised.listeners of the broker to an address that clients reach, instead of ${address}`,
      address,
    }) as const,
  showConfig: () => ({ code: 'show-config', text: 'check where the bus and the event store are configured' }) as const,
  initStore: () => ({ code: 'init-store', text: 'create the missing parts of the event store' }) as const,
  listDeadLetters: () =>
    ({ code: 'list-dead-letters', text: 'list the dead letters that are pending or processing' }) as const,
  checkConnection: () => ({ code: 'check-connection', text: 'check the connection to the bus' }) as const,
  applyTopics: () => ({ code: 'apply-topics', text: 'change the topics as declared' }) as const,
  declarePartitions: (partitions: number) =>
    ({
      code: 'declare-partitions',
      text: `declare the topic with ${partitions} partitions`,
      partitions,
    }) as const,
  createBus: () => ({ code: 'create-bus', text: 'publish an event, which creates the file' }) as const,
  /** `position` as in a reset: `start`, `end` or an offset. Without `partition`, all partitions of the topic. */
  moveGroup: (group: string, topic: string, position: string, partition?: number) =>
    ({
      code: 'move-group',
      text: `stop the members, then reset group '${group}' to ${position} of ${topic}${partition === undefined ? '' : `[${partition}]`}`,
      ...{ group, topic, position, partition },
    }) as const,
  showMembers: (group: string) =>
    ({ code: 'show-members', text: `list the members of group '${group}'`, group }) as const,
  watchGroup: (group: string) => ({ code: 'watch-group', text: `watch group '${group}'`, group }) as const,
  findSlowness: (group: string) =>
    ({ code: 'find-slowness', text: `diagnose why group '${group}' is slow`, group }) as const,
  readRecord: (topic: string, partition: number, offset: bigint) =>
    ({
      code: 'read-record',
      text: `read the record ${topic}[${partition}] at offset ${offset}`,
      ...{ topic, partition, offset },
    }) as const,
}

/** What helps with a finding of a trace. */
const traceHints = {
  searchAllTopics: () => ({ code: 'search-all-topics', text: 'search all topics' }) as const,
  searchFromStart: () => ({ code: 'search-from-start', text: 'search the topics from their start' }) as const,
  /** For a topic whose events were handled twice. */
  findDuplicates: () => ({ code: 'find-duplicates', text: 'find out why a group sees events twice' }) as const,
  /** `id` as users name a dead letter: `17`, or `payment-dlq[0]@12`. */
  showDeadLetter: (id: string) => ({ code: 'show-dead-letter', text: `look at the dead letter ${id}`, id }) as const,
  measureTopic: (topic: string) =>
    ({ code: 'measure-topic', text: `measure the lag of the groups that read '${topic}'`, topic }) as const,
}

/** Creates the hints of the operations and of the bus. */
export const operationHints = {
  ...{ ...busHints, ...publishHints, ...schemaHints, ...readHints, ...resetHints },
  ...{ ...doctorHints, ...traceHints, ...transferHints },
}

export type OperationHint = ReturnType<(typeof operationHints)[keyof typeof operationHints]>
