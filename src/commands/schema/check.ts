import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { readFlags } from '../../cli/base/flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { checkTopic, type SchemaCheck } from '../../operations/schemas/check.ts'
import { schemaForTopic } from '../../operations/schemas/source.ts'
import { formatSchemaCheck } from '../../ui/schemas/format-schema-check.ts'

export default class SchemaCheckCommand extends BaseCommand {
  static override summary = "decode a topic's events with a schema and count what fails"
  static override description = [
    'Counts for each event type the payloads that decode, those that fail, and those that decode to another variant than the event type names, which is what a reordered enum looks like. Changes nothing and joins no group.',
    'Ends with 0 when all decode, and with 10 when any failed or was warned of.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> schema check order-events',
    '<%= config.bin %> schema check order-events --schema services/orders --all -b 127.0.0.1:9092',
  ]
  static override args = { topic: Args.string({ description: 'topic to check', required: true, ignoreStdin: true }) }
  static override flags = {
    ...readFlags,
    schema: Flags.string({
      description: "schema file, or Rust source; default: the project's schema of that topic",
      helpValue: 'path',
    }),
    number: Flags.integer({ char: 'n', description: 'how many of the newest records', default: 10_000, min: 1 }),
    all: Flags.boolean({ description: 'all records', exclusive: ['number'] }),
  }

  async run(): Promise<SchemaCheck> {
    const { args, flags } = await this.parse(SchemaCheckCommand)
    const found = await schemaForTopic(args.topic, flags.schema, {
      ...(await this.schemaPlace(flags)),
      git: this.context.git,
    })
    if (!found.ok) throw new UsageError(found.reason, found.suggestions)
    const bus = await this.openBus(flags)
    const last = flags.all ? undefined : flags.number
    const check = await checkTopic(bus, { topic: args.topic, schema: found.schema, last, signal: this.signal })
    await this.print(formatSchemaCheck(check))
    if (check.failed + check.warned > 0) this.foundSomething()
    return check
  }
}
