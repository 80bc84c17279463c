import { Args } from '@oclif/core'
import type { EventBus } from '../bus/event-bus.ts'
import { ChangeCommand } from '../cli/base/change-command.ts'
import { toDuration, utcNotice } from '../cli/base/parse-flags.ts'
import {
  DEFAULT_LAST_EVENTS,
  FORMATS,
  POSITIONS,
  type TailTopics,
  tailFlags,
  toTailRange,
  toTailTopics,
} from '../cli/base/tail-flags.ts'
import { codecsOf } from '../cli/config/topic-format.ts'
import { UsageError } from '../cli/errors.ts'
import { youngGenerationBound } from '../cli/process/young-generation.ts'
import { flag, run, shellWord } from '../cli/suggestions.ts'
import { compileFilter } from '../operations/events/event-filter.ts'
import type { EventView, Reading } from '../operations/events/event-view.ts'
import { WhereTooLongError } from '../operations/events/expression.ts'
import { firstDecoder, type ValueDecoder } from '../operations/events/value-decoder.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { PARTITION_CHECK_INTERVAL_MS } from '../operations/tail/follow-topics.ts'
import type { TailNotice } from '../operations/tail/notices.ts'
import { findMisspelledTypes } from '../operations/tail/similar-types.ts'
import { type TailRequest, tail } from '../operations/tail/tail.ts'
import { formatOutage } from '../ui/format-outage.ts'
import { tailNoticeText, unseenTypeText } from '../ui/notes/tail-notices.ts'
import { openPrinter } from '../ui/records/open-printer.ts'
import { recordDocument } from '../ui/records/record-document.ts'
import type { RecordPrinter } from '../ui/records/record-printer.ts'
import { tailSummary } from '../ui/records/tail-summary.ts'
import { write } from '../ui/text/io.ts'

/** The parts of a request that do not depend on how the topics are read. */
type CommonRequest = Pick<
  TailRequest,
  'topics' | 'follow' | 'filter' | 'reading' | 'signal' | 'onNotice' | 'onOutage' | 'outageLimit'
>

export default class Tail extends ChangeCommand {
  static override summary = 'Show the decoded events of topics and follow them'
  static override document = 'tail'
  static override description = [
    `Starts with the last ${DEFAULT_LAST_EVENTS} events of all topics together, merged by time, then follows the topics. Partitions that are added later, and new topics that match, are read within ${PARTITION_CHECK_INTERVAL_MS / 1000} seconds. Without --group, the command joins no group. If the bus stops answering after the start, the command waits until the end of the outage; with --no-follow, it waits for a minute (--give-up-after).`,
    "TOPIC is a name, a name with partitions (order-events:0,2), or a pattern with * and ?, such as 'order-*'. Internal topics, whose names begin with __, match only patterns that begin with __.",
    '--group reads as a member of a consumer group, which takes partitions from its other members: if it has any, the command asks first. It commits nothing, unless --commit is given. --group-position shows the event at the committed offset of each partition, without joining the group, and ends.',
    POSITIONS,
    FORMATS,
    '--where takes a CEL expression over topic, partition, offset, timestamp, key, event_type, event_version, metadata and data. matches() takes RE2 regular expressions. An expression that takes more than 20 million steps for one event ends the command.',
  ].join('\n\n')
  static override aliases = ['consume']
  static override strict = false
  static override picked = ['topic']
  static override args = {
    topic: Args.string({ description: 'Topics to show; * and ? are wildcards', ignoreStdin: true }),
  }
  static override usage = 'tail TOPIC...'
  static override examples = [
    '<%= config.bin %> tail order-events',
    "<%= config.bin %> tail 'order-*' payment-events:0,2",
    '<%= config.bin %> tail order-events payment-events --correlation-id c-42 --from @-1h --no-follow',
    '<%= config.bin %> tail order-events --from start --where \'data.total > 100 && event_type == "OrderPlaced.v1"\'',
    '<%= config.bin %> tail order-events --group-position billing -o pretty',
    "<%= config.bin %> tail order-events -e -n 100 -o '%d %y %{order_id}'",
  ]
  static override flags = tailFlags

