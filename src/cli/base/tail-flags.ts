import { Flags } from '@oclif/core'
import { isGlob } from '../../bus/names/glob.ts'
import { viewCodecs } from '../../operations/events/event-view.ts'
import { isReversed, type OffsetSpec, parsePoint, parseRange } from '../../operations/offsets/offset-grammar.ts'
import type { PartitionChoice } from '../../operations/offsets/resolve-slices.ts'
import { parseTopicChoice } from '../../operations/reset/target.ts'
import { UsageError } from '../errors.ts'
import { flag, run, shellWord } from '../suggestions.ts'
import { changeFlags, defaultInDescription, readFlags, schemaFlag, timeFlags } from './flags.ts'
import { anyOf, invalidPosition, toPartitions } from './parse-flags.ts'

/** How many of the newest events to show first, without --from and --number. */
export const DEFAULT_LAST_EVENTS = 10

// The lines of this table are short, since oclif wraps help at the width of the terminal.
export const POSITIONS = `--from and --to take
  start, end, now, today, yesterday, "10m ago"
  47        an offset            47:  :47  10:20   a range
  +10       after the start      -10               before the end
  @-1h      an hour ago          @-48h:-24h        a range of times
  @1662059631  @2026-11-23  @2026-11-23T10:00:00Z
                           a day or time without a zone is UTC
--to with a time shows events with an earlier timestamp. A notice names offsets that were not searched for such events.`

export const FORMATS = `--output takes text (one line for each event, cut to the width of a terminal), pretty (everything of an event, in several lines), json (one line for each event, which "crbus publish" reads), raw (the values, escaped on a terminal), or a format string such as '%t[%p]@%o %y %{order_id}' with
  %t topic        %p partition    %o offset       %k key
  %v payload      %T time in ms   %d time         %h headers
  %y event type   %e version      %m metadata     %f envelope
  %c correlation  %a causation    %u user         %i count
  %K %V lengths   %k{hex} %v{base64} bytes
  %{a.b[0]} a field of the payload, %% a percent sign, \\n \\t \\xNN`

/** The flags of `crbus tail`. */
export const tailFlags = {
  ...readFlags,
  topic: Flags.string({
    char: 't',
    description: 'Topic to show, like the arguments; repeatable',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'TOPIC',
  }),
  ...timeFlags,
  from: Flags.string({ description: 'Position to start at, or a range', helpGroup: 'RANGE', helpValue: 'POSITION' }),
  to: Flags.string({ description: 'Position to stop before', helpGroup: 'RANGE', helpValue: 'POSITION' }),
  number: Flags.integer({
    char: 'n',
    description: `Number of events: the last ones, with --from or --group the first ones, with --group-position those of each partition (default: ${DEFAULT_LAST_EVENTS}; with --from or --group, all; with --group-position, 1)`,
    min: 0,
    helpGroup: 'RANGE',
    helpValue: 'NUMBER',
  }),
  partition: Flags.string({
    char: 'p',
    description: 'Only these partitions of every topic, such as 0,2',
    helpGroup: 'RANGE',
    helpValue: 'PARTITIONS',
  }),
  'no-follow': Flags.boolean({
    char: 'e',
    description: 'Stop at the end of the topics',
    aliases: ['exit'],
    helpGroup: 'RANGE',
  }),
  group: Flags.string({
    char: 'g',
    description: 'Read as a member of this consumer group, from its committed offsets',
    exclusive: ['from', 'to', 'partition', 'group-position'],
    helpGroup: 'GROUP',
    helpValue: 'GROUP',
  }),
  commit: Flags.boolean({
    description: 'With --group, commit the offsets of events after they are shown (default: commit nothing)',
    dependsOn: ['group'],
    helpGroup: 'GROUP',
  }),
  'group-position': Flags.string({
    description: 'Show the next event of this consumer group in each partition, without joining it',
    exclusive: ['from', 'to'],
    helpGroup: 'GROUP',
    helpValue: 'GROUP',
  }),
  'dry-run': Flags.boolean({
    description: 'With --group, show what joining the group means, and do not join it',
    dependsOn: ['group'],
    helpGroup: 'GROUP',
  }),
  yes: { ...changeFlags.yes, description: 'Join a group with running members without asking', helpGroup: 'GROUP' },
  confirm: {
    ...changeFlags.confirm,
    description: 'Name of the group, to confirm that it is joined on a protected profile',
    helpGroup: 'GROUP',
  },
  'give-up-after': Flags.string({
    description:
      'How long to wait for a bus that stops answering, such as 10m (default: without end; with --no-follow, a minute)',
    helpGroup: 'RANGE',
    helpValue: 'DURATION',
  }),
  type: Flags.string({
    description: 'Only events of this type; * and ? are wildcards; repeatable',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
    helpValue: 'EVENT_TYPE',
  }),
  key: Flags.string({
    char: 'k',
    description: 'Only events with this record key',
    helpGroup: 'FILTER',
    helpValue: 'KEY',
  }),
  'correlation-id': Flags.string({
    char: 'c',
    description: 'Only events with this correlation id',
    helpGroup: 'FILTER',
    helpValue: 'ID',
  }),
  where: Flags.string({
    char: 'w',
    description: 'Only events for which this CEL expression is true',
    helpGroup: 'FILTER',
    helpValue: 'EXPRESSION',
  }),
  grep: Flags.string({
    description: 'Only events with this text in their type, metadata or payload',
    helpGroup: 'FILTER',
    helpValue: 'TEXT',
  }),
  output: Flags.string({
    char: 'o',
    description: 'Output format: text, pretty, json, raw or a format string (default: text)',
    default: 'text',
    ...defaultInDescription,
    helpValue: 'FORMAT',
  }),
  headers: Flags.boolean({ description: 'Show the headers of records in text output' }),
  'no-truncate': Flags.boolean({ description: 'Do not cut the lines of text output to the width of the terminal' }),
  codec: Flags.option({ options: viewCodecs })({
    description: `Codec of the payloads: ${anyOf(viewCodecs)} (default: the codec of the topic in crbus.json, else by schema, else by the bytes)`,
    helpValue: 'CODEC',
  }),
  schema: schemaFlag,
  'decode-with': Flags.string({
    description:
      'Command that decodes values: reads a line of JSON with the value_base64 of each record, prints a line of JSON for each (null: not decoded), in order; runs without a shell, so for pipes write "sh -c \'…\'"',
    exclusive: ['codec'],
    helpValue: 'COMMAND',
  }),
  registry: Flags.string({
    description:
      'URL of a Schema Registry, to decode Avro, Protobuf and JSON values and keys with a schema id (env CRBUS_REGISTRY; default: the registry of the profile); Avro needs "npm install --global avsc", Protobuf protobufjs',
    helpValue: 'URL',
  }),
}

