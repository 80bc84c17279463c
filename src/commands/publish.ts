import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../cli/base/change-command.ts'
import { type EventFlags, eventFlags, templateTexts, toEventSettings, toFormat } from '../cli/base/event-flags.ts'
import { busFlags, changeFlags, schemaFlag } from '../cli/base/flags.ts'
import { anyOf, nonEmpty, utcNotice } from '../cli/base/parse-flags.ts'
import { formatOfTopic } from '../cli/config/topic-format.ts'
import { RefusedError, UsageError } from '../cli/errors.ts'
import { flag, run, shellWord, toSuggestion } from '../cli/suggestions.ts'
import { viewCodecs } from '../operations/events/event-view.ts'
import { compileData, compileTexts } from '../operations/publish/data-template.ts'
import type { EventSettings } from '../operations/publish/event-settings.ts'
import { BadInputError, type LineRange, parseLines, within } from '../operations/publish/lines.ts'
import { openSource } from '../operations/publish/open-source.ts'
import { PublishStoppedError, publishLines, type RefusedLine, resumption } from '../operations/publish/publish.ts'
import { UnreadableInput } from '../operations/publish/source.ts'
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

/** Positions that the JSON document lists. */
const MAX_POSITIONS = 100
const ALL_LINES: readonly LineRange[] = [{ from: 1, to: undefined }]

