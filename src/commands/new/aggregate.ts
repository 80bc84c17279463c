import { Args, Flags } from '@oclif/core'
import { busFlags } from '../../cli/base/flags.ts'
import { NewCommand, type Scaffolded, templateFlags, topicsFlag } from '../../cli/base/scaffold-command.ts'
import { UsageError } from '../../cli/errors.ts'
import { defaultEvents, idOf, readEvents, whyNoEvent } from '../../scaffold/events/events.ts'
import { type Name, spellings } from '../../scaffold/name.ts'
import { refuseNamesake } from '../../scaffold/namesake.ts'
import { aggregateScope, commandSchemaOf, schemaOf } from '../../scaffold/scopes/aggregate-scope.ts'

export default class NewAggregate extends NewCommand {
  static override summary = 'add an aggregate to a service: commands, events, state, a rule, tests'
  static override description = [
    'An event is given as OrderPlaced:order_id=uuid,total=money; its command follows from its name (PlaceOrder), or stands before it: SubmitOrder/OrderPlaced:…. Types are string, uuid, int, number, money (whole cents), bool and time.',
    'The first event creates it. One that ends with Failed, Rejected, Declined, Refused or Denied is another outcome of the command of the event before it, decided by a rule in rules.ts that is yours to write. One field that all have tells one aggregate from another: order_id of an order, or the first uuid or string they share.',
    'The topics order-events and order-commands are declared in crbus.json. Files that differ are shown, and stay.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> new aggregate order --event OrderPlaced:order_id=uuid,total=money --event OrderCancelled:order_id=uuid,reason=string',
    '<%= config.bin %> new aggregate payment --event PaymentCompleted:order_id=uuid,amount=money --event PaymentFailed:order_id=uuid,reason=string',
    '<%= config.bin %> new aggregate stock --event StockReserved:sku=string,quantity=int --codec rust --partitions 6',
  ]
  static override args = { name: Args.string({ description: 'name of the aggregate', ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...templateFlags,
    ...topicsFlag,
    event: Flags.string({
      description: 'an event: its name and fields',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'Name:field=type,…',
    }),
    id: Flags.string({ description: 'the field that tells one from another', helpValue: 'field' }),
    codec: Flags.option({ options: ['cbor', 'rust'] as const })({
      description: 'how payloads are written; rust: as Rust services do, with a schema in schemas/',
    }),
    partitions: Flags.string({
      description: 'partitions of its topics; in Rust, of the topic of its events (commands have 1)',
      helpValue: '3',
    }),
    retention: Flags.string({ description: 'how long its events are kept', helpValue: '7d' }),
  }

  async run(): Promise<Scaffolded> {
    const { args, flags } = await this.parse(NewAggregate)
    const root = await this.serviceRoot()
    const lang = this.language(flags, root)
    const name = await this.name(
      args.name,
      flags,
      'aggregate',
      'crbus new aggregate order --event OrderPlaced:order_id=uuid',
    )
    refuseNamesake(root, 'aggregate', name)
    const template = await this.template('aggregate', lang, flags)
    const events = readEvents(flags.event ?? (await this.#events(name, flags.yes)))
    const id = idOf(name, events, flags.id)
    const { codec, partitions, retention } = flags
    const answers = await this.answers(template, flags, { codec, partitions, retention })
    const aggregate = { name, id, events }
    const scope = { name, lang, ...answers, ...aggregateScope(aggregate) }
    const result = await this.write(
      this.plan(template, root, scope, {
        schema: () => schemaOf(aggregate),
        'command-schema': () => commandSchemaOf(aggregate),
      }),
      flags,
    )
    await this.finish(template, root, result, flags)
    await this.offerTopics(flags, flags)
    return result
  }

  async #events(name: Name, yes: boolean): Promise<readonly string[]> {
    const defaults = defaultEvents(name)
    if (yes) return defaults
    const example = `--event ${defaults[0]}`
    if (!this.asks({ yes })) {
      throw new UsageError(`say which events ${spellings.kebab(name)} has`, [example, '--yes to begin with some'])
    }
    const events: string[] = []
    for (;;) {
      const first = events.length === 0
      const message = first ? 'Which event creates it?' : 'Another event? (nothing: no more)'
      const why = (text: string) => (text === '' && !first ? undefined : whyNoEvent([...events, text]))
      const event = await this.asker.text(message, why, first ? defaults[0] : '')
      if (event === '') return events
      events.push(event)
    }
  }
}
