import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { noPlace, parseName, readAsUtc, readFlags, schemaFlag } from '../cli/base/flags.ts'
import { codecsOf } from '../cli/config/topic-format.ts'
import { UsageError } from '../cli/errors.ts'
import { youngGenerationBound } from '../cli/process/young-generation.ts'
import { compileFilter, WhereTooLongError } from '../operations/events/event-filter.ts'
import { type EventView, type Reading, viewCodecs } from '../operations/events/event-view.ts'
import { isReversed, parsePoint, parseRange } from '../operations/offsets/offset-grammar.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { PARTITION_CHECK_INTERVAL_MS } from '../operations/tail/follow-topics.ts'
import { tail } from '../operations/tail/tail.ts'
import { formatOutage } from '../ui/format-outage.ts'
import { recordDocument } from '../ui/records/record-document.ts'
import type { RecordPrinter } from '../ui/records/record-printer.ts'
import { write } from '../ui/text/io.ts'

/** How many of the newest events to begin with, when nothing says where. */
const LAST = 10

// Lines of their own are short, since help is wrapped at the terminal's width.
const PLACES = `--from and --to take
  start, end, now, today, yesterday, "10m ago"
  47        an offset            47:  :47  10:20   a range
  +10       after the start      -10               before the end
  @-1h      an hour ago          @-48h:-24h        a range of times
  @1662059631  @2026-11-23  @2026-11-23T10:00:00Z
                           a day or time without a zone is UTC
--to a time shows the events with an earlier timestamp; a notice says where later offsets were not looked at.`

const TOKENS = `-o takes text, json (a line each, which "crbus publish" reads back), raw (the values; harmless text on a terminal), or a format such as '%t[%p]@%o %y %{order_id}' of
  %t topic        %p partition    %o offset       %k key
  %v payload      %T time in ms   %d time         %h headers
  %y event type   %e version      %m metadata     %f envelope
  %c correlation  %a causation    %u user         %i count
  %K %V lengths   %k{hex} %v{base64} bytes
  %{a.b[0]} a field of the payload, %% a percent sign, \\n \\t \\xNN`

export default class Tail extends BaseCommand {
  static override summary = 'show the events of topics, decoded, and follow them'
  static override description = [
    `Begins with the last ${LAST} events of all topics together, merged by time, then follows, and within ${PARTITION_CHECK_INTERVAL_MS / 1000} seconds the partitions that are added. Joins no group. Once it reads, it waits for a bus that does not answer however long that lasts; with --no-follow, for a minute.`,
    PLACES,
    TOKENS,
    '--where takes a CEL expression over topic, partition, offset, timestamp, key, event_type, event_version, metadata and data. matches() takes regular expressions as RE2 does. An expression that takes more than 20 million steps over an event ends the command.',
  ].join('\n\n')
  static override strict = false
  static override args = { topic: Args.string({ description: 'topics to show', ignoreStdin: true }) }
  static override usage = 'tail TOPIC...'
  static override examples = [
    '<%= config.bin %> tail order-events',
    '<%= config.bin %> tail order-events payment-events --correlation-id c-42 --from @-1h --no-follow',
    '<%= config.bin %> tail order-events --from start --where \'data.total > 100 && event_type == "OrderPlaced.v1"\'',
    "<%= config.bin %> tail order-events -e -n 100 -o '%d %y %{order_id}'",
  ]
  static override flags = {
    ...readFlags,
    from: Flags.string({ description: 'where to begin, or a range a:b', helpGroup: 'RANGE' }),
    to: Flags.string({ description: 'where to stop', helpGroup: 'RANGE' }),
    number: Flags.integer({
      char: 'n',
      description: `the last so many events, or with --from so many from there (default: ${LAST}, with --from all)`,
      min: 0,
      helpGroup: 'RANGE',
    }),
    partition: Flags.string({ char: 'p', description: 'only these, 0,2', helpGroup: 'RANGE' }),
    'no-follow': Flags.boolean({ char: 'e', description: 'stop at the end', aliases: ['exit'], helpGroup: 'RANGE' }),
    type: Flags.string({
      char: 't',
      description: 'event type, * and ? allowed',
      parse: parseName,
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: 'FILTER',
    }),
    key: Flags.string({ char: 'k', description: 'record key', helpGroup: 'FILTER' }),
    'correlation-id': Flags.string({
      char: 'c',
      description: 'one conversation',
      parse: parseName,
      helpGroup: 'FILTER',
    }),
    where: Flags.string({ char: 'w', description: 'CEL expression over the event', helpGroup: 'FILTER' }),
    grep: Flags.string({
      char: 'g',
      description: 'text in type, metadata or payload',
      parse: parseName,
      helpGroup: 'FILTER',
    }),
    output: Flags.string({ char: 'o', description: 'text, json, raw or a format', default: 'text' }),
    codec: Flags.option({ options: viewCodecs })({
      description: 'read payloads as this; default: as crbus.json says of the topic, else by schema, else by looking',
    }),
    schema: schemaFlag,
  }

