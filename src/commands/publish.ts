import { resolve } from 'node:path'
import { Args, Flags } from '@oclif/core'
import type { Header } from '../bus/record.ts'
import { parseMoment } from '../bus/time/moment.ts'
import { ChangeCommand } from '../cli/base/change-command.ts'
import { busFlags, changeFlags, parseName, readAsUtc, schemaFlag, toPair } from '../cli/base/flags.ts'
import { formatOfTopic, type TopicFormat } from '../cli/config/topic-format.ts'
import { RefusedError, UsageError } from '../cli/errors.ts'
import { viewCodecs } from '../operations/events/event-view.ts'
import { compileData, compileTexts } from '../operations/publish/data-template.ts'
import type { EventSettings } from '../operations/publish/event-settings.ts'
import {
  BadInputError,
  type InputLine,
  type LineRange,
  linesOf,
  parseLines,
  within,
} from '../operations/publish/lines.ts'
import { PublishStoppedError, publishLines, type RefusedLine } from '../operations/publish/publish.ts'
import {
  openFile,
  openFileProblem,
  type Progress,
  readChunks,
  repeatedLines,
  UnreadableInput,
} from '../operations/publish/source.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { formatProgress } from '../ui/records/format-progress.ts'
import { formatPublishStop, resumption } from '../ui/records/format-publish-stop.ts'
import { formatPublished } from '../ui/records/format-published.ts'
import { write } from '../ui/text/io.ts'

interface PublishSummary {
  readonly topic: string
  readonly published: number
  /** Where the first hundred went. */
  readonly positions: readonly { readonly partition: number; readonly offset: bigint }[]
  /** Of a publish that the bus stopped: see `PublishStoppedError`. */
  readonly refused?: readonly RefusedLine[]
  readonly unknown?: readonly LineRange[]
  readonly rest?: readonly LineRange[]
}

