import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { defaultInDescription, schemaFlag } from '../../cli/base/flags.ts'
import { anyOf } from '../../cli/base/parse-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { run, toSuggestion } from '../../cli/suggestions.ts'
import type { SchemaNotation } from '../../operations/schemas/show.ts'

const notations = ['rust', 'json-schema', 'ts'] as const satisfies readonly SchemaNotation[]

export default class SchemaShow extends BaseCommand {
  static override summary = 'Show the types of a schema as Rust, JSON Schema or TypeScript'
  static override document = 'schema/show'
  static override description =
    'The Rust compiles: it has derives, imports and a comment with the crates for Cargo.toml, and its types have the same bytes as those of the service. JSON Schema and TypeScript describe the JSON that crbus decodes payloads to: an enum is {"Variant": …}, an integer above 2^53 is a string of digits, bytes are base64.'
  static override examples = [
    '<%= config.bin %> schema show',
    '<%= config.bin %> schema show OrderPlaced.v1',
    '<%= config.bin %> schema show -o ts > src/order-events.ts',
  ]
  static override args = {
    type: Args.string({
      description: 'Type, variant (Inventory.SeatReserved) or event type (default: all types)',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    schema: schemaFlag,
    output: Flags.option({ options: notations, default: 'rust' as const, ...defaultInDescription })({
      char: 'o',
      aliases: ['as'],
      description: `Language of the types: ${anyOf(notations)} (default: rust)`,
      helpValue: 'LANGUAGE',
    }),
  }

  async run(): Promise<object> {
    const { args, flags } = await this.parse(SchemaShow)
    // Without a manifest, as in a checkout, oclif loads every command file. Heavy imports wait until the command runs.
    const { selectSchema } = await import('../../operations/schemas/select.ts')
    const { showSchema } = await import('../../operations/schemas/show.ts')
    const read = await selectSchema(await this.schemaLocation(), flags.schema, args.type)
    if (!read.ok) throw new UsageError(read.reason, read.hints.map(toSuggestion))
    const shown = showSchema(read.schema, {
      ...{ as: flags.output, name: args.type },
      writtenBy: `crbus schema show -o ${flags.output}`,
    })
    if (!shown.ok) throw new UsageError(shown.reason, [run('crbus schema show')])
    const { topic, root, types, shown: what } = shown
    const isText = typeof what === 'string'
    await this.print(isText ? what : `${JSON.stringify(what, undefined, 2)}\n`)
    return { topic, root, types, as: flags.output, ...(isText ? { text: what } : { jsonSchema: what }) }
  }
}
