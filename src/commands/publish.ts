import { createReadStream } from 'node:fs'
import { Args, Flags } from '@oclif/core'
import type { Header } from '../bus/record.ts'
import { BaseCommand } from '../cli/base-command.ts'
import { UsageError } from '../cli/errors.ts'
import { busFlags } from '../cli/flags.ts'
import { compileData } from '../operations/data-template.ts'
import { payloadCodecs } from '../operations/event-view.ts'
import { BadInputError, type Published, publishLines } from '../operations/publish.ts'
import type { EventSettings } from '../operations/publish-input.ts'
import { type InputLine, linesOf } from '../operations/publish-lines.ts'
import { formatPublished } from '../ui/format-published.ts'
import { write } from '../ui/io.ts'

interface PublishSummary {
  readonly topic: string
  readonly published: number
  /** Where the first hundred went. */
  readonly positions: readonly { readonly partition: number; readonly offset: bigint }[]
}

export default class Publish extends BaseCommand {
  static override summary = 'publish events: one, a file of them, or what another command prints'
  static override description =
    `With --type, each line of input is that event's data. Without it, each line is a whole record: what "crbus tail -o json" prints, an event as serde_json writes it, or the JSON of kcat -J, rpk or kaf.`
  static override examples = [
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`,
    `<%= config.bin %> publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{i}}","at":"{{now}}"}' --count 100 --rate 20`,
    '<%= config.bin %> publish order-events --type OrderPlaced.v1 --file orders.ndjson',
    '<%= config.bin %> tail order-events --from start --no-follow -o json | <%= config.bin %> publish copy-events',
  ]
  static override args = {
    topic: Args.string({ description: 'topic to publish to', required: true, ignoreStdin: true }),
  }
  static override flags = {
    ...busFlags,
    type: Flags.string({ char: 't', description: 'event type, such as OrderPlaced.v1', helpGroup: 'EVENT' }),
    data: Flags.string({
      char: 'd',
      description: 'data of one event; {{i}} {{uuid}} {{now}} {{now_ms}} {{random 1 9}} {{pick a b}} are filled in',
      helpGroup: 'EVENT',
      exclusive: ['file'],
    }),
    file: Flags.string({ char: 'f', description: 'lines to publish; - is stdin', helpGroup: 'EVENT' }),
    codec: Flags.option({ options: payloadCodecs, default: 'json' as const })({
      description: 'how data is written; bytes takes base64',
      helpGroup: 'EVENT',
    }),
    envelope: Flags.option({ options: ['bincode', 'cbor'] as const, default: 'bincode' as const })({
      description: 'how the event is wrapped; Rust services read bincode',
      helpGroup: 'EVENT',
    }),
    'event-version': Flags.integer({ description: "default: the type's .vN, else 1", helpGroup: 'EVENT' }),
    'correlation-id': Flags.string({ description: 'metadata', helpGroup: 'EVENT' }),
    'causation-id': Flags.string({ description: 'metadata', helpGroup: 'EVENT' }),
    'user-id': Flags.string({ description: 'metadata', helpGroup: 'EVENT' }),
    timestamp: Flags.string({ description: 'metadata, RFC 3339', helpGroup: 'EVENT' }),
    metadata: Flags.string({
      description: 'further metadata, only in a cbor envelope',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'k=v',
      helpGroup: 'EVENT',
    }),
    key: Flags.string({ char: 'k', description: 'record key; default: the event type', helpGroup: 'RECORD' }),
    partition: Flags.integer({ char: 'p', description: 'default: by the key', min: 0, helpGroup: 'RECORD' }),
    header: Flags.string({
      char: 'H',
      description: 'record header',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'k=v',
      helpGroup: 'RECORD',
    }),
    tombstone: Flags.boolean({
      description: 'publish a record without a value, for --key',
      dependsOn: ['key'],
      exclusive: ['data', 'file', 'type'],
      helpGroup: 'RECORD',
    }),
    count: Flags.integer({ description: 'publish --data so many times', default: 1, min: 1 }),
    rate: Flags.integer({ description: 'events a second at most', min: 1 }),
  }

  async run(): Promise<PublishSummary> {
    const { args, flags } = await this.parse(Publish)
    const settings = toSettings(flags)
    const lines = this.#lines(flags)
    const bus = await this.openBus(flags)
    const positions: Published['position'][] = []
    let published = 0
    const progress = this.#progress()
    try {
      const { signal } = this
      for await (const batch of publishLines(bus, { topic: args.topic, lines, settings, rate: flags.rate, signal })) {
        published += batch.length
        for (const { position } of batch) if (positions.length < 100) positions.push(position)
        await this.print(batch.map(formatPublished).join(''))
        progress(published)
      }
    } catch (error) {
      if (published > 0) await this.notice(`${published} published before this`)
      if (error instanceof BadInputError) throw new UsageError(error.message, ['crbus publish --help'])
      throw error
    }
    if (published === 0 && this.context.stop.reason === undefined) await this.notice('nothing to publish')
    return {
      topic: args.topic,
      published,
      positions: positions.map(({ partition, offset }) => ({ partition, offset })),
    }
  }

  #lines({ data, file, tombstone, key, count, type }: PublishFlags): AsyncIterable<readonly InputLine[]> {
    if (tombstone) return repeat(() => JSON.stringify({ tombstone: true, key }), 1)
    if (data !== undefined) {
      if (type === undefined) throw new UsageError('--data needs --type', ['--type OrderPlaced.v1'])
      const compiled = compileData(data, this.context.now)
      if (!compiled.ok) throw new UsageError(`--data: ${compiled.reason}`)
      return repeat(compiled.render, count)
    }
    const { stdin } = this.context.io
    if (file === undefined && stdin.isTTY) {
      throw new UsageError('nothing to publish', [
        `crbus publish ${this.argv[0] ?? 'TOPIC'} --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`,
        'give --file, or pipe lines in',
      ])
    }
    return linesOf(file === undefined || file === '-' ? stopping(stdin, this.signal) : readFile(file))
  }

  /** A line on stderr that counts, where a person watches stderr and the reports go elsewhere. */
  #progress(): (published: number) => void {
    const { stderr, stdout } = this.context.io
    if (!stderr.isTTY || stdout.isTTY) return () => {}
    let shownAt = 0
    return (published) => {
      if (performance.now() - shownAt < 200) return
      shownAt = performance.now()
      void write(stderr, `\r${published} published`, this.signal)
    }
  }
}