export default class Publish extends ChangeCommand {
  static override summary = 'Publish events from flags, a file or standard input'
  static override document = 'publish'
  static override description = [
    'With --type, each line of the input is the data of one event. Without --type, each line is a whole record: the output of "crbus tail -o json", an event as serde_json writes it, or the JSON of kcat -J, rpk or kaf.',
    'In --data, --type, --key, --header and the metadata flags, these placeholders are replaced for each event: {{i}} (its number from 1), {{uuid}}, {{now}}, {{now_ms}}, {{random 1 9}} and {{pick a b}}. Write \\{{ for two literal braces.',
    'Input is published while it is read. A line that cannot be published ends the command: the lines before it are published, and --lines publishes the rest later. Partitions that are added to the topic meanwhile are used within five minutes.',
  ].join('\n\n')
  static override examples = [
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`,
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{i}}","at":"{{now}}"}' --count 100 --rate 20`,
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{i}}"}' --key 'o-{{i}}' --correlation-id 'c-{{uuid}}' --count 100`,
    '<%= config.bin %> publish order-events --type OrderPlaced.v1 --file orders.ndjson',
    '<%= config.bin %> tail order-events --from start --no-follow -o json | <%= config.bin %> publish copy-events',
  ]
  static override args = {
    topic: Args.string({ description: 'Topic to publish to', required: true, ignoreStdin: true }),
    input: Args.string({ description: '- to read stdin, which is the default if input is piped', ignoreStdin: true }),
  }
  static override flags = {
    ...busFlags,
    ...eventFlags,
    data: Flags.string({
      char: 'd',
      description: 'Data of one event',
      helpGroup: 'EVENT',
      helpValue: 'JSON',
      exclusive: ['file'],
    }),
    file: Flags.string({
      char: 'f',
      description: 'File of lines to publish; - is stdin',
      parse: nonEmpty,
      helpGroup: 'EVENT',
      helpValue: 'FILE',
    }),
    lines: Flags.string({
      description: 'Publish only these lines of the input, such as 4001- (from line 4001 on) or 3,7-9 (four lines)',
      helpGroup: 'EVENT',
      helpValue: 'LINES',
    }),
    codec: Flags.option({ options: viewCodecs })({
      description: `Codec of the data: ${anyOf(viewCodecs)}; bytes takes base64 (default: the codec of the topic in crbus.json, else bincode if a schema has the event type, else json)`,
      helpGroup: 'EVENT',
      helpValue: 'CODEC',
    }),
    envelope: Flags.option({ options: ['bincode', 'cbor'] as const })({
      description:
        'Format of the envelope: bincode or cbor (default: the envelope of the topic in crbus.json, else bincode, which Rust services read)',
      helpGroup: 'EVENT',
      helpValue: 'FORMAT',
    }),
    schema: { ...schemaFlag, helpGroup: 'EVENT' },
    tombstone: Flags.boolean({
      description: 'Publish a record without a value for --key',
      dependsOn: ['key'],
      exclusive: ['data', 'file', 'type'],
      helpGroup: 'RECORD',
    }),
    confirm: changeFlags.confirm,
    count: Flags.integer({
      description: 'Number of times to publish --data',
      min: 1,
      dependsOn: ['data'],
      helpValue: 'NUMBER',
    }),
    rate: Flags.integer({ description: 'Maximum number of events per second', min: 1, helpValue: 'NUMBER' }),
  }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<PublishSummary> {
    const { args, flags } = await this.parse(Publish)
    const { topic } = args
    const schemas = await openSchemas(await this.schemaLocation(), flags.schema)
    const format = toFormat(flags, formatOfTopic(await this.configuration(), topic))
    const settingsAt = this.#settingsAt(flags, { topic, schemas, ...format })
    const settings = settingsAt?.(1) ?? { ...toEventSettings(flags), topic, schemas, ...format }
    const { stdin } = this.context.io
    const file = flags.file ?? toStdin(args.input)
    const data = this.#data(flags)
    const source = await openSource({ ...flags, topic, data, file }, { stdin, cwd: this.context.cwd })
    if (!source.ok) throw new UsageError(source.reason, source.hints.map(toSuggestion))
    const utc = utcNotice('--timestamp', flags.timestamp)
    if (utc !== undefined) await this.notice(utc)
    // Events of --data are numbered like lines. Their last number is known, so an error names no lines behind it.
    const all = flags.data === undefined && !flags.tombstone ? ALL_LINES : [{ from: 1, to: flags.count ?? 1 }]
    const only = within(toLines(flags.lines) ?? ALL_LINES, all)
    const bus = await this.openBus()
    await this.confirm({ name: topic })
    const positions: { readonly partition: number; readonly offset: bigint }[] = []
    const summary = { topic, published: 0, positions }
    this.partial = summary
    // A read that waits for a silent pipe must not outlive the command.
    const release = () => void stdin.destroy()
    this.signal.addEventListener('abort', release, { once: true })
    const progress = new ProgressLine(this.context.io, source.progress, this.context.stop.readerLeft)
    try {
      const { signal } = this
      const request = { topic, lines: source.lines, settings, settingsAt, only, rate: flags.rate, signal }
      for await (const batch of publishLines(bus, request)) {
        summary.published += batch.length
        const listed = batch.slice(0, MAX_POSITIONS - positions.length)
        positions.push(...listed.map(({ position: { partition, offset } }) => ({ partition, offset })))
        await this.print(batch.map(formatPublished).join(''))
        progress.update(summary.published)
      }
    } catch (error) {
      throw await this.#failure(error, summary, only)
    } finally {
      progress.end(summary.published)
      this.signal.removeEventListener('abort', release)
      release()
    }
    if (summary.published === 0 && this.context.stop.reason === undefined) await this.notice('nothing to publish')
    return summary
  }

  /** Compiles `--data`, which is a template. */
  #data({ data, type }: { readonly data?: string | undefined; readonly type?: string | undefined }) {
    if (data === undefined) return undefined
    if (type === undefined) throw new UsageError('--data needs --type', [flag('--type OrderPlaced.v1')])
    const compiled = compileData(data, this.context.now)
    if (!compiled.ok) throw new UsageError(`--data: ${compiled.reason}`)
    return compiled.render
  }

  /** Fills in the flags that are templates for each event; `undefined` if none of them is a template. */
  #settingsAt(
    flags: EventFlags,
    rest: Omit<EventSettings, keyof ReturnType<typeof toEventSettings>>,
  ): ((index: number) => EventSettings) | undefined {
    const compiled = compileTexts(templateTexts(flags), this.context.now)
    if (!compiled.ok) throw new UsageError(`--${compiled.flag}: ${compiled.reason}`)
    const { render } = compiled
    return render && ((index) => ({ ...toEventSettings({ ...flags, ...render(index) }), ...rest }))
  }

  /** Says what was published before an error, and how to publish the rest. */
  async #failure(error: unknown, summary: PublishSummary, only: readonly LineRange[]): Promise<unknown> {
    const { topic, published } = summary
    if (published > 0) await this.notice(`${published} published before this`)
    if (error instanceof BadInputError) {
      const rest = published === 0 ? [] : resumption(within([{ from: error.line, to: undefined }], only))
      const suggestions = [...error.hints, ...rest].map(toSuggestion)
      return new UsageError(error.message, [...suggestions, run('crbus publish --help')])
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

/** Reads the argument behind the topic, which can only be `-`. */
function toStdin(input: string | undefined): '-' | undefined {
  if (input === undefined || input === '-') return input
  throw new UsageError(`'${input}' is neither a flag nor -`, [
    flag(`--file ${shellWord(input)}`),
    flag(`--data ${shellWord(input)}`),
  ])
}

function toLines(text: string | undefined): readonly LineRange[] | undefined {
  if (text === undefined) return undefined
  const lines = parseLines(text)
  if (lines !== undefined) return lines
  throw new UsageError(`--lines ${text} is not a list of lines`, [flag('--lines 4001-'), flag('--lines 3,7-9')])
}
