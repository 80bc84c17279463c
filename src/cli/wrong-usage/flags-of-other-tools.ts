import { namesLike } from '../../bus/names/names-like.ts'
import { flag, hint, run, type Suggestion } from '../suggestions.ts'

interface OtherFlag {
  /** The flags of other tools. */
  readonly names: readonly string[]
  /** The flag of crbus that replaces them. The row applies only to commands with this flag. */
  readonly own?: string
  /** The command that the row applies to. Default: every command. */
  readonly command?: string
  /** Commands that the row does not apply to. */
  readonly without?: readonly string[]
  readonly suggest: Suggestion
}

const BY_ITSELF = 'leave it out: tail follows the topics by itself, and -e stops at their end'

/**
 * What crbus calls the flags of kcat, rpk, kaf, kafkactl and the scripts of Apache Kafka, and the answers for flags that only some of
 * its own commands have. A flag may have several rows: the first one that applies to the command is suggested.
 */
const otherFlags: readonly OtherFlag[] = [
  // Connections.
  {
    names: ['--bootstrap-server', '--bootstrap-servers', '--broker', '--broker-list', '--zookeeper'],
    own: 'brokers',
    suggest: flag('--brokers HOST:PORT'),
  },
  {
    names: [
      '--command-config',
      '--consumer.config',
      '--producer.config',
      '--consumer-config',
      '--producer-config',
      '-F',
    ],
    suggest: run('crbus profile import FILE', 'makes a profile of the file; then use --profile NAME'),
  },
  {
    names: ['--property', '--consumer-property', '--producer-property', '--set'],
    own: 'option',
    suggest: flag('-X NAME=VALUE'),
  },
  { names: ['--cluster', '--context', '--env', '--environment'], own: 'profile', suggest: flag('--profile NAME') },
  // The modes of kcat.
  { names: ['-C', '--consume', '--consumer'], command: 'tail', suggest: hint('leave it out: tail consumes by itself') },
  { names: ['-C', '--consume', '--consumer'], command: '', suggest: run('crbus tail order-events') },
  {
    names: ['-P', '--produce', '--producer'],
    command: 'publish',
    suggest: hint('leave it out: publish produces by itself'),
  },
  {
    names: ['-P', '--produce', '--producer'],
    suggest: run(`crbus publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`),
  },
  { names: ['-L', '--list'], suggest: run('crbus topics list') },
  { names: ['-Q'], own: 'from', suggest: flag('--from @2026-11-23T10:00:00Z', 'starts at a time') },
  { names: ['--describe'], suggest: run('crbus topics describe order-events') },
  // What tail reads and shows.
  { names: ['-f', '--follow'], own: 'no-follow', suggest: hint(BY_ITSELF) },
  { names: ['-J'], own: 'output', command: 'tail', suggest: flag('-o json') },
  { names: ['-J'], command: 'publish', suggest: hint('leave it out: publish recognizes JSON lines of kcat') },
  { names: ['-G', '--group-id', '--consumer-group'], own: 'group', suggest: flag('--group GROUP') },
  {
    names: ['-r', '--schema-registry', '--schema-registry-url', '--use-schema-registry'],
    own: 'registry',
    suggest: flag('--registry https://registry.example.com:8081'),
  },
  {
    names: ['--value-schema'],
    own: 'schema',
    suggest: flag('--schema FILE', 'decodes with the Rust types of a service; see "crbus schema import --help"'),
  },
  { names: ['-s', '--value-deserializer', '--value-format'], own: 'codec', suggest: flag('--codec CODEC') },
  { names: ['-K', '-D', '--format', '--print-format'], own: 'no-follow', suggest: flag("-o '%k %v'") },
  { names: ['-u', '--unbuffered'], own: 'no-follow', suggest: hint('leave it out: each event is written at once') },
  {
    names: ['--from-beginning', '--beginning', '--from-start', '--oldest'],
    own: 'from',
    suggest: flag('--from start'),
  },
  { names: ['--newest', '--latest', '--from-end'], own: 'from', suggest: flag('--from end') },
  { names: ['--offset', '--offsets', '-O', '--start'], own: 'from', suggest: flag('--from 47', 'or --from start') },
  { names: ['--since', '--after', '--from-timestamp'], own: 'from', suggest: flag('--from @-1h') },
  { names: ['--until', '--before', '--to-timestamp', '--end'], own: 'to', suggest: flag('--to @-1h') },
  {
    names: ['--max-messages', '--num', '--limit', '--tail', '--max', '--messages', '--lines', '--last', '--head'],
    own: 'number',
    suggest: flag('--number 10'),
  },
  { names: ['--exit-on-eof', '--exit-eof', '--once', '--eof'], own: 'no-follow', suggest: flag('--no-follow') },
  { names: ['--filter', '--jq', '--query'], own: 'where', suggest: flag("--where 'data.total > 100'") },
  { names: ['--partitions', '--partition-id'], own: 'partition', suggest: flag('--partition 0') },
  { names: ['--event-type', '--event'], own: 'type', suggest: flag('--type OrderPlaced.v1') },
  // What publish sends.
  { names: ['-Z'], own: 'tombstone', suggest: flag('--tombstone --key KEY') },
  { names: ['-l', '--input', '--input-file'], own: 'file', suggest: flag('--file FILE') },
  {
    names: ['--request-required-acks', '--required-acks', '--producer-acks'],
    own: 'acks',
    suggest: flag('--acks all'),
  },
  {
    names: ['--compression-codec', '--compression-type', '--compress'],
    own: 'compression',
    suggest: flag('--compression zstd'),
  },
  { names: ['--value', '--payload', '--message', '--body'], own: 'data', suggest: flag('--data JSON') },
  { names: ['--repeat', '-n', '--number', '--num'], own: 'count', suggest: flag('--count 10') },
  // Resets.
  { names: ['--to-earliest', '--to-start'], own: 'to', suggest: flag('--to start') },
  { names: ['--to-latest', '--to-end'], own: 'to', suggest: flag('--to end') },
  { names: ['--to-offset'], own: 'to', suggest: flag('--to 47') },
  { names: ['--to-datetime', '--by-duration'], own: 'to', suggest: flag('--to @2026-11-23T10:00:00Z') },
  { names: ['--shift-by'], own: 'to', suggest: flag('--to +10') },
  { names: ['--from-file'], own: 'to', suggest: flag('--to FILE') },
  { names: ['--execute', '--force', '-f', '--no-confirm'], own: 'yes', suggest: flag('--yes') },
  {
    names: ['--yes', '-y', '--confirm', '--execute', '--force', '--no-confirm'],
    suggest: hint('leave it out: the command does not ask for confirmation'),
  },
  {
    names: ['--dry-run', '--plan', '--preview'],
    command: 'publish',
    suggest: run('crbus publish TOPIC --type TYPE', 'on a terminal, shows the event and asks'),
  },
  {
    names: ['--dry-run', '--plan', '--preview'],
    without: ['completion', 'demo', 'profile use'],
    suggest: hint('leave it out: the command changes nothing'),
  },
  {
    names: ['--all-groups'],
    own: 'group',
    suggest: hint('leave it out: without --group, the command shows all groups'),
  },
  // Topics.
  { names: ['--replication-factor', '-r'], own: 'replication', suggest: flag('--replication 3') },
  { names: ['--partitions', '--num-partitions', '-p'], command: 'topics add-partitions', suggest: flag('--to NUMBER') },
  { names: ['--num-partitions', '-p'], own: 'partitions', suggest: flag('--partitions 6') },
  { names: ['--topic-config', '-c'], own: 'config', suggest: flag('--config NAME=VALUE') },
  // Output.
  { names: ['--format', '--print', '--output-format'], own: 'output', suggest: flag('--output FORMAT') },
  { names: ['-o', '--format', '--output', '-J'], suggest: flag('--json', 'prints one JSON document') },
  { names: ['-v', '--verbose', '-d'], suggest: flag('--debug', 'shows the causes of an error') },
]