export default class Publish extends ChangeCommand {
  static override summary = 'publish events: one, a file of them, or what another command prints'
  static override description =
    `With --type, each line of input is that event's data. Without it, each line is a whole record: what "crbus tail -o json" prints, an event as serde_json writes it, or the JSON of kcat -J, rpk or kaf.

In --data, and in --type, --key, --header and the metadata, these are filled in anew for each event: {{i}} its number from 1, {{uuid}}, {{now}}, {{now_ms}}, {{random 1 9}}, {{pick a b}}; \\{{ is two plain braces.

Long input is published as it comes. A line that cannot be published ends it: the lines before are published, and --lines publishes the rest. Partitions that the topic is given meanwhile are used after five minutes at most.`
  static override examples = [
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`,
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{i}}","at":"{{now}}"}' --count 100 --rate 20`,
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{i}}"}' --key 'o-{{i}}' --correlation-id 'c-{{uuid}}' --count 100`,
    '<%= config.bin %> publish order-events --type OrderPlaced.v1 --file orders.ndjson',
    '<%= config.bin %> tail order-events --from start --no-follow -o json | <%= config.bin %> publish copy-events',
  ]
  static override args = {
    topic: Args.string({ description: 'topic to publish to', required: true, ignoreStdin: true }),
    input: Args.string({ description: '- for stdin, which is also read when piped', ignoreStdin: true }),
  }
  static override flags = {
    ...busFlags,
    type: Flags.string({
      char: 't',
      description: 'event type, such as OrderPlaced.v1',
      parse: parseName,
      helpGroup: 'EVENT',
    }),
    data: Flags.string({
      char: 'd',
      description: 'data of one event',
      helpGroup: 'EVENT',
      exclusive: ['file'],
    }),
    file: Flags.string({
      char: 'f',
      description: 'lines to publish; - is stdin',
      parse: parseName,
      helpGroup: 'EVENT',
    }),
    lines: Flags.string({
      description: 'only these lines of the input: 4001- is all from line 4001 on, 3,7-9 four lines',
      helpGroup: 'EVENT',
      helpValue: '4001-',
    }),
    codec: Flags.option({ options: viewCodecs })({
      description:
        'how data is written; bytes takes base64; default: as crbus.json says of the topic, else bincode where a schema knows the type, else json',
      helpGroup: 'EVENT',
    }),
    envelope: Flags.option({ options: ['bincode', 'cbor'] as const })({
      description: 'how the event is wrapped; default: as crbus.json says, else bincode, which Rust services read',
      helpGroup: 'EVENT',
    }),
    schema: { ...schemaFlag, helpGroup: 'EVENT' },
    'event-version': Flags.integer({ description: "default: the type's .vN, else 1", helpGroup: 'EVENT' }),
    'correlation-id': Flags.string({ description: 'metadata', parse: parseName, helpGroup: 'EVENT' }),
    'causation-id': Flags.string({ description: 'metadata', parse: parseName, helpGroup: 'EVENT' }),
    'user-id': Flags.string({ description: 'metadata', parse: parseName, helpGroup: 'EVENT' }),
    timestamp: Flags.string({ description: 'metadata, RFC 3339; without a zone, UTC', helpGroup: 'EVENT' }),
    metadata: Flags.string({
      description: 'further metadata; beside a bincode envelope it is in the record header crbus-extra',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'name=value',
      helpGroup: 'EVENT',
    }),
    key: Flags.string({
      char: 'k',
      description: "record key; default: the field that crbus.json names as the topic's id, else the event type",
      helpGroup: 'RECORD',
    }),
    partition: Flags.integer({ char: 'p', description: 'default: by the key', min: 0, helpGroup: 'RECORD' }),
    header: Flags.string({
      char: 'H',
      description: 'record header',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'name=value',
      helpGroup: 'RECORD',
    }),
    tombstone: Flags.boolean({
      description: 'publish a record without a value, for --key',
      dependsOn: ['key'],
      exclusive: ['data', 'file', 'type'],
      helpGroup: 'RECORD',
    }),
    confirm: changeFlags.confirm,
    count: Flags.integer({ description: 'publish --data so many times', min: 1, dependsOn: ['data'] }),
    rate: Flags.integer({ description: 'events a second at most', min: 1 }),
  }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<PublishSummary> {
    const { args, flags } = await this.parse(Publish)
    const schemas = await openSchemas(await this.schemaPlace(flags), flags.schema)
    const format = formatOfTopic(await this.configOf(flags), args.topic)
    const rest = { topic: args.topic, schemas, ...toFormat(flags, format) }
    const settingsAt = this.#settingsAt(flags, rest)
    const settings = settingsAt?.(1) ?? { ...toSettings(flags), ...rest }
    const { lines, progress } = await this.#source({ ...flags, input: args.input })
    const utc = readAsUtc('--timestamp', flags.timestamp)
    if (utc !== undefined) await this.notice(utc)
    // The events of --data are numbered as lines. The last number is known, so no line after it is left to publish.
    const all = flags.data === undefined && !flags.tombstone ? ALL : [{ from: 1, to: flags.count ?? 1 }]
    const only = within(toLines(flags.lines) ?? ALL, all)
    const bus = await this.openBus(flags)
    await this.agree(flags, { name: args.topic })
    const positions: { readonly partition: number; readonly offset: bigint }[] = []
    const summary = { topic: args.topic, published: 0, positions }
    this.partial = summary
    const { stdin } = this.context.io
    // A read that waits for a silent pipe must not outlive the command.
    const release = () => void stdin.destroy()
    this.signal.addEventListener('abort', release, { once: true })
    const show = this.#progress(progress)
    try {
      const { signal } = this
      const request = { topic: args.topic, lines, settings, settingsAt, only, rate: flags.rate, signal }
      for await (const batch of publishLines(bus, request)) {
        summary.published += batch.length
        const left = batch.slice(0, MOST_POSITIONS - positions.length)
        positions.push(...left.map(({ position: { partition, offset } }) => ({ partition, offset })))
        await this.print(batch.map(formatPublished).join(''))
        show(summary.published)
      }
    } catch (error) {
      if (summary.published > 0) await this.notice(`${summary.published} published before this`)
      if (error instanceof BadInputError) {
        const rest = summary.published === 0 ? [] : resumption(within([{ from: error.line, to: undefined }], only))
        throw new UsageError(error.message, [...rest, 'crbus publish --help'])
      }
      if (error instanceof UnreadableInput) throw new RefusedError(error.message)
      if (!(error instanceof PublishStoppedError)) throw error
      const { refused, unknown, rest } = error
      this.partial = { ...summary, refused, unknown, rest }
      const failure = formatPublishStop(error, args.topic, summary.published)
      // After Ctrl-C nothing else would tell that lines read before it were not published.
      if (this.context.stop.reason === 'interrupted') await this.notice(failure.message)
      throw failure
    } finally {
      show(summary.published, true)
      this.signal.removeEventListener('abort', release)
      release()
    }
    if (summary.published === 0 && this.context.stop.reason === undefined) await this.notice('nothing to publish')
    return summary
  }

  /** Fills in the texts that are templates for each event; `undefined` when none is one. */
  #settingsAt(
    flags: EventFlags,
    rest: Omit<EventSettings, keyof ReturnType<typeof toSettings>>,
  ): ((index: number) => EventSettings) | undefined {
    const { type, key, timestamp, metadata, header } = flags
    const texts = { type, key, timestamp, metadata, header, ...idsOf(flags) }
    const compiled = compileTexts(texts, this.context.now)
    if (!compiled.ok) throw new UsageError(`--${compiled.flag}: ${compiled.reason}`)
    const { render } = compiled
    return render && ((index) => ({ ...toSettings({ ...flags, ...render(index) }), ...rest }))
  }

  async #source({ data, file, tombstone, key, count = 1, rate, type, input }: PublishFlags): Promise<{
    readonly lines: AsyncIterable<readonly InputLine[]>
    readonly progress: Progress
  }> {
    const unknown = () => undefined
    if (input !== undefined && input !== '-') {
      throw new UsageError(`'${input}' is neither a flag nor -`, [`--file ${input}`, `--data '${input}'`])
    }
    if (tombstone) {
      return { lines: repeatedLines(() => JSON.stringify({ tombstone: true, key }), 1, 1), progress: unknown }
    }
    if (data !== undefined) {
      if (type === undefined) throw new UsageError('--data needs --type', ['--type OrderPlaced.v1'])
      const compiled = compileData(data, this.context.now)
      if (!compiled.ok) throw new UsageError(`--data: ${compiled.reason}`)
      const most = rate === undefined ? 1000 : Math.max(1, Math.floor(rate / 20))
      return { lines: repeatedLines(compiled.render, count, most), progress: (published) => published / count }
    }
    const { stdin } = this.context.io
    if (file === undefined && input === undefined && stdin.isTTY) {
      throw new UsageError('nothing to publish', [
        `crbus publish ${this.argv[0] ?? 'TOPIC'} --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`,
        'give --file, or pipe lines in',
      ])
    }
    if (file === undefined || file === '-') {
      const problem = stdin.fd === undefined ? undefined : openFileProblem(stdin.fd)
      if (problem !== undefined) throw new UsageError(`cannot read stdin: ${problem}`, ['--file orders.ndjson'])
      return { lines: linesOf(readChunks(stdin, 'stdin')), progress: unknown }
    }
    const opened = await openFile(resolve(this.context.cwd, file))
    if (!opened.ok) throw new UsageError(opened.reason, ['--file orders.ndjson'])
    return { lines: linesOf(opened.chunks), progress: opened.progress }
  }

  /** A line on stderr, where a person watches stderr and the reports go elsewhere. */
  #progress(progress: Progress): (published: number, isLast?: boolean) => void {
    const { stderr, stdout } = this.context.io
    if (!stderr.isTTY || stdout.isTTY) return () => {}
    const began = performance.now()
    let shownAt = began
    let isShown = false
    return (published, isLast = false) => {
      const now = performance.now()
      if (isLast ? !isShown : now - shownAt < PROGRESS_MS) return
      shownAt = now
      isShown = true
      const line = formatProgress(published, isLast ? undefined : progress(published), (now - began) / 1000)
      // As bytes, since `write` spells out controls in a text. The line consists of figures.
      void write(stderr, Buffer.from(`\r\u001b[K${line}${isLast ? '\n' : ''}`), this.context.stop.readerLeft)
    }
  }
}