  protected override readonly namesBus = false
  /** What joining the group means, for the JSON document. */
  #plan: object | undefined

  async run(): Promise<{ readonly events: readonly unknown[] } | undefined> {
    const { argv, flags } = await this.parse(Tail)
    const chosen = toTailTopics([...(argv as string[]), ...(flags.topic ?? [])], flags.partition)
    checkGroupFlags(flags, chosen)
    const { from, to } = toTailRange(flags, this.context.now())
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
    if (!compiled.ok) throw new UsageError(`--where: ${compiled.reason}`, [run('crbus help where')])
    // Ends when the tail ends.
    await using command = await this.#startCommand(flags['decode-with'])
    const reading = {
      codec: flags.codec,
      schemas: await openSchemas(await this.schemaLocation(), flags.schema),
      // --schema also says how payloads are written, so it overrides the configured codecs.
      topics: flags.schema === undefined ? codecsOf(await this.configuration()) : undefined,
      eventTopics: new Set<string>(),
      decoder: await this.#decoder(command),
    }
    const printer = await this.#printer(flags, reading)
    const request: CommonRequest = {
      topics: chosen.topics,
      // A JSON document must end.
      follow: !flags['no-follow'] && !this.isJson,
      filter: compiled.filter,
      reading,
      signal: this.signal,
      onNotice: (notice: TailNotice) => void this.notice(tailNoticeText(notice, this.timeZone)),
      onOutage: (outage) => void this.notice(formatOutage(outage, this.context.now(), this.timeZone)),
      outageLimit: toDuration('--give-up-after', flags['give-up-after'], '10m'),
    }
    const { group, number } = flags
    const bus = await this.openBus({ planOnly: group === undefined || flags['dry-run'] })
    for (const unseen of await findMisspelledTypes(
      bus,
      { topics: chosen.topics, types: flags.type },
      reading.schemas,
    )) {
      await this.notice(unseenTypeText(unseen))
    }
    const { partitions } = chosen
    const shown = await this.#show(
      group !== undefined
        ? this.#readAsMember(bus, request, { ...flags, group })
        : flags['group-position'] !== undefined
          ? this.#readGroupPosition(bus, { ...request, group: flags['group-position'], partitions, count: number ?? 1 })
          : tail(bus, {
              ...request,
              partitions,
              ...(await this.#correlation(bus, flags['correlation-id'])),
              from,
              to,
              last: number ?? DEFAULT_LAST_EVENTS,
              limit: from === undefined ? undefined : number,
            }),
      printer,
      chosen.topics,
    )
    if (this.context.stop.reason !== 'reader-left' && !flags['dry-run']) {
      for (const notice of tailSummary(shown.count, printer.undecodable, compiled.stats)) await this.notice(notice)
    }
    return this.isJson ? { events: shown.documents, ...(this.#plan && { plan: this.#plan }) } : undefined
  }

  /** Returns the correlation id to read by, and the index that may have its events. */
  async #correlation(bus: EventBus, correlationId: string | undefined) {
    if (correlationId === undefined) return {}
    const { eventIndexPath } = await import('../cli/event-index.ts')
    return { correlationId, indexPath: await eventIndexPath(bus, this.context) }
  }

  /** Opens what decodes values that crbus itself cannot decode. */
  async #decoder(command: ValueDecoder | undefined): Promise<ValueDecoder | undefined> {
    const { registry, consent } = await this.configuration()
    if (registry === undefined) return command
    if (consent !== undefined && consent.registry.length > 0) await this.requireConsent(consent.registry)
    const { openRegistry } = await import('../cli/decoding/open-registry.ts')
    const opened = await openRegistry(registry.value, this.#surroundings)
    return firstDecoder(command === undefined ? [opened] : [command, opened])
  }

  /** Starts the command of --decode-with. */
  async #startCommand(command: string | undefined) {
    if (command === undefined) return undefined
    const { startCommandDecoder } = await import('../cli/decoding/command-decoder.ts')
    return startCommandDecoder(command, this.#surroundings)
  }

  get #surroundings() {
    const { env, cwd } = this.context
    return { env, cwd, signal: this.signal, onNotice: (text: string) => void this.notice(text) }
  }

