import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

interface Place {
  readonly brokers: string
  readonly topic: string
}

/** Another command line over Kafka, and the words in which it does what crbus is measured at. */
export interface Peer {
  readonly name: string
  /** What to look for on the path. Default: the name. */
  readonly program?: string
  /** One line of JSON a record, from the start to the end. */
  readonly ndjson: (place: Place) => readonly string[]
  /** The values, each with a newline behind it. */
  readonly raw: (place: Place) => readonly string[]
  /** Absent: another entry of the same program says it. */
  readonly list?: (brokers: string) => readonly string[]
  /** Where a group is on every partition. Absent: it has no such thing, or another entry says it. */
  readonly describeGroup?: (of: { readonly brokers: string; readonly group: string }) => readonly string[]
  /**
   * One record a line of the file, which is its stdin too, each with this key. Absent: it sends one record, waits for
   * it, then sends the next, and a million would take all day.
   */
  readonly publish?: (place: Place & { readonly key: string; readonly file: string }) => readonly string[]
}

const peers: readonly Peer[] = [
  {
    name: 'kcat',
    ndjson: (place) => [...kcat(place), '-J'],
    raw: (place) => [...kcat(place), '-f', '%s\\n'],
    list: (brokers) => ['kcat', '-L', '-b', brokers],
    publish: ({ brokers, topic, key, file }) => ['kcat', '-P', '-b', brokers, '-t', topic, '-k', key, '-l', file],
  },
  {
    // By default, kcat pauses fetching while 100,000 records of a partition wait to be printed. Users do not change this setting,
    // but with it the time shows how much of it is work.
    name: 'kcat with a long queue',
    program: 'kcat',
    ndjson: (place) => [...kcat(place), '-J', ...longQueue],
    raw: (place) => [...kcat(place), '-f', '%s\\n', ...longQueue],
  },
  {
    name: 'rpk',
    ndjson: ({ brokers, topic }) => [...rpk(brokers), 'consume', topic, '-o', ':end', '--pretty-print=false'],
    raw: ({ brokers, topic }) => [...rpk(brokers), 'consume', topic, '-o', ':end', '-f', '%v\\n'],
    list: (brokers) => [...rpk(brokers), 'list'],
    describeGroup: ({ brokers, group }) => ['rpk', '-X', `brokers=${brokers}`, 'group', 'describe', group],
    publish: ({ brokers, topic, key }) => [...rpk(brokers), 'produce', topic, '-k', key, '-z', 'none'],
  },
  {
    name: 'kaf',
    ndjson: ({ brokers, topic }) => ['kaf', '-b', brokers, 'consume', topic, '--output', 'json-each-row'],
    raw: ({ brokers, topic }) => ['kaf', '-b', brokers, 'consume', topic, '--output', 'raw'],
    list: (brokers) => ['kaf', '-b', brokers, 'topics'],
    describeGroup: ({ brokers, group }) => ['kaf', '-b', brokers, 'group', 'describe', group],
  },
  {
    name: 'kafkactl',
    ndjson: ({ brokers, topic }) => [...kafkactl(brokers), 'consume', topic, '-b', '-e', '-o', 'json-raw'],
    raw: ({ brokers, topic }) => [...kafkactl(brokers), 'consume', topic, '-b', '-e', '--value-encoding', 'none'],
    list: (brokers) => [...kafkactl(brokers), 'get', 'topics'],
    describeGroup: ({ brokers, group }) => [...kafkactl(brokers), 'describe', 'consumer-group', group],
  },
]

const kcat = ({ brokers, topic }: Place): readonly string[] => [
  ...['kcat', '-C', '-e', '-q', '-b', brokers, '-t', topic, '-o', 'beginning'],
]

const longQueue = ['-X', 'queued.min.messages=10000000', '-X', 'queued.max.messages.kbytes=2000000']

const rpk = (brokers: string): readonly string[] => ['rpk', '-X', `brokers=${brokers}`, 'topic']

/** It takes its brokers from a file or the environment. */
const kafkactl = (brokers: string): readonly string[] => ['env', `BROKERS=${brokers.replaceAll(',', ' ')}`, 'kafkactl']

export const peersHere: readonly Peer[] = peers.filter(({ name, program = name }) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, program))),
)

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
