import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { schemaFlag } from '../../cli/base/flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { formatSample, sampleDocument } from '../../ui/records/format-sample.ts'

/** Lines written at a time. */
const BATCH = 500

export default class SchemaSample extends BaseCommand {
  static override summary = 'make up events of a schema: valid, random, believable'
  static override description =
    'Each line is an event that "crbus publish TOPIC" takes without flags and sends in the bytes a Rust service would have written. Values go by the names of fields: an email is an email, cents are a price, a timestamp is now.'
  static override examples = [
    '<%= config.bin %> schema sample OrderPlaced.v1',
    '<%= config.bin %> schema sample --count 100 --seed 7 | <%= config.bin %> publish order-events',
  ]
  static override args = {
    event: Args.string({
      description: 'an event type, or a variant; default: all event types in turn',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    schema: schemaFlag,
    count: Flags.integer({ char: 'n', description: 'events to make; default: one of each type', min: 1 }),
    seed: Flags.integer({ description: 'the same number makes the same events, as long before now' }),
    'data-only': Flags.boolean({ description: 'print only the data, as "crbus publish --type" takes it' }),
  }

  async run(): Promise<object> {
    const { args, flags } = await this.parse(SchemaSample)
    // A checkout has no manifest and loads every command to find one: this one's weight waits until it is run.
    const { readSchema } = await import('../../operations/schemas/pick.ts')
    const { sampleEvents } = await import('../../operations/schemas/sample.ts')
    const read = await readSchema(await this.schemaPlace({}), flags.schema, args.event)
    if (!read.ok) throw new UsageError(read.reason, read.suggestions)
    const { count, seed } = flags
    const samples = await sampleEvents(read.schema, { eventType: args.event, count, seed, now: this.context.now() })
    if (!samples.ok) throw new UsageError(samples.reason, ['crbus schema show'])
    for (const warning of samples.warnings) await this.notice(`warning: ${warning}`)
    const answer: unknown[] = []
    let lines: string[] = []
    let made = 0
    const flush = async () => {
      await this.print(lines.join(''))
      lines = []
    }
    for (const event of samples.events) {
      if (this.isJson) answer.push(flags['data-only'] ? JSON.parse(event.json) : sampleDocument(event))
      else lines.push(flags['data-only'] ? `${event.json}\n` : formatSample(event))
      made += 1
      if (made % BATCH !== 0) continue
      await flush()
      // Ctrl-C and a reader that leaves are seen between two turns of the loop.
      await new Promise(setImmediate)
      if (this.signal.aborted) return answer
    }
    await flush()
    return answer
  }
}
