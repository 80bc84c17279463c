import { Flags } from '@oclif/core'

/** Flags of every command that connects to a bus. */
export const busFlags = {
  profile: Flags.string({
    description: 'Profile of crbus.json to use (env CRBUS_PROFILE); see "crbus config"',
    helpGroup: 'BUS',
    helpValue: 'NAME',
  }),
  brokers: Flags.string({
    char: 'b',
    description:
      'Kafka or Redpanda brokers, separated by commas (env CRBUS_BROKERS, then REDPANDA_BROKERS; default: the brokers of the profile, else a local file)',
    helpGroup: 'BUS',
    helpValue: 'HOST:PORT',
  }),
  tls: Flags.boolean({
    description: 'Connect to the brokers with TLS (env CRBUS_TLS)',
    helpGroup: 'BUS',
    allowNo: true,
  }),
  option: Flags.string({
    char: 'X',
    description:
      'Connection setting with the name that librdkafka has for it, such as sasl.username=env:NAME; repeatable (env CRBUS_TLS_… and CRBUS_SASL_…)',
    helpGroup: 'BUS',
    helpValue: 'NAME=VALUE',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'data-dir': Flags.string({
    description: 'Folder of the embedded bus (env CRBUS_DATA_DIR)',
    helpGroup: 'BUS',
    helpValue: 'FOLDER',
    exclusive: ['brokers'],
  }),
}

/** Flags of commands that read records from a bus. */
export const readFlags = {
  ...busFlags,
  'max-batch-bytes': Flags.integer({
    description:
      'Largest record batch to read from brokers, in bytes after decompression (default: 134217728); reading takes up to twice as much memory',
    min: 1,
    helpGroup: 'BUS',
    helpValue: 'BYTES',
  }),
}

/** Flags of every command that connects to an event store. */
export const storeFlags = {
  profile: { ...busFlags.profile, helpGroup: 'STORE' },
  store: Flags.string({
    description:
      'Event store to use: postgres://… or the path of a file (env CRBUS_STORE, then DATABASE_URL; default: the store of the profile, else store.db beside the embedded bus)',
    helpGroup: 'STORE',
    helpValue: 'LOCATION',
  }),
  'data-dir': Flags.string({
    description: 'Folder of the embedded bus (env CRBUS_DATA_DIR)',
    helpGroup: 'STORE',
    helpValue: 'FOLDER',
    exclusive: ['store'],
  }),
}

/** Stops oclif from printing a default before the description of a flag, because our descriptions end with the default. */
export const defaultInDescription = { defaultHelp: async () => undefined }

/** Flag of commands that show times. Their JSON documents are in UTC in any case. */
export const timeFlags = {
  utc: Flags.boolean({ description: 'Show times in UTC instead of local time', helpGroup: 'GLOBAL' }),
}

/** Flag of commands that print tables, which are otherwise fitted to the terminal. */
export const tableFlags = {
  wide: Flags.boolean({
    description: 'Print whole cells and all columns, also if lines become longer than the terminal',
    helpGroup: 'TABLE',
  }),
}

/** Flags of commands that change a bus or an event store. */
export const changeFlags = {
  'dry-run': Flags.boolean({ description: 'Show what would be done, and change nothing' }),
  yes: Flags.boolean({ char: 'y', description: 'Do not ask for confirmation, unless the profile is protected' }),
  confirm: Flags.string({
    description: 'Name of the changed topic, group or store, to confirm the change on a protected profile',
    helpValue: 'NAME',
  }),
  ...tableFlags,
}

/** Flag of commands that change settings of topics, which may delete events. */
export const deletionFlag = {
  'allow-delete': Flags.boolean({ description: 'Allow the change to delete events; needed beside --yes if it does' }),
}

/** Flag of commands that write or read undo files. */
export const undoFlags = {
  'undo-dir': Flags.string({
    description: 'Folder of undo files (default: crbus/undo in $XDG_STATE_HOME or ~/.local/state)',
    helpValue: 'FOLDER',
  }),
}

/** The schema file or folder with the Rust types of payloads. */
export const schemaFlag = Flags.string({
  description:
    'Schema file or folder (env CRBUS_SCHEMAS, then the profile and crbus.json; default: the folder "schemas" here or in the nearest folder above)',
  helpValue: 'PATH',
})

/** The consumer groups that a command reads. */
export const groupFlag = Flags.string({
  char: 'g',
  description: 'Only these groups; * and ? are wildcards; repeatable',
  multiple: true,
  multipleNonGreedy: true,
  helpValue: 'GROUP',
})

/** The topics that a command reads. */
export const topicFlag = Flags.string({
  char: 't',
  description: 'Only these topics; * and ? are wildcards; repeatable',
  multiple: true,
  multipleNonGreedy: true,
  helpValue: 'TOPIC',
})

/** Flag of commands that change offsets, which is possible only while the group has no members. */
export const waitFlag = Flags.string({
  description: 'How long to wait for the members of the group to leave, such as 60s (default: do not wait)',
  helpValue: 'DURATION',
})