  async #printer(
    flags: { readonly output: string; readonly headers: boolean; readonly 'no-truncate': boolean },
    reading: Reading,
  ): Promise<RecordPrinter> {
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
    return opened.printer
  }

  /** Prints events, or with `--json` collects their documents. */
  async #show(
    views: AsyncIterable<readonly EventView[]>,
    printer: RecordPrinter,
    topics: readonly string[],
  ): Promise<{ readonly count: number; readonly documents: readonly unknown[] }> {
    const boundMemory = youngGenerationBound()
    const documents: unknown[] = []
    let count = 0
    try {
      for await (const batch of views) {
        count += batch.length
        if (this.isJson) for (const view of batch) documents.push(recordDocument(view))
        else await write(this.context.io.stdout, printer.print(batch), this.signal, this.context.io)
        boundMemory()
      }
    } catch (error) {
      if (!(error instanceof WhereTooLongError)) throw error
      throw new UsageError(`--where: ${error.message}`, [
        run(`crbus tail ${topics.map(shellWord).join(' ')} --no-follow -o json | jq`),
      ])
    }
    return { count, documents }
  }

  async *#readGroupPosition(
    bus: EventBus,
    request: CommonRequest & Pick<TailTopics, 'partitions'> & { readonly group: string; readonly count: number },
  ): AsyncGenerator<readonly EventView[]> {
    const { readGroupPosition } = await import('../operations/tail/group-position.ts')
    yield await readGroupPosition(bus, request)
  }

  /** Shows what joining a group means, asks if that disturbs members, and reads as a member. */
  async *#readAsMember(
    bus: EventBus,
    request: CommonRequest,
    flags: {
      readonly group: string
      readonly number?: number | undefined
      readonly commit?: boolean | undefined
      readonly 'dry-run'?: boolean | undefined
    },
  ): AsyncGenerator<readonly EventView[]> {
    const [{ planJoin, readAsMember }, { formatCommitted, formatJoinPlan, joinDocument, joinQuestion }] =
      await Promise.all([import('../operations/tail/read-as-member.ts'), import('../ui/format-join.ts')])
    // An absent flag is undefined, which a subscription would take for its default, to commit.
    const { group, commit = false, number } = flags
    const plan = await planJoin(bus, { ...request, group, commits: commit })
    this.#plan = joinDocument(plan)
    this.partial = { events: [], plan: this.#plan }
    if (flags['dry-run']) {
      await this.print(formatJoinPlan(plan))
      return
    }
    for (const line of formatJoinPlan(plan).trimEnd().split('\n')) await this.notice(line)
    await this.confirm({ name: group, question: joinQuestion(plan) })
    yield* readAsMember(bus, plan, { ...request, limit: number })
    if (!commit || this.context.stop.reason === 'reader-left') return
    await this.notice(formatCommitted(plan, await bus.admin.committedOffsets(group, plan.topics)))
  }
}

/** Checks flags that oclif cannot compare. */
function checkGroupFlags(
  flags: { readonly group?: string | undefined; readonly commit: boolean; readonly json?: boolean | undefined },
  { topics, partitions }: TailTopics,
): void {
  if (flags.group === undefined) return
  if (partitions !== undefined) {
    throw new UsageError('the members of a group share its partitions, so none can be chosen with --group', [
      run(`crbus tail ${topics.map(shellWord).join(' ')} --group ${shellWord(flags.group)}`),
    ])
  }
  if (flags.commit && flags.json) {
    throw new UsageError('--json prints the events at the end, so --commit cannot follow what was shown', [
      flag('-o json', 'prints a line for each event'),
    ])
  }
}