const ALL: readonly LineRange[] = [{ from: 1, to: undefined }]
const PROGRESS_MS = 200
/** Positions that a JSON document lists. */
const MOST_POSITIONS = 100

interface PublishFlags {
  readonly data?: string | undefined
  readonly file?: string | undefined
  readonly key?: string | undefined
  readonly type?: string | undefined
  readonly tombstone: boolean
  readonly count?: number | undefined
  readonly rate?: number | undefined
  readonly input?: string | undefined
}

function toLines(text: string | undefined): readonly LineRange[] | undefined {
  if (text === undefined) return undefined
  const lines = parseLines(text)
  if (lines === undefined)
    throw new UsageError(`--lines ${text} is not a list of lines`, ['--lines 4001-', '--lines 3,7-9'])
  return lines
}

/** What the flags say of an event. */
interface EventFlags {
  readonly type?: string | undefined
  readonly 'event-version'?: number | undefined
  readonly 'correlation-id'?: string | undefined
  readonly 'causation-id'?: string | undefined
  readonly 'user-id'?: string | undefined
  readonly timestamp?: string | undefined
  readonly metadata?: readonly string[] | undefined
  readonly header?: readonly string[] | undefined
  readonly key?: string | undefined
  readonly partition?: number | undefined
}

/** As RFC 3339, which is what services read. */
function toTimestamp(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const moment = parseMoment(text)
  if (moment.ok) return moment.rfc3339
  throw new UsageError(`--timestamp ${text} is not a time: ${moment.reason}`, ['--timestamp 2026-11-23T10:00:00Z'])
}

