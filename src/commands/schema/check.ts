import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { defaultInDescription, readFlags, tableFlags } from '../../cli/base/flags.ts'
import { formatOfTopic } from '../../cli/config/topic-format.ts'
import { UsageError } from '../../cli/errors.ts'
import { toSuggestion } from '../../cli/suggestions.ts'
import { checkTopic, type SchemaCheck } from '../../operations/schemas/check.ts'
import { schemaForTopic } from '../../operations/schemas/source.ts'
import { formatSchemaCheck } from '../../ui/schemas/format-schema-check.ts'

export default class SchemaCheckCommand extends BaseCommand {
  static override summary = 'Decode the events of a topic with a schema and count failures'
  static override document = 'schema/check'
  static override description = [
    'For each event type, counts the payloads that decode, the payloads that fail, and the payloads that decode to another variant than the event type says, which is the sign of a reordered enum. The command only reads, and does not join a group.',
    'The exit code is 0 if all payloads decode, and 10 if there is a failure or a warning.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> schema check order-events',
    '<%= config.bin %> schema check order-events --schema services/orders --all -b 127.0.0.1:9092',
  ]
  static override args = { topic: Args.string({ description: 'Topic to check', required: true, ignoreStdin: true }) }
  static override flags = {
    ...readFlags,
    ...tableFlags,
    schema: Flags.string({
      description: 'Schema file or Rust source (default: the schema of the topic in this project)',
      helpValue: 'PATH',
    }),
    number: Flags.integer({
      char: 'n',
      description: 'Number of newest records to read (default: 10000)',
      default: 10_000,
      ...defaultInDescription,
      min: 1,
      helpValue: 'NUMBER',
    }),
    all: Flags.boolean({ description: 'Read all records', exclusive: ['number'] }),
  }

  async run(): Promise<SchemaCheck> {
    const { args, flags } = await this.parse(SchemaCheckCommand)
    const found = await schemaForTopic(args.topic, flags.schema, {
      ...(await this.schemaLocation()),
      git: this.context.git,
    })
    if (!found.ok) throw new UsageError(found.reason, found.hints.map(toSuggestion))
    const bus = await this.openBus()
    const last = flags.all ? undefined : flags.number
    const codec = formatOfTopic(await this.configuration(), args.topic)?.codec
    const check = await checkTopic(bus, { topic: args.topic, schema: found.schema, codec, last, signal: this.signal })
    await this.print(formatSchemaCheck(check, this.tableWidth))
    if (check.failed + check.warned > 0) this.foundSomething()
    return check
  }
}
