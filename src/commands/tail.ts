import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { defaultInDescription, readFlags, schemaFlag } from '../cli/base/flags.ts'
import { anyOf, invalidPosition, nonEmpty, toPartitions, utcNotice } from '../cli/base/parse-flags.ts'
import { codecsOf } from '../cli/config/topic-format.ts'
import { UsageError } from '../cli/errors.ts'
import { youngGenerationBound } from '../cli/process/young-generation.ts'
import { flag, run, shellWord } from '../cli/suggestions.ts'
import { compileFilter, WhereTooLongError } from '../operations/events/event-filter.ts'
import { viewCodecs } from '../operations/events/event-view.ts'
import { isReversed, parsePoint, parseRange } from '../operations/offsets/offset-grammar.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { PARTITION_CHECK_INTERVAL_MS } from '../operations/tail/follow-topics.ts'
import { tail } from '../operations/tail/tail.ts'
import { formatOutage } from '../ui/format-outage.ts'
import { tailNoticeText } from '../ui/notes/tail-notices.ts'
import { openPrinter } from '../ui/records/open-printer.ts'
import { recordDocument } from '../ui/records/record-document.ts'
import { write } from '../ui/text/io.ts'

/** How many of the newest events to show first, without --from and --number. */
const DEFAULT_LAST_EVENTS = 10

// The lines of this table are short, since oclif wraps help at the width of the terminal.
const POSITIONS = `--from and --to take
  start, end, now, today, yesterday, "10m ago"
  47        an offset            47:  :47  10:20   a range
  +10       after the start      -10               before the end
  @-1h      an hour ago          @-48h:-24h        a range of times
  @1662059631  @2026-11-23  @2026-11-23T10:00:00Z
                           a day or time without a zone is UTC
--to with a time shows events with an earlier timestamp. A notice names offsets that were not searched for such events.`

const FORMATS = `--output takes text, json (one line for each event, which "crbus publish" reads), raw (the values, escaped on a terminal), or a format string such as '%t[%p]@%o %y %{order_id}' with
  %t topic        %p partition    %o offset       %k key
  %v payload      %T time in ms   %d time         %h headers
  %y event type   %e version      %m metadata     %f envelope
  %c correlation  %a causation    %u user         %i count
  %K %V lengths   %k{hex} %v{base64} bytes
  %{a.b[0]} a field of the payload, %% a percent sign, \\n \\t \\xNN`

export default class Tail extends BaseCommand {
  static override summary = 'Show the decoded events of topics and follow them'
  static override document = 'tail'
  static override description = [
    `Starts with the last ${DEFAULT_LAST_EVENTS} events of all topics together, merged by time, then follows the topics. Partitions that are added later are read within ${PARTITION_CHECK_INTERVAL_MS / 1000} seconds. The command joins no group. If the bus stops answering after the start, the command waits until the end of the outage; with --no-follow, it waits for a minute.`,
    POSITIONS,
    FORMATS,
    '--where takes a CEL expression over topic, partition, offset, timestamp, key, event_type, event_version, metadata and data. matches() takes RE2 regular expressions. An expression that takes more than 20 million steps for one event ends the command.',
  ].join('\n\n')
  static override strict = false
  static override args = { topic: Args.string({ description: 'Topics to show', ignoreStdin: true }) }
  static override usage = 'tail TOPIC...'
  static override examples = [
    '<%= config.bin %> tail order-events',
    '<%= config.bin %> tail order-events payment-events --correlation-id c-42 --from @-1h --no-follow',
    '<%= config.bin %> tail order-events --from start --where \'data.total > 100 && event_type == "OrderPlaced.v1"\'',
    "<%= config.bin %> tail order-events -e -n 100 -o '%d %y %{order_id}'",
  ]
  static override flags = {
    ...readFlags,
    from: Flags.string({ description: 'Position to start at, or a range', helpGroup: 'RANGE', helpValue: 'POSITION' }),
    to: Flags.string({ description: 'Position to stop before', helpGroup: 'RANGE', helpValue: 'POSITION' }),
    number: Flags.integer({
      char: 'n',
      description: `Number of events: the last ones, or with --from the first ones (default: ${DEFAULT_LAST_EVENTS}; with --from, all)`,
      min: 0,
      helpGroup: 'RANGE',
      helpValue: 'NUMBER',
    }),
    partition: Flags.string({
      char: 'p',
      description: 'Only these partitions, such as 0,2',
      helpGroup: 'RANGE',
      helpValue: 'PARTITIONS',
    }),
    'no-follow': Flags.boolean({
      char: 'e',
      description: 'Stop at the end of the topics',
      aliases: ['exit'],
      helpGroup: 'RANGE',
    }),
    type: Flags.string({
      char: 't',
      description: 'Only events of this type; * and ? are wildcards; repeatable',
      parse: nonEmpty,
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
      parse: nonEmpty,
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
      char: 'g',
      description: 'Only events with this text in their type, metadata or payload',
      parse: nonEmpty,
      helpGroup: 'FILTER',
      helpValue: 'TEXT',
    }),
    output: Flags.string({
      char: 'o',
      description: 'Output format: text, json, raw or a format string (default: text)',
      default: 'text',
      ...defaultInDescription,
      helpValue: 'FORMAT',
    }),
    codec: Flags.option({ options: viewCodecs })({
      description: `Codec of the payloads: ${anyOf(viewCodecs)} (default: the codec of the topic in crbus.json, else by schema, else by the bytes)`,
      helpValue: 'CODEC',
    }),
    schema: schemaFlag,
  }

