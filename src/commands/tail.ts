import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { toDuration, utcNotice } from '../cli/base/parse-flags.ts'
import {
  DEFAULT_LAST_EVENTS,
  FORMATS,
  POSITIONS,
  tailFlags,
  toTailRange,
  toTailTopics,
} from '../cli/base/tail-flags.ts'
import { codecsOf } from '../cli/config/topic-format.ts'
import { UsageError } from '../cli/errors.ts'
import { youngGenerationBound } from '../cli/process/young-generation.ts'
import { run, shellWord } from '../cli/suggestions.ts'
import { compileFilter, WhereTooLongError } from '../operations/events/event-filter.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { PARTITION_CHECK_INTERVAL_MS } from '../operations/tail/follow-topics.ts'
import { findMisspelledTypes } from '../operations/tail/similar-types.ts'
import { tail } from '../operations/tail/tail.ts'
import { formatOutage } from '../ui/format-outage.ts'
import { tailNoticeText, unseenTypeText } from '../ui/notes/tail-notices.ts'
import { openPrinter } from '../ui/records/open-printer.ts'
import { recordDocument } from '../ui/records/record-document.ts'
import { tailSummary } from '../ui/records/tail-summary.ts'
import { write } from '../ui/text/io.ts'

export default class Tail extends BaseCommand {
  static override summary = 'Show the decoded events of topics and follow them'
  static override document = 'tail'
  static override description = [
    `Starts with the last ${DEFAULT_LAST_EVENTS} events of all topics together, merged by time, then follows the topics. Partitions that are added later, and new topics that match, are read within ${PARTITION_CHECK_INTERVAL_MS / 1000} seconds. The command joins no group. If the bus stops answering after the start, the command waits until the end of the outage; with --no-follow, it waits for a minute (--give-up-after).`,
    "TOPIC is a name, a name with partitions (order-events:0,2), or a pattern with * and ?, such as 'order-*'. Internal topics, whose names begin with __, match only patterns that begin with __.",
    POSITIONS,
    FORMATS,
    '--where takes a CEL expression over topic, partition, offset, timestamp, key, event_type, event_version, metadata and data. matches() takes RE2 regular expressions. An expression that takes more than 20 million steps for one event ends the command.',
  ].join('\n\n')
  static override aliases = ['consume']
  static override strict = false
  static override args = {
    topic: Args.string({ description: 'Topics to show; * and ? are wildcards', ignoreStdin: true }),
  }
  static override usage = 'tail TOPIC...'
  static override examples = [
    '<%= config.bin %> tail order-events',
    "<%= config.bin %> tail 'order-*' payment-events:0,2",
    '<%= config.bin %> tail order-events payment-events --correlation-id c-42 --from @-1h --no-follow',
    '<%= config.bin %> tail order-events --from start --where \'data.total > 100 && event_type == "OrderPlaced.v1"\'',
    "<%= config.bin %> tail order-events -e -n 100 -o '%d %y %{order_id}'",
  ]
  static override flags = tailFlags

  async run(): Promise<{ readonly events: readonly unknown[] } | undefined> {
    const { argv, flags } = await this.parse(Tail)
    const { topics, partitions } = toTailTopics([...(argv as string[]), ...(flags.topic ?? [])], flags.partition)
    if (topics.length === 0)
      throw new UsageError('name a topic', [run('crbus topics list'), run('crbus tail order-events')])
    const { from, to } = toTailRange(flags, this.context.now())
    for (const utc of [utcNotice('--from', flags.from), utcNotice('--to', flags.to)]) {
      if (utc !== undefined) await this.notice(utc)
    }
    const outageLimit = toDuration('--give-up-after', flags['give-up-after'], '10m')
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
    const opened = await openPrinter(flags.output, reading, {
      io: this.context.io,
      timeZone: this.timeZone,
      headers: flags.headers,
      truncate: !flags['no-truncate'],
      now: this.context.now,
    })
    if (!opened.ok) {
      const { suggestOutput } = await import('../cli/wrong-usage/flags-of-other-tools.ts')
      throw new UsageError(`--output: ${opened.reason}`, [suggestOutput(flags.output), run('crbus tail --help')])
    }
    const { printer } = opened
    const bus = await this.openBus()
    for (const unseen of await findMisspelledTypes(bus, { topics, types: flags.type }, reading.schemas)) {
      await this.notice(unseenTypeText(unseen))
    }
    let events = 0
    const boundMemory = youngGenerationBound()
    const collected: unknown[] = []
    const views = tail(bus, {
      topics,
      partitions,
      from,
      to,
      // A JSON document must end.
      follow: !flags['no-follow'] && !this.isJson,
      last: flags.number ?? DEFAULT_LAST_EVENTS,
      limit: from === undefined ? undefined : flags.number,
      filter: compiled.filter,
      reading,
      signal: this.signal,
      onNotice: (notice) => void this.notice(tailNoticeText(notice, this.timeZone)),
      onOutage: (outage) => void this.notice(formatOutage(outage, this.context.now(), this.timeZone)),
      outageLimit,
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
    if (this.context.stop.reason !== 'reader-left') {
      for (const notice of tailSummary(events, printer.undecodable, compiled.stats)) await this.notice(notice)
    }
    return this.isJson ? { events: collected } : undefined
  }
}
