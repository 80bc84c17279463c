import { Args } from '@oclif/core'
import { ChangeCommand } from '../cli/base/change-command.ts'
import { toEventSettings, toFormat } from '../cli/base/event-flags.ts'
import { utcNotice } from '../cli/base/parse-flags.ts'
import {
  nothingToPublish,
  producerNotices,
  publishFlags,
  toData,
  toLines,
  toSettingsAt,
  toStdin,
  toTarget,
} from '../cli/base/publish-flags.ts'
import { formatOfTopic } from '../cli/config/topic-format.ts'
import { RefusedError, UsageError } from '../cli/errors.ts'
import { canPick } from '../cli/pickers/can-pick.ts'
import type { FilledIn } from '../cli/pickers/fill-in-event.ts'
import { run, toSuggestion } from '../cli/suggestions.ts'
import { BadInputError, intersection, type LineRange } from '../operations/publish/lines.ts'
import { openSource } from '../operations/publish/open-source.ts'
import { PublishStoppedError, publishLines, type RefusedLine, resumption } from '../operations/publish/publish.ts'
import { UnreadableInput } from '../operations/publish/source.ts'
import type { SchemaSet } from '../operations/schemas/compiled.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { formatPublishStop } from '../ui/records/format-publish-stop.ts'
import { formatPublished } from '../ui/records/format-published.ts'
import { ProgressLine } from '../ui/records/progress-line.ts'

interface PublishSummary {
  readonly topic: string
  readonly published: number
  /** The positions of the first {@link MAX_POSITIONS} events. */
  readonly positions: readonly { readonly partition: number; readonly offset: bigint }[]
  /** If the bus stopped the publishing: see `PublishStoppedError`. */
  readonly refused?: readonly RefusedLine[]
  readonly unknown?: readonly LineRange[]
  readonly rest?: readonly LineRange[]
}

/** The flags that say which event to publish. */
type GivenEvent = Readonly<Partial<Record<'data' | 'file' | 'type', string | undefined>>> & {
  readonly tombstone: boolean
}

/** Positions that the JSON document lists. */
const MAX_POSITIONS = 100
const ALL_LINES: readonly LineRange[] = [{ from: 1, to: undefined }]