  async run(): Promise<{ readonly events: readonly unknown[] } | undefined> {
    const { argv, flags } = await this.parse(Tail)
    const topics = [...new Set(argv as string[])]
    if (topics.length === 0)
      throw new UsageError('name a topic', [run('crbus topics list'), run('crbus tail order-events')])
    const { from, to } = this.#range(flags)
    for (const utc of [utcNotice('--from', flags.from), utcNotice('--to', flags.to)]) {
      if (utc !== undefined) await this.notice(utc)
    }
    const compiled = await compileFilter({
      types: flags.type,
      key: flags.key,
      correlationId: flags['correlation-id'],
      where: flags.where,
      grep: flags.grep,
    })
    if (!compiled.ok) throw new UsageError(`--where: ${compiled.reason}`)
    const reading = {
      codec: flags.codec,
      schemas: await openSchemas(await this.schemaLocation(), flags.schema),
      // --schema also says how payloads are written, so it overrides the configured codecs.
      topics: flags.schema === undefined ? codecsOf(await this.configuration()) : undefined,
    }
    const opened = await openPrinter(flags.output, reading, this.context.io)
    if (!opened.ok) throw new UsageError(`--output: ${opened.reason}`, [flag('-o json'), run('crbus tail --help')])
    const { printer } = opened
    const bus = await this.openBus()
    let events = 0
    const boundMemory = youngGenerationBound()
    const notices: string[] = []
    const collected: unknown[] = []
    const views = tail(bus, {
      topics,
      partitions: toPartitions('--partition', flags.partition),
      from,
      to,
      // A JSON document must end.
      follow: !flags['no-follow'] && !this.isJson,
      last: flags.number ?? DEFAULT_LAST_EVENTS,
      limit: from === undefined ? undefined : flags.number,
      filter: compiled.filter,
      reading,
      signal: this.signal,
      onNotice: (notice) => void this.notice(tailNoticeText(notice)),
      onOutage: (outage) => void this.notice(formatOutage(outage)),
    })
    try {
      for await (const batch of views) {
        events += batch.length
        if (this.isJson) for (const view of batch) collected.push(recordDocument(view))
        else await write(this.context.io.stdout, printer.print(batch), this.signal, this.context.io)
        boundMemory()
      }
    } catch (error) {
      if (!(error instanceof WhereTooLongError)) throw error
      throw new UsageError(`--where: ${error.message}`, [
        run(`crbus tail ${topics.map(shellWord).join(' ')} --no-follow -o json | jq`),
      ])
    }
    const undecodable = printer.undecodable === 0 ? '' : `, ${printer.undecodable} of them undecodable`
    notices.push(`${counted(events)}${undecodable}`)
    const { errors, firstError, missingField, firstMissing, evaluated } = compiled.stats
    if (errors > 0) notices.push(`--where failed for ${counted(errors)}: ${firstError}`)
    // A field that some events lack is normal. A field that all of them lack is probably mistyped.
    if (missingField > 0 && evaluated === 0) {
      notices.push(`no event has the field that --where refers to (${missingField} checked): ${firstMissing}`)
    }
    if (this.context.stop.reason !== 'reader-left') for (const notice of notices) await this.notice(notice)
    return this.isJson ? { events: collected } : undefined
  }

  #range(flags: { readonly from?: string | undefined; readonly to?: string | undefined }) {
    const now = this.context.now()
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
}

const counted = (events: number): string => `${events} event${events === 1 ? '' : 's'}`
