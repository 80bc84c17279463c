import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** A wrong command line, and everything that crbus says about it. */
interface WrongUse {
  /** The command line after `crbus`, with words in single quotes where they need them. */
  readonly line: string
  /** The folder below the working folder in which the command runs. Default: the working folder. */
  readonly folder?: string
  /** Whether another user runs the command, who may not read or write every file. */
  readonly isOther?: boolean
  /** The message. FOLDER stands for the working folder. */
  readonly message: string
  /** What the lines that begin with `try:` say. */
  readonly hints: readonly string[]
  readonly exitCode: number
}

/** Wrong command lines on a bus with the topic order-events of three partitions, and the group billing. */
const wrongUses: readonly WrongUse[] = [
  // the command
  {
    line: 'tpoics list',
    message: "there is no command 'tpoics list'",
    hints: ['crbus topics list', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'topics lst',
    message: "there is no command 'topics lst'",
    hints: ['crbus topics list', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'topic describ order-events',
    message: "there is no command 'topics describ order-events'",
    hints: ['crbus topics describe order-events', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'doctor conection',
    message: "crbus doctor does not take the argument 'conection'",
    hints: ['crbus doctor connection', 'crbus doctor --help'],
    exitCode: 2,
  },
  {
    line: 'reset aply plan.json',
    message: "crbus reset does not take the argument 'aply plan.json'",
    hints: ['crbus reset apply plan.json', 'crbus reset --help'],
    exitCode: 2,
  },
  {
    line: 'xyzzy',
    message: "there is no command 'xyzzy'",
    hints: ['crbus --help'],
    exitCode: 2,
  },
  {
    line: 'describe order-events',
    message: "there is no command 'describe order-events'",
    hints: ['crbus topics describe order-events', 'crbus groups describe order-events', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'get topics',
    message: "there is no command 'get topics'",
    hints: ['crbus topics list', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'create topic new-events',
    message: "there is no command 'create topic new-events'",
    hints: ['crbus topics create new-events', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'delete topic order-events',
    message: "there is no command 'delete topic order-events'",
    hints: ['crbus topics delete order-events', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'consumer-groups',
    message: "there is no command 'consumer-groups'",
    hints: ['crbus groups list', 'crbus lag', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'reset-offsets billing',
    message: "there is no command 'reset-offsets billing'",
    hints: ['crbus reset --group billing --topic order-events --to start --dry-run', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'metrics billing',
    message: "crbus metrics does not take the argument 'billing'",
    hints: ['crbus metrics --group billing', 'crbus metrics --help'],
    exitCode: 2,
  },
  {
    line: 'reset billing',
    message: "crbus reset does not take the argument 'billing'",
    hints: ['crbus reset --group billing --topic order-events --to start --dry-run', 'crbus reset --help'],
    exitCode: 2,
  },
  {
    line: 'topics describe a b',
    message: "crbus topics describe does not take the argument 'b'",
    hints: ['crbus topics describe --help'],
    exitCode: 2,
  },
  {
    line: 'version 1',
    message: "crbus version does not take the argument '1'",
    hints: ['crbus version --help'],
    exitCode: 2,
  },
  {
    line: 'help lgs',
    message: "there is no command 'lgs'",
    hints: ['crbus ls', 'crbus lag', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: 'topics lst --help',
    message: "there is no command 'topics lst'",
    hints: ['crbus topics list', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: '--profil prod lag',
    message: '--profil is not a flag that can stand before the command',
    hints: ['use --profile', 'crbus --help'],
    exitCode: 2,
  },
  {
    line: '-C order-events',
    message: '-C is not a flag that can stand before the command',
    hints: ['crbus tail order-events', 'crbus --help'],
    exitCode: 2,
  },
  // flags
  {
    line: 'topics list -X sasl.mechanism=PLAIN sasl.username=alice',
    message: 'the connection setting sasl.username=alice has no -X before it',
    hints: ['-X sasl.username=VALUE'],
    exitCode: 2,
  },
  {
    line: 'tail order-events --grop x',
    message: 'crbus tail has no flag --grop',
    hints: ['--group GROUP', '--grep TEXT', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events --corelation-id c-1',
    message: 'crbus tail has no flag --corelation-id',
    hints: ['--correlation-id ID', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -Z',
    message: 'crbus tail has no flag -Z',
    hints: ['crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'lag --intervl 3s',
    message: 'crbus lag has no flag --intervl',
    hints: ['--interval DURATION', 'crbus lag --help'],
    exitCode: 2,
  },
  {
    line: 'reset --group',
    message: '--group needs a value. Groups: billing',
    hints: ['--group billing'],
    exitCode: 2,
  },
  {
    line: 'lag --group --quiet',
    message: '--group needs a value, but --quiet follows, which is a flag. Groups: billing',
    hints: ['--group billing'],
    exitCode: 2,
  },
  {
    line: 'tail order-events --from start --from end',
    message: '--from is given twice: start and end',
    hints: ['give --from once'],
    exitCode: 2,
  },
  {
    line: 'lag --interval 3s',
    message: '--interval needs --watch',
    hints: ['--watch'],
    exitCode: 2,
  },
  {
    line: 'reset --group billing',
    message:
      'crbus reset needs --topic and --to. Topics: order-events. Positions: start, end, @-1h, @-24h, -100, +100, current',
    hints: ['crbus reset --group billing --topic order-events --to start --dry-run', 'crbus reset --help'],
    exitCode: 2,
  },
  {
    line: 'groups delete-offsets billing',
    message: 'crbus groups delete-offsets needs --topic. Topics: order-events',
    hints: ['crbus groups delete-offsets billing --topic order-events --dry-run', 'crbus groups delete-offsets --help'],
    exitCode: 2,
  },
  {
    line: "publish order-events --type A.v1 --data '{}' --file f",
    message: '--data and --file exclude each other',
    hints: ['leave out --data or --file'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --tombstone',
    message: '--tombstone needs --key',
    hints: ['--key KEY'],
    exitCode: 2,
  },
  {
    line: 'topics list --data-dir . -b kafka:9092',
    message: '--data-dir and --brokers exclude each other',
    hints: ['leave out --data-dir or --brokers'],
    exitCode: 2,
  },
  {
    line: 'schema show -o tss',
    message: '--output tss is not one of rust, json-schema, ts',
    hints: ['--output ts'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -o jsn',
    message: "--output: 'jsn' is neither text, pretty, json, raw nor a format with %",
    hints: ['-o json', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events --codec bincod',
    message: '--codec bincod is not one of json, cbor, msgpack, text, bytes, bincode',
    hints: ['--codec bincode'],
    exitCode: 2,
  },
  {
    line: 'profile import rpkk',
    message: "'rpkk' is not one of rpk, kaf, kafkactl, librdkafka, kcat",
    hints: ['crbus profile import rpk', 'crbus profile import --help'],
    exitCode: 2,
  },
  {
    line: 'topics create new-events --partitions many',
    message: '--partitions many is not a whole number',
    hints: ['--partitions NUMBER'],
    exitCode: 2,
  },
  {
    line: 'topics create new-events --partitions 0',
    message: '--partitions 0 is out of range: the smallest number is 1',
    hints: ['--partitions 1'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type A.v1 --data 1 --count 9007199254740993',
    message: '--count is too large: the largest number is 9007199254740991',
    hints: [],
    exitCode: 2,
  },
  {
    line: 'topics create new-events --yes',
    message: 'crbus topics create has no flag --yes',
    hints: ['leave it out: the command does not ask for confirmation', 'crbus topics create --help'],
    exitCode: 2,
  },
  {
    line: 'topics list --dry-run',
    message: 'crbus topics list has no flag --dry-run',
    hints: ['leave it out: the command changes nothing', 'crbus topics list --help'],
    exitCode: 2,
  },
  {
    line: 'topics create new-events --yess',
    message: 'crbus topics create has no flag --yess',
    hints: ['crbus topics create --help'],
    exitCode: 2,
  },
  // arguments
  {
    line: 'tail',
    message: 'crbus tail needs a topic. Topics: order-events',
    hints: ['crbus tail order-events', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'publish',
    message: 'crbus publish needs a topic. Topics: order-events',
    hints: ['crbus publish order-events', 'crbus publish --help'],
    exitCode: 2,
  },
  {
    line: 'reset',
    message:
      'crbus reset needs --group, --topic and --to. Groups: billing. Topics: order-events. Positions: start, end, @-1h, @-24h, -100, +100, current',
    hints: ['crbus reset --group billing --topic order-events --to start --dry-run', 'crbus reset --help'],
    exitCode: 2,
  },
  {
    line: 'groups delete',
    message: 'crbus groups delete needs a group. Groups: billing',
    hints: ['crbus groups delete billing --dry-run', 'crbus groups delete --help'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type',
    message: '--type needs a value. Event types: OrderPlaced.v1',
    hints: ['--type OrderPlaced.v1'],
    exitCode: 2,
  },
  {
    line: 'tail --profile staging',
    message: 'crbus tail needs a topic',
    hints: ['crbus topics list --profile staging', 'crbus tail order-events', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'publish order-events -t payment-events',
    message: "the argument 'order-events' and --topic payment-events name two topics",
    hints: ['publish to one topic at a time', '--file order-events (reads a file)'],
    exitCode: 2,
  },
  {
    line: 'topics describe',
    message: 'crbus topics describe needs a topic. Topics: order-events',
    hints: ['crbus topics describe order-events', 'crbus topics describe --help'],
    exitCode: 2,
  },
  {
    line: 'groups clone billing',
    message: 'crbus groups clone needs TO (group to copy offsets to). Groups: billing',
    hints: ['crbus groups clone billing billing-v2 --dry-run', 'crbus groups clone --help'],
    exitCode: 2,
  },
  {
    line: 'reset apply',
    message: 'PLAN (plan file) is missing',
    hints: ['crbus reset apply plan.json', 'crbus reset apply --help'],
    exitCode: 2,
  },
  {
    line: 'schema diff a',
    message: 'NEW (schema or Rust source with which the events will be read) is missing',
    hints: ['crbus schema diff HEAD~3:schemas/order-events.json schemas/order-events.json', 'crbus schema diff --help'],
    exitCode: 2,
  },
  {
    line: 'new service',
    message: 'name the service',
    hints: ['crbus new service shop'],
    exitCode: 2,
  },
  {
    line: "tail ''",
    message: 'an argument is empty; did a script pass a variable that is not set?',
    hints: ['crbus tail --help'],
    exitCode: 2,
  },
  {
    line: "groups describe ' '",
    message: 'an argument is empty; did a script pass a variable that is not set?',
    hints: ['crbus groups describe --help'],
    exitCode: 2,
  },
  {
    line: "lag --group ''",
    message: '--group is empty; did a script pass a variable that is not set?',
    hints: ['--group GROUP'],
    exitCode: 2,
  },
  {
    line: "tail order-events -o ' '",
    message: '--output is empty; did a script pass a variable that is not set?',
    hints: ['--output FORMAT'],
    exitCode: 2,
  },
  // flags of other tools
  {
    line: 'tail -f order-events',
    message: 'crbus tail has no flag -f',
    hints: ['crbus tail order-events (follows by itself, so leave -f out)', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: "tail -f '%k %s' order-events",
    message: 'crbus tail has no flag -f',
    hints: ["-o '%k %s' (formats the events)", 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail -C order-events',
    message: 'crbus tail has no flag -C',
    hints: ['leave it out: tail consumes by itself', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -G billing',
    message: 'crbus tail has no flag -G',
    hints: ['--group GROUP', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -J',
    message: 'crbus tail has no flag -J',
    hints: ['-o json', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -o beginning',
    message: "--output: 'beginning' is neither text, pretty, json, raw nor a format with %",
    hints: ['--from start', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -o -5',
    message: "--output: '-5' is neither text, pretty, json, raw nor a format with %",
    hints: ['--from -5', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -o stored',
    message: "--output: 'stored' is neither text, pretty, json, raw nor a format with %",
    hints: ['--group-position GROUP', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events --offset newest',
    message: 'crbus tail has no flag --offset',
    hints: ['--from 47 (or --from start)', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events --from-beginning',
    message: 'crbus tail has no flag --from-beginning',
    hints: ['--from start', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'tail order-events --max-messages 5',
    message: 'crbus tail has no flag --max-messages',
    hints: ['--number 10', 'crbus tail --help'],
    exitCode: 2,
  },
  {
    line: 'topics list --bootstrap-server kafka:9092',
    message: 'crbus topics list has no flag --bootstrap-server',
    hints: ['--brokers HOST:PORT', 'crbus topics list --help'],
    exitCode: 2,
  },
  {
    line: 'topics list --command-config client.properties',
    message: 'crbus topics list has no flag --command-config',
    hints: [
      'crbus profile import FILE (makes a profile of the file; then use --profile NAME)',
      'crbus topics list --help',
    ],
    exitCode: 2,
  },
  {
    line: 'lag --group-id billing',
    message: 'crbus lag has no flag --group-id',
    hints: ['--group GROUP', 'crbus lag --help'],
    exitCode: 2,
  },
  {
    line: 'publish order-events -P',
    message: 'crbus publish has no flag -P',
    hints: ['leave it out: publish produces by itself', 'crbus publish --help'],
    exitCode: 2,
  },
  {
    line: 'reset --group billing --topic order-events --to-earliest --execute',
    message: 'crbus reset has no flag --to-earliest, --execute',
    hints: ['--to start', '--yes', 'crbus reset --help'],
    exitCode: 2,
  },
  {
    line: 'topics create new-events --replication-factor 3',
    message: 'crbus topics create has no flag --replication-factor',
    hints: ['--replication 3', 'crbus topics create --help'],
    exitCode: 2,
  },
  // positions, times and expressions
  {
    line: 'tail order-events --from nope',
    message: `--from: 'nope' is not a valid position; use start, end, 47, +10 (after the start), -10 (before the end), @1662059631, @2026-11-23, @2026-11-23T10:00:00Z, @-1h, "10m ago", today, yesterday, now`,
    hints: ['--from start', '--from -10', '--from @-1h', '--from @2026-11-23T10:00:00Z', '--from "10m ago"'],
    exitCode: 2,
  },
  {
    line: 'tail order-events --from 10:5',
    message: "--from: range '10:5' ends before it begins",
    hints: ['--from 5:10'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -p x',
    message: '--partition x is an invalid partition list',
    hints: ['--partition 0,2'],
    exitCode: 2,
  },
  {
    line: 'tail order-events -p 9 -e',
    message: "topic 'order-events' has no partition 9; it has 3",
    hints: ['crbus topics describe order-events'],
    exitCode: 6,
  },
  {
    line: 'reset --group billing --topic order-events --to nope',
    message: `--to: 'nope' is not a valid position; use start, end, 47, current, +100 and -100 (from the committed offset), @1662059631, @2026-11-23, @2026-11-23T10:00:00Z, @-1h, "10m ago", today, yesterday, now, group:other, file.json`,
    hints: ['--to start', '--to -10', '--to @-1h', '--to @2026-11-23T10:00:00Z', '--to "10m ago"'],
    exitCode: 2,
  },
  {
    line: 'reset --group billing --topic order-events --to ./empty.ndjson',
    message: "--to: './empty.ndjson' is a path, but the name of a file of offsets ends with .json",
    hints: ['--to offsets.json'],
    exitCode: 2,
  },
  {
    line: 'reset --group billing --topic order-events:9 --to start',
    message: "topic 'order-events' has no partition 9; it has 3",
    hints: ['crbus topics describe order-events'],
    exitCode: 6,
  },
  {
    line: 'reset --group billing --topic order-events --to start --wait soon',
    message: '--wait soon is not a duration',
    hints: ['--wait 60s'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type A.v1 --data 1 --timestamp soon',
    message: '--timestamp soon is not a time: write a date as 2026-11-23 and a time as 2026-11-23T10:00:00Z',
    hints: ['--timestamp 2026-11-23T10:00:00Z'],
    exitCode: 2,
  },
  {
    line: "tail order-events --where '(data.a'",
    message: '--where: expected ), found the end at column 8',
    hints: ['crbus help where'],
    exitCode: 2,
  },
  {
    line: "tail order-events --where 'datta.a == 1'",
    message:
      "--where: there is no variable 'datta'; variables: topic, partition, offset, timestamp, key, event_type, event_version, metadata, data",
    hints: ['crbus help where'],
    exitCode: 2,
  },
  {
    line: "tail order-events --where 'data.a = 1'",
    message: "--where: expected an operator or the end, found '=' at column 8; write ==",
    hints: ['crbus help where'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type A.v1 --data 1 --header x',
    message: '--header x is not name=value',
    hints: ['--header trace-id=7f3a'],
    exitCode: 2,
  },
  {
    line: 'metrics --listen x',
    message: '--listen x is neither a port nor host:port',
    hints: ['--listen 9464', '--listen 127.0.0.1:9464'],
    exitCode: 2,
  },
  // names
  {
    line: 'tail order-event -e',
    message: "topic 'order-event' does not exist",
    hints: [
      'use topic order-events',
      'crbus tail order-events',
      'crbus topics list',
      'crbus topics create order-event',
    ],
    exitCode: 4,
  },
  {
    line: 'topics describe order-event',
    message: "topic 'order-event' does not exist",
    hints: ['use topic order-events', 'crbus topics list', 'crbus topics create order-event'],
    exitCode: 4,
  },
  {
    line: 'groups describe biling',
    message: "group 'biling' does not exist",
    hints: ['use group billing', 'crbus groups list'],
    exitCode: 4,
  },
  {
    line: 'lag --group biling',
    message: "group 'biling' does not exist",
    hints: ['use group billing', 'crbus lag', "crbus lag --group '*biling*'"],
    exitCode: 4,
  },
  {
    line: 'lag --profile prodd',
    message: "--profile names profile 'prodd', which FOLDER/crbus.json does not define",
    hints: ['--profile prod'],
    exitCode: 2,
  },
  {
    line: '--profile stagin lag',
    message: "--profile names profile 'stagin', which FOLDER/crbus.json does not define",
    hints: ['--profile staging'],
    exitCode: 2,
  },
  {
    line: 'profile use',
    message: 'crbus profile use needs a profile. Profiles: prod, staging',
    hints: ['crbus profile list', '--unset (forgets the choice)'],
    exitCode: 2,
  },
  {
    line: 'completion',
    message: 'SHELL (bash, zsh or fish) is missing',
    hints: ['source <(crbus completion bash)', 'crbus completion --help'],
    exitCode: 2,
  },
  {
    line: 'profile use prodd',
    message: "there is no profile 'prodd'",
    hints: ['similar: prod', 'crbus profile list'],
    exitCode: 2,
  },
  {
    line: "publish 'a b' --type A.v1 --data 1",
    message: "Invalid topic: 'a b' may hold only letters, digits, dot, underscore and hyphen",
    hints: ['use a name such as a-b'],
    exitCode: 6,
  },
  {
    line: "topics create 'a b'",
    message: "Invalid topic: 'a b' may hold only letters, digits, dot, underscore and hyphen",
    hints: ['use a name such as a-b'],
    exitCode: 6,
  },
  {
    line: "tail 'x y' -e",
    message: "Invalid topic: 'x y' may hold only letters, digits, dot, underscore and hyphen",
    hints: ['use a name such as x-y'],
    exitCode: 6,
  },
  {
    line: "topics describe 'a b'",
    message: "topic 'a b' does not exist",
    hints: ['crbus topics list'],
    exitCode: 4,
  },
  {
    line: 'topics create order-events',
    message: "topic 'order-events' already exists",
    hints: ['crbus topics describe order-events'],
    exitCode: 6,
  },
  // input
  {
    line: 'publish order-events --type A.v1',
    message: 'nothing to publish: stdin is empty or has only blank lines',
    hints: [`--data '{"order_id":"o-1"}' (publishes one event)`, '--file orders.ndjson (reads a file)'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type A.v1 --file empty.ndjson',
    message: 'nothing to publish: empty.ndjson is empty or has only blank lines',
    hints: [`--data '{"order_id":"o-1"}' (publishes one event)`],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type A.v1 --file missing.ndjson',
    message: 'cannot read FOLDER/missing.ndjson: there is no such file or folder',
    hints: ['--file orders.ndjson'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type A.v1 --file folder',
    message: 'cannot read FOLDER/folder: it is a folder, not a file',
    hints: ['--file orders.ndjson'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type A.v1 --file broken.ndjson',
    message: 'line 1: not JSON: no closing quote for the string at column 2',
    hints: ['crbus publish --help'],
    exitCode: 2,
  },
  {
    line: 'publish order-events orders.ndjson',
    message: "'orders.ndjson' is neither a flag nor -",
    hints: ['--file orders.ndjson', '--data orders.ndjson'],
    exitCode: 2,
  },
  {
    line: "publish order-events --data '{}'",
    message: '--data needs --type',
    hints: ['--type OrderPlaced.v1'],
    exitCode: 2,
  },
  {
    line: 'publish order-events --type A.v1 --data 1 -p 9',
    message: 'line 1 is for partition 9, which does not exist: the topic has 3 partitions',
    hints: ['crbus topics describe order-events'],
    exitCode: 5,
  },
  {
    line: 'schema check order-events --schema missing.json',
    message: 'missing.json: there is no such file or folder',
    hints: ['schemas/order-events.json', 'services/orders', 'HEAD~3:schemas/order-events.json'],
    exitCode: 2,
  },
  {
    line: 'schema check order-events --schema crbus.json',
    message: 'crbus.json is not a schema file',
    hints: ['schemas/order-events.json', 'services/orders', 'HEAD~3:schemas/order-events.json'],
    exitCode: 2,
  },
  {
    line: 'schema import missing.rs',
    message: 'the import cannot resolve one problem',
    hints: ['crbus schema import --help'],
    exitCode: 2,
  },
  {
    line: 'reset apply missing.json',
    message: 'FOLDER/missing.json does not exist',
    hints: ['crbus reset --group billing --topic order-events --to start --plan-out plan.json (writes a plan file)'],
    exitCode: 6,
  },
  {
    line: 'reset apply crbus.json',
    message: 'FOLDER/crbus.json is not a plan file of a reset',
    hints: ['crbus reset --group billing --topic order-events --to start --plan-out plan.json (writes a plan file)'],
    exitCode: 6,
  },
  {
    line: 'reset undo missing.json',
    message: 'FOLDER/missing.json does not exist',
    hints: ['crbus reset undo --last (uses the newest undo file of the bus)'],
    exitCode: 6,
  },
  {
    line: 'reset apply broken/crbus.json',
    message: 'FOLDER/broken/crbus.json is not JSON: expected a key in double quotes or }, found the end at column 2',
    hints: ['crbus reset --group billing --topic order-events --to start --plan-out plan.json (writes a plan file)'],
    exitCode: 6,
  },
  {
    line: 'reset --group billing --topic order-events --to missing.json',
    message: 'FOLDER/missing.json does not exist',
    hints: ['write a list such as [{"topic": "order-events", "partition": 0, "offset": 47}]'],
    exitCode: 6,
  },
  {
    line: 'schema show --schema broken/crbus.json',
    message: 'broken/crbus.json is not a schema file',
    hints: ['--schema schemas/order-events.json', 'crbus schema import PATH'],
    exitCode: 2,
  },
  {
    line: 'reset undo folder',
    message: 'FOLDER/folder is a folder, not a file',
    hints: ['crbus reset undo --last (uses the newest undo file of the bus)'],
    exitCode: 6,
  },
  // the machine
  {
    line: 'store init --store postgres://127.0.0.1:1/x',
    message: 'the event store at postgres://127.0.0.1:1/x cannot be used: the connection was refused',
    hints: ['check that the server runs and can be reached from here'],
    exitCode: 3,
  },
  {
    line: 'topics list --data-dir crbus.json',
    message: 'the embedded bus at FOLDER/crbus.json/bus.db cannot be opened: FOLDER/crbus.json is not a folder',
    hints: ['--data-dir FOLDER (uses another folder for the embedded bus)'],
    exitCode: 6,
  },
  {
    line: 'publish order-events --type A.v1 --data 1 --data-dir /proc',
    message: 'the embedded bus at /proc/bus.db cannot be opened: cannot create a file in /proc',
    hints: ['--data-dir FOLDER (uses another folder for the embedded bus)'],
    exitCode: 6,
  },
  {
    line: "topics list -b '127.0.0.1:99999'",
    message: "--brokers '127.0.0.1:99999' must have ports from 1 to 65535",
    hints: ['-b 127.0.0.1:9092'],
    exitCode: 2,
  },
  {
    line: 'topics list -b kafka:9092 -X sasl.password',
    message: '-X sasl.password has no value',
    hints: ['-X sasl.password=…'],
    exitCode: 2,
  },
  {
    line: 'store init --store mysql://localhost',
    message: '--store is neither postgres://… nor a path',
    hints: [
      '--store postgres://user:password@host/database (with %2F for a / in the password)',
      '--store data/store.db',
    ],
    exitCode: 2,
  },
  {
    line: 'topics delete order-events',
    message: "this changes 'order-events', and there is no terminal to ask on; nothing was done",
    hints: ['--yes (confirms without a prompt)', '--dry-run (shows the change without making it)'],
    exitCode: 6,
  },
  {
    line: 'topics list',
    folder: 'broken',
    message: 'FOLDER/broken/crbus.json is not JSON: expected a key in double quotes or }, found the end at column 2',
    hints: ['crbus profile validate FOLDER/broken/crbus.json (checks the corrected file)'],
    exitCode: 2,
  },
  {
    line: 'topics list',
    folder: 'unknown',
    message: 'FOLDER/unknown/crbus.json: brokerz is not a key that crbus knows',
    hints: ['one of $schema, profile, profiles, schemas, templates, topics, services, allow'],
    exitCode: 2,
  },
  {
    line: 'check lag --group billing --max-age 5m',
    folder: 'broken',
    message:
      'LAG UNKNOWN - FOLDER/broken/crbus.json is not JSON: expected a key in double quotes or }, found the end at column 2 (try: crbus profile validate FOLDER/broken/crbus.json (checks the corrected file))',
    hints: [],
    exitCode: 3,
  },
  {
    line: 'publish order-events --type A.v1 --file closed.ndjson',
    isOther: true,
    message: 'cannot read FOLDER/closed.ndjson: permission denied',
    hints: ['--file orders.ndjson'],
    exitCode: 2,
  },
  {
    line: 'topics create new-events --data-dir sealed',
    isOther: true,
    message: 'the embedded bus at FOLDER/sealed/bus.db cannot be opened: permission denied: FOLDER/sealed',
    hints: ['--data-dir FOLDER (uses another folder for the embedded bus)'],
    exitCode: 6,
  },
  {
    line: 'schema import events.rs --topic order-events --out sealed/order-events.json',
    isOther: true,
    message: 'the schema sealed/order-events.json cannot be written: permission denied: FOLDER/sealed',
    hints: ['--out FILE (writes to a file in another folder)', '--dry-run (shows what would be written)'],
    exitCode: 6,
  },
  // monitoring
  {
    line: 'check lag',
    message: 'LAG UNKNOWN - crbus check lag needs --group. Groups: billing (try: crbus check lag --group billing)',
    hints: [],
    exitCode: 3,
  },
  {
    line: 'check lag --group billing --max-event x',
    message: 'LAG UNKNOWN - crbus check lag has no flag --max-event (try: --max-events NUMBER)',
    hints: [],
    exitCode: 3,
  },
  {
    line: 'check topic',
    message:
      'TOPIC UNKNOWN - crbus check topic needs a topic. Topics: order-events (try: crbus check topic order-events)',
    hints: [],
    exitCode: 3,
  },
  {
    line: 'check topic order-events -o xml',
    message: 'TOPIC UNKNOWN - --output xml is not one of text, json, prometheus, nagios (try: --output text)',
    hints: [],
    exitCode: 3,
  },
]

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
let folder: string

/** What the parser, Node and the exceptions of JavaScript write. No message may contain it. */
const RAW =
  /See more help|Nonexistent flag|Unexpected argument|Missing \d+ required|Missing required flag|expects a value|Expected an integer|The following error|cannot also be provided|must be provided|^\s+at |Error:|ENOENT|EACCES|ECONNREFUSED|node:internal|undefined|\[object|in JSON at|Unexpected (token|end)|JSON input/m

const wordsOf = (line: string): string[] => [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)

function crbus(line: string, { folder: below = '', isOther = false }: Partial<WrongUse> = {}) {
  const bus = { CRBUS_DATA_DIR: join(folder, 'bus'), CRBUS_BROKERS: '', REDPANDA_BROKERS: '', CRBUS_PROFILE: '' }
  const home = { XDG_CONFIG_HOME: join(folder, 'home'), XDG_STATE_HOME: join(folder, 'home') }
  return execa(process.execPath, [bin, ...wordsOf(line)], {
    cwd: join(folder, below),
    env: { ...bus, ...home, NO_COLOR: '1' },
    input: '',
    reject: false,
    // Root may read every file.
    ...(isOther && process.getuid?.() === 0 ? { uid: 65_534 } : {}),
  })
}

/** Splits what a command printed into its message and its hints. */
function answerOf(text: string) {
  const lines = text.replaceAll(folder, 'FOLDER').split('\n')
  const hints = lines.filter((line) => line.startsWith('  try: ')).map((line) => line.slice('  try: '.length))
  const error = lines.find((line) => line.startsWith('error: '))
  // A check prints one line on stdout.
  const message = error?.slice('error: '.length).replace(/ \(CRBUS_\w+\)$/, '') ?? lines[0]
  return { message, hints }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-wrong-uses-'))
  chmodSync(folder, 0o755)
  const file = (name: string, text: string, mode = 0o644) => writeFileSync(join(folder, name), text, { mode })
  for (const name of ['folder', 'broken', 'unknown', 'sealed']) mkdirSync(join(folder, name))
  file('crbus.json', '{"profiles": {"prod": {"dataDir": "prod"}, "staging": {"dataDir": "staging"}}}')
  file('broken/crbus.json', '{')
  file('unknown/crbus.json', '{"brokerz": "kafka:9092"}')
  file('empty.ndjson', '')
  file('broken.ndjson', '{"broken\n')
  file('closed.ndjson', '{}', 0)
  file('events.rs', '#[derive(Serialize, Deserialize)]\npub enum OrderEvent { OrderPlaced { id: u32 } }\n')
  await crbus(`publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`)
  await crbus('reset --group billing --topic order-events --to end --new-group --yes')
  chmodSync(join(folder, 'sealed'), 0o555)
})
afterAll(() => {
  chmodSync(join(folder, 'sealed'), 0o755)
  rmSync(folder, { recursive: true })
})

describe('wrong uses', () => {
  test.each(wrongUses)(
    '"crbus $line" gets its message, its hints and its exit code',
    async ({ message, hints, exitCode, ...use }) => {
      const { stdout, stderr, exitCode: code } = await crbus(use.line, use)
      const said = `${stdout}\n${stderr}`
      expect({ ...answerOf(stderr === '' ? stdout : stderr), exitCode: code }).toEqual({ message, hints, exitCode })
      expect(said).not.toMatch(RAW)
    },
  )

  test('no two rows are the same', () => {
    const lines = wrongUses.map(({ line, folder: below = '' }) => `${below} ${line}`)
    expect(lines.length).toBeGreaterThan(50)
    expect(new Set(lines).size).toBe(lines.length)
  })

  test('a failure is a JSON document with --json, wherever the flag stands', async () => {
    for (const line of ['--json', '--json tpoics list', 'lag --group --json', 'topics describe --json']) {
      const { stdout, exitCode } = await crbus(line)
      expect([JSON.parse(stdout).error.code, exitCode], line).toEqual(['CRBUS_USAGE', 2])
    }
  })
})