  async run(): Promise<{ readonly events: readonly unknown[] } | undefined> {
    const { argv, flags } = await this.parse(Tail)
    const topics = [...new Set(argv as string[])]
    if (topics.length === 0) throw new UsageError('name a topic', ['crbus topics list', 'crbus tail order-events'])
    const { from, to } = this.#range(flags)
    for (const utc of [readAsUtc('--from', flags.from), readAsUtc('--to', flags.to)]) {
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
      schemas: await openSchemas(await this.schemaPlace(flags), flags.schema),
      // A schema that is named says how payloads are written.
      topics: flags.schema === undefined ? codecsOf(await this.configOf(flags)) : undefined,
    }
    const printer = await this.#printer(flags.output, reading)
    const bus = await this.openBus(flags)
    let events = 0
    const boundMemory = youngGenerationBound()
    const notices: string[] = []
    const collected: unknown[] = []
    const views = tail(bus, {
      topics,
      partitions: toPartitions(flags.partition),
      from,
      to,
      // One JSON document has an end.
      follow: !flags['no-follow'] && !this.isJson,
      last: flags.number ?? LAST,
      limit: from === undefined ? undefined : flags.number,
      filter: compiled.filter,
      reading,
      signal: this.signal,
      onNotice: (notice) => void this.notice(notice),
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
      throw new UsageError(error.message, [`crbus tail ${topics.join(' ')} --no-follow -o json | jq`])
    }
    const undecodable = printer.undecodable === 0 ? '' : `, ${printer.undecodable} of them undecodable`
    notices.push(`${counted(events)}${undecodable}`)
    const { errors, firstError, missingField, firstMissing, evaluated } = compiled.stats
    if (errors > 0) notices.push(`--where failed for ${counted(errors)}: ${firstError}`)
    // Events without the field are normal. When no event has it, its name is probably misspelled.
    if (missingField > 0 && evaluated === 0) {
      notices.push(`no event has the field that --where refers to (${missingField} checked): ${firstMissing}`)
    }
    if (this.context.stop.reason !== 'reader-left') for (const notice of notices) await this.notice(notice)
    return this.isJson ? { events: collected } : undefined
  }

  #range(flags: { readonly from?: string | undefined; readonly to?: string | undefined }) {
    const now = this.context.now()
    const range = flags.from === undefined ? undefined : parseRange(flags.from, now)
    if (range && !range.ok) throw noPlace('--from', range)
    const to = flags.to === undefined ? undefined : parsePoint(flags.to, now)
    if (to && !to.ok) throw noPlace('--to', to)
    if (range?.from && to && isReversed(range.from, to.spec)) {
      throw new UsageError(`--from ${flags.from} --to ${flags.to} ends before it begins`, [
        `--from '${flags.to}' --to '${flags.from}'`,
      ])
    }
    return { from: range?.from ?? (range && { kind: 'start' as const }), to: to?.spec ?? range?.to }
  }

  async #printer(output: string, reading: Reading): Promise<RecordPrinter> {
    const { io } = this.context
    if (output === 'json') {
      const { jsonPrinter } = await import('../ui/records/record-printer.ts')
      return jsonPrinter(reading)
    }
    if (output === 'raw') {
      // A pipe gets the bytes. On a terminal they are text, which `write` makes harmless.
      return { undecodable: 0, print: io.stdout.isTTY ? (batch) => rawValues(batch).toString() : rawValues }
    }
    if (output === 'text') {
      const { textFormatter } = await import('../ui/records/format-record-text.ts')
      // Some terminals say they have no columns at all.
      const columns = (io.stdout.isTTY && io.stdout.columns) || undefined
      return linePrinter(textFormatter({ color: io.color, columns }))
    }
    const { compileTemplate } = await import('../ui/records/format-template.ts')
    const compiled = compileTemplate(output)
    if (!compiled.ok) throw new UsageError(`--output: ${compiled.reason}`, ['crbus tail --help'])
    if (!output.includes('%')) {
      throw new UsageError(`--output ${output} is neither text, json, raw nor a format with %`, ['-o json'])
    }
    const { format } = compiled
    // Bytes, as the format itself may ask for controls (`\0` for xargs). What it puts in is harmless already.
    return linePrinter(format, Buffer.from)
  }
}

const counted = (events: number): string => `${events} event${events === 1 ? '' : 's'}`

function linePrinter(
  format: (view: EventView) => string,
  encode: (text: string) => string | Uint8Array = (text) => text,
): RecordPrinter {
  return {
    undecodable: 0,
    print(this: { undecodable: number }, batch) {
      for (const { envelope } of batch) if (envelope?.ok === false) this.undecodable += 1
      return encode(batch.map(format).join(''))
    },
  }
}

const LINE_FEED = 0x0a

/** Values are printed whatever they are, a line each. */
function rawValues(batch: readonly EventView[]): Buffer {
  let size = batch.length
  for (const { record } of batch) size += record.value?.length ?? 0
  const lines = Buffer.allocUnsafe(size)
  let at = 0
  for (const { record } of batch) {
    if (record.value !== null) {
      lines.set(record.value, at)
      at += record.value.length
    }
    lines[at++] = LINE_FEED
  }
  return lines
}

function toPartitions(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,9}(,\d{1,9})*$/.test(text))
    throw new UsageError(`--partition ${text} is no list of partitions`, ['--partition 0,2'])
  return text.split(',').map(Number)
}