interface PublishFlags {
  readonly data?: string | undefined
  readonly file?: string | undefined
  readonly key?: string | undefined
  readonly type?: string | undefined
  readonly tombstone: boolean
  readonly count: number
}

async function* repeat(render: (index: number) => string, count: number): AsyncGenerator<readonly InputLine[]> {
  for (let next = 1; next <= count; next += 1000) {
    const size = Math.min(1000, count - next + 1)
    yield Array.from({ length: size }, (_, index) => ({ number: next + index, text: render(next + index) }))
  }
}

/** Standard input until it ends or the command is stopped: waiting for a silent pipe must not outlive Ctrl-C. */
async function* stopping(stdin: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<Uint8Array | string> {
  const chunks = stdin[Symbol.asyncIterator]()
  const stopped = new Promise<{ done: true; value: undefined }>((resolve) => {
    signal.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true })
  })
  while (true) {
    const { done, value } = await Promise.race([chunks.next(), stopped])
    if (done) return
    yield value
  }
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path)
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`)
  }
}

function toSettings(flags: {
  readonly type?: string | undefined
  readonly 'event-version'?: number | undefined
  readonly codec: EventSettings['codec']
  readonly envelope: EventSettings['envelope']
  readonly 'correlation-id'?: string | undefined
  readonly 'causation-id'?: string | undefined
  readonly 'user-id'?: string | undefined
  readonly timestamp?: string | undefined
  readonly metadata?: readonly string[] | undefined
  readonly header?: readonly string[] | undefined
  readonly key?: string | undefined
  readonly partition?: number | undefined
}): EventSettings {
  const { timestamp } = flags
  if (timestamp !== undefined && Number.isNaN(Date.parse(timestamp))) {
    throw new UsageError(`--timestamp ${timestamp} is not RFC 3339`, ['--timestamp 2026-11-23T10:00:00Z'])
  }
  const extra = (flags.metadata ?? []).map((one) => toPair('--metadata', one))
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
    codec: flags.codec,
    envelope: flags.envelope,
    metadata: Object.values(metadata).some((field) => field !== undefined) ? metadata : null,
    headers: (flags.header ?? []).map((one): Header => {
      const [name, value] = toPair('--header', one)
      return [name, Buffer.from(value)]
    }),
    key: flags.key,
    partition: flags.partition,
  }
}

function toPair(flag: string, text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`${flag} ${text} is not name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}