/** Returns the range that --from and --to select; either end may be missing. `now` is in milliseconds. */
export function toTailRange(
  flags: { readonly from?: string | undefined; readonly to?: string | undefined },
  now: number,
): { readonly from: OffsetSpec | undefined; readonly to: OffsetSpec | undefined } {
  const range = flags.from === undefined ? undefined : parseRange(flags.from, now)
  if (range && !range.ok) throw invalidPosition('--from', range)
  const to = flags.to === undefined ? undefined : parsePoint(flags.to, now)
  if (to && !to.ok) throw invalidPosition('--to', to)
  if (range?.from && to && isReversed(range.from, to.spec)) {
    throw new UsageError(`--from ${flags.from} --to ${flags.to} ends before it begins`, [
      flag(`--from '${flags.to}' --to '${flags.from}'`),
    ])
  }
  return { from: range?.from ?? (range && { kind: 'start' as const }), to: to?.spec ?? range?.to }
}

/** The topics of a tail, and the partitions of those for which some are chosen. */
export interface TailTopics {
  readonly topics: readonly string[]
  readonly partitions: PartitionChoice | undefined
}

/**
 * Parses the topics of a tail: names, globs, and names with partitions such as `order-events:0,2`. `partition` is the value of
 * --partition, which holds for all topics, so no topic may then have partitions of its own.
 */
export function toTailTopics(given: readonly string[], partition: string | undefined): TailTopics {
  const forAll = toPartitions('--partition', partition)
  // The partitions of each topic; `undefined` for all of them.
  const chosen = new Map<string, readonly number[] | undefined>()
  for (const text of given) {
    const choice = parseTopicChoice(text)
    if (choice === undefined) {
      throw new UsageError(`${text} is neither TOPIC nor TOPIC:PARTITIONS`, [run('crbus tail order-events:0,2')])
    }
    const { topic, partitions } = choice
    if (partitions !== undefined && partition !== undefined) {
      throw new UsageError(`${text} and --partition ${partition} both choose partitions of ${topic}`, [
        run(`crbus tail ${shellWord(topic)} --partition ${partition}`),
        run(`crbus tail ${shellWord(text)}`),
      ])
    }
    if (partitions !== undefined && isGlob(topic)) {
      throw new UsageError(`${text} names partitions of a pattern; to read them in every topic, use --partition`, [
        run(`crbus tail ${shellWord(topic)} --partition ${partitions.join(',')}`),
      ])
    }
    const before = chosen.get(topic)
    const isWhole = partitions === undefined || (chosen.has(topic) && before === undefined)
    chosen.set(topic, isWhole ? undefined : [...new Set([...(before ?? []), ...partitions])])
  }
  const isChosen = forAll !== undefined || [...chosen.values()].some((partitions) => partitions !== undefined)
  return { topics: [...chosen.keys()], partitions: isChosen ? (topic) => forAll ?? chosen.get(topic) : undefined }
}
