import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { schemaFlag } from '../../cli/base/flags.ts'
import { formatOfTopic } from '../../cli/config/topic-format.ts'
import { UsageError } from '../../cli/errors.ts'
import { run, toSuggestion } from '../../cli/suggestions.ts'
import { sampleWarningText } from '../../ui/notes/sample-warnings.ts'
import { formatSample, sampleDocument } from '../../ui/records/format-sample.ts'

/** The number of lines in one write. */
const BATCH_LINES = 500

export default class SchemaSample extends BaseCommand {
  static override summary = 'Generate realistic random events of a schema'
  static override document = 'schema/sample'
  static override description =
    'Each line is an event that "crbus publish TOPIC" reads without flags and publishes in the bytes that a Rust service would write, in the codec that crbus.json sets for the topic. Values fit the names of their fields: an email field gets an email address, a cents field a price, a timestamp field the current time.'
  static override examples = [
    '<%= config.bin %> schema sample OrderPlaced.v1',
    '<%= config.bin %> schema sample -n 100 --seed 7 | <%= config.bin %> publish order-events',
  ]
  static override args = {
    event: Args.string({
      description: 'Event type or variant (default: all event types in turn)',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    schema: schemaFlag,
    number: Flags.integer({
      char: 'n',
      aliases: ['count'],
      description: 'Number of events (default: one of each type)',
      min: 1,
      helpValue: 'NUMBER',
    }),
    seed: Flags.integer({
      description: 'Seed of the random values: the same seed generates the same events, relative to the current time',
      helpValue: 'NUMBER',
    }),
    'data-only': Flags.boolean({ description: 'Print only the data, for "crbus publish --type"' }),
  }

  async run(): Promise<object> {
    const { args, flags } = await this.parse(SchemaSample)
    // Without a manifest, as in a checkout, oclif loads every command file. Heavy imports wait until the command runs.
    const { selectSchema } = await import('../../operations/schemas/select.ts')
    const { sampleEvents } = await import('../../operations/schemas/sample.ts')
    const read = await selectSchema(await this.schemaLocation(), flags.schema, args.event)
    if (!read.ok) throw new UsageError(read.reason, read.hints.map(toSuggestion))
    const { number: count, seed } = flags
    const codec = formatOfTopic(await this.configuration(), read.schema.topic)?.codec
    const samples = await sampleEvents(read.schema, { name: args.event, count, seed, codec, now: this.context.now() })
    if (!samples.ok) throw new UsageError(samples.reason, [run('crbus schema show')])
    for (const warning of samples.warnings) await this.notice(`warning: ${sampleWarningText(warning)}`)
    const collected: unknown[] = []
    const answer = flags['data-only'] ? { data: collected } : { events: collected }
    let lines: string[] = []
    let printed = 0
    const flush = async () => {
      await this.print(lines.join(''))
      lines = []
    }
    for (const event of samples.events) {
      if (this.isJson) collected.push(flags['data-only'] ? JSON.parse(event.json) : sampleDocument(event))
      else lines.push(flags['data-only'] ? `${event.json}\n` : formatSample(event))
      printed += 1
      if (printed % BATCH_LINES !== 0) continue
      await flush()
      // Let the event loop turn: otherwise crbus would not notice Ctrl-C or a closed pipe.
      await new Promise(setImmediate)
      if (this.signal.aborted) return answer
    }
    await flush()
    return answer
  }
}