export default class Publish extends ChangeCommand {
  static override summary = 'Publish events from flags, a file or standard input'
  static override document = 'publish'
  static override description = [
    'With --type, each line of the input is the data of one event. Without --type, each line is a whole record: the output of "crbus tail -o json", an event as serde_json writes it, or the JSON of kcat -J, rpk or kaf. Without any input, on a terminal, the command lets you fill in one event.',
    'In --data, --type, --key, --header and the metadata flags, these placeholders are replaced for each event: {{i}} (its number from 1), {{uuid}}, {{now}}, {{now_ms}}, {{random 1 9}} and {{pick a b}}. Write \\{{ for two literal braces.',
    'An event counts as published when all in-sync replicas have stored it (--acks). Each event is printed with its position; --quiet prints nothing.',
    'Input is published while it is read. A line that cannot be published ends the command: the lines before it are published, and --lines publishes the rest later. Partitions that are added to the topic meanwhile are used within five minutes.',
  ].join('\n\n')
  static override examples = [
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`,
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{i}}","at":"{{now}}"}' --count 100 --rate 20`,
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{i}}"}' --key 'o-{{i}}' --correlation-id 'c-{{uuid}}' --count 100`,
    '<%= config.bin %> publish order-events --type OrderPlaced.v1 --file orders.ndjson',
    '<%= config.bin %> tail order-events --from start --no-follow -o json | <%= config.bin %> publish copy-events',
  ]
  static override aliases = ['produce']
  static override picked = ['topic']
  static override args = {
    topic: Args.string({ description: 'Topic to publish to', ignoreStdin: true }),
    input: Args.string({ description: '- to read stdin, which is the default if input is piped', ignoreStdin: true }),
  }
  static override flags = publishFlags

  protected override readonly mayPrecedeBus = true

  protected override readonly namesBus = false

  async run(): Promise<PublishSummary> {
    const { args, flags: given } = await this.parse(Publish)
    const { topic, input } = toTarget(args, given.topic)
    const schemas = await openSchemas(await this.schemaLocation(), given.schema)
    const flags = { ...given, ...(await this.#fillIn(topic, input, given, schemas)) }
    const format = toFormat(flags, formatOfTopic(await this.configuration(), topic))
    const settingsAt = toSettingsAt(flags, { topic, schemas, ...format }, this.context.now)
    const settings = settingsAt?.(1) ?? { ...toEventSettings(flags), topic, schemas, ...format }
    const { stdin } = this.context.io
    const file = flags.file ?? toStdin(input)
    const data = toData(flags, this.context.now)
    const source = await openSource({ ...flags, topic, data, file }, { stdin, cwd: this.context.cwd })
    if (!source.ok) throw new UsageError(source.reason, source.hints.map(toSuggestion))
    const utc = utcNotice('--timestamp', flags.timestamp)
    if (utc !== undefined) await this.notice(utc)
    // Events of --data are numbered like lines. Their last number is known, so an error names no lines behind it.
    const all = flags.data === undefined && !flags.tombstone ? ALL_LINES : [{ from: 1, to: flags.count ?? 1 }]
    const only = intersection(toLines(flags.lines) ?? ALL_LINES, all)
    this.producerOptions = { acks: flags.acks ?? 'all', compression: flags.compression }
    const bus = await this.openBus()
    for (const notice of producerNotices(flags, (await this.configuration()).bus.value.kind)) await this.notice(notice)
    await this.confirm({ name: topic })
    const positions: { readonly partition: number; readonly offset: bigint }[] = []
    const summary = { topic, published: 0, positions }
    this.partial = summary
    // A read that waits for a silent pipe must not outlive the command.
    const release = () => void stdin.destroy()
    this.signal.addEventListener('abort', release, { once: true })
    const style = { verb: 'published', sharesTerminal: true }
    const progress = new ProgressLine(this.context.io, source.progress, this.context.stop.readerLeft, style)
    try {
      const { signal } = this
      const request = { topic, lines: source.lines, settings, settingsAt, only, rate: flags.rate, signal }
      for await (const batch of publishLines(bus, request)) {
        summary.published += batch.length
        // With --acks 0, the brokers report no offsets.
        const known = flags.acks === '0' ? batch.filter(({ position }) => position.offset >= 0n) : batch
        const listed = known.slice(0, MAX_POSITIONS - positions.length)
        positions.push(...listed.map(({ position: { partition, offset } }) => ({ partition, offset })))
        if (this.isQuiet) continue
        await this.print(batch.map(formatPublished).join(''))
        progress.update(summary.published)
      }
    } catch (error) {
      throw await this.#failure(error, summary, only, flags)
    } finally {
      progress.end(summary.published)
      this.signal.removeEventListener('abort', release)
      release()
    }
    if (summary.published === 0 && this.context.stop.reason === undefined) {
      throw nothingToPublish(file, flags)
    }
    return summary
  }

  /** Lets the user fill in an event on a terminal if the command line has none. */
  async #fillIn(
    topic: string,
    input: string | undefined,
    { data, file, tombstone, type }: GivenEvent,
    schemas: SchemaSet | undefined,
  ): Promise<FilledIn | undefined> {
    const isGiven = data !== undefined || file !== undefined || tombstone || input !== undefined
    if (isGiven || !canPick(this.context, this.argv)) return undefined
    const { fillInEvent } = await import('../cli/pickers/fill-in-event.ts')
    return fillInEvent({ context: this.context, bus: await this.openBus(), topic, type, schemas })
  }

  /** Says what was published before an error, and how to publish the rest. */
  async #failure(
    error: unknown,
    summary: PublishSummary,
    only: readonly LineRange[],
    { data, count }: { readonly data?: string | undefined; readonly count?: number | undefined },
  ): Promise<unknown> {
    const { topic, published } = summary
    if (published > 0) await this.notice(`${published} published before this`)
    if (error instanceof BadInputError) {
      const rest = published === 0 ? [] : resumption(intersection([{ from: error.line, to: undefined }], only))
      const suggestions = [...error.hints, ...rest].map(toSuggestion)
      // Without --count, --data is the only line.
      const isData = data !== undefined && count === undefined
      return new UsageError(isData ? `--data: ${error.reason}` : error.message, [
        ...suggestions,
        run('crbus publish --help'),
      ])
    }
    if (error instanceof UnreadableInput) return new RefusedError(error.message)
    if (!(error instanceof PublishStoppedError)) return error
    const { refused, unknown, rest } = error
    this.partial = { ...summary, refused, unknown, rest }
    const failure = formatPublishStop(error, topic, published)
    // After Ctrl-C no error is printed, but lines that were read and not published must be reported.
    if (this.context.stop.reason === 'interrupted') await this.notice(failure.message)
    return failure
  }
}