const idsOf = (flags: EventFlags) => ({
  'correlation-id': flags['correlation-id'],
  'causation-id': flags['causation-id'],
  'user-id': flags['user-id'],
})

/** Flags go before the configured format of the topic. A schema that is named by a flag says how data is written. */
function toFormat(
  { codec, envelope, schema }: FormatFlags,
  format: TopicFormat | undefined,
): Pick<EventSettings, 'codec' | 'codecFrom' | 'envelope' | 'keyField'> {
  const configured = schema === undefined ? format?.codec : undefined
  const codecFrom = codec !== undefined ? '--codec' : configured === undefined ? undefined : format?.from
  return {
    codec: codec ?? configured,
    codecFrom,
    envelope: envelope ?? format?.envelope ?? 'bincode',
    keyField: format?.keyField === undefined ? undefined : { name: format.keyField, from: format.from },
  }
}

interface FormatFlags {
  readonly codec?: EventSettings['codec']
  readonly envelope?: EventSettings['envelope'] | undefined
  readonly schema?: string | undefined
}

function toSettings(
  flags: EventFlags,
): Omit<EventSettings, 'topic' | 'schemas' | 'codec' | 'codecFrom' | 'envelope' | 'keyField' | 'keepPartitions'> {
  const timestamp = toTimestamp(flags.timestamp)
  const extra = (flags.metadata ?? []).map((one) => toPair('--metadata', one, 'tenant=acme'))
  const twice = extra.find(([name], at) => extra.findIndex(([other]) => other === name) < at)
  if (twice) throw new UsageError(`--metadata names ${twice[0]} twice`, [`--metadata ${twice.join('=')}`])
  const metadata = {
    correlationId: flags['correlation-id'],
    causationId: flags['causation-id'],
    userId: flags['user-id'],
    timestamp,
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  }
  return {
    eventType: flags.type,
    eventVersion: flags['event-version'],
    metadata: Object.values(metadata).some((field) => field !== undefined) ? metadata : null,
    headers: (flags.header ?? []).map((one): Header => {
      const [name, value] = toPair('--header', one, 'trace-id=7f3a')
      return [name, Buffer.from(value)]
    }),
    key: flags.key,
    partition: flags.partition,
  }
}