/** Returns what crbus calls a flag of another tool; `undefined` if no tool has the flag or the command has no counterpart. */
export function suggestOwnFlag(
  name: string,
  command: string,
  flags: Readonly<Record<string, unknown>>,
): Suggestion | undefined {
  const row = otherFlags.find(
    (other) =>
      other.names.includes(name) &&
      (other.command === undefined || other.command === command) &&
      other.without?.includes(command) !== true &&
      (other.own === undefined || Object.hasOwn(flags, other.own)),
  )
  return row?.suggest
}

/** The positions of kcat and kaf that users give with `-o`, and those of crbus. */
const positions: Readonly<Record<string, string>> = {
  beginning: 'start',
  earliest: 'start',
  oldest: 'start',
  start: 'start',
  end: 'end',
  latest: 'end',
  newest: 'end',
}

/** Suggests what a text that is not an output format was meant to be: a position, as after `-o` of kcat, or a similar format. */
export function suggestOutput(output: string): Suggestion {
  if (output === 'stored') return flag('--group-position GROUP')
  const position = Object.hasOwn(positions, output) ? positions[output] : undefined
  if (position !== undefined) return flag(`--from ${position}`)
  if (/^-?\d+$/.test(output)) return flag(`--from ${output}`)
  const [near = 'json'] = namesLike(output, ['text', 'pretty', 'json', 'raw'])
  return flag(`-o ${near}`)
}
