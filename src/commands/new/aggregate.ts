import { Args, Flags } from '@oclif/core'
import { busFlags } from '../../cli/base/flags.ts'
import { ScaffoldCommand, type Scaffolded } from '../../cli/base/scaffold-command.ts'
import { templateFlags, topicsFlag } from '../../cli/base/scaffold-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { flag } from '../../cli/suggestions.ts'
import { defaultEvents, idOf, readEvents, whyNoEvent } from '../../scaffold/events/events.ts'
import { type Name, spellings } from '../../scaffold/name.ts'
import { refuseNamesake } from '../../scaffold/namesake.ts'
import { aggregateScope, commandSchemaOf, schemaOf } from '../../scaffold/scopes/aggregate-scope.ts'

export default class NewAggregate extends ScaffoldCommand {
  static override summary = 'Add an aggregate with tests to a service'
  static override description = [
    'Creates the commands, events, state, rules and tests of an aggregate. --event takes an event with its fields: OrderPlaced:order_id=uuid,total=money. Its command is derived from its name (PlaceOrder), unless it is given before the name: SubmitOrder/OrderPlaced:…. Types are string, uuid, int, number, money (whole cents), bool and time.',
    'The first event creates the aggregate. An event whose name ends with Failed, Rejected, Declined, Refused or Denied is a second outcome of the command of the event before it; you write the rule for it in rules.ts. The id of the aggregate is a field that all events have: order_id for an order, or the first uuid or string that they share.',
    'The command declares the topics order-events and order-commands in crbus.json. Existing files that differ are shown and not changed.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> new aggregate order --event OrderPlaced:order_id=uuid,total=money --event OrderCancelled:order_id=uuid,reason=string',
    '<%= config.bin %> new aggregate payment --event PaymentCompleted:order_id=uuid,amount=money --event PaymentFailed:order_id=uuid,reason=string',
    '<%= config.bin %> new aggregate stock --event StockReserved:sku=string,quantity=int --codec rust --partitions 6',
  ]
  static override args = { name: Args.string({ description: 'Name of the aggregate', ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...templateFlags,
    ...topicsFlag,
    event: Flags.string({
      description: 'Event with its fields; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME:FIELD=TYPE',
    }),
    id: Flags.string({ description: 'Event field with the id of the aggregate', helpValue: 'FIELD' }),
    codec: Flags.option({ options: ['cbor', 'rust'] as const })({
      description: 'Codec of the payloads: cbor, or rust to write them like Rust services, with a schema in schemas/',
      helpValue: 'CODEC',
    }),
    partitions: Flags.string({
      description: 'Number of partitions of its topics (in Rust, of its event topic; the command topic has 1)',
      helpValue: 'NUMBER',
    }),
    retention: Flags.string({ description: 'How long events are kept, such as 7d', helpValue: 'DURATION' }),
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
    await this.offerTopics(flags)
    return result
  }

  /** Asks for the events until the answer is empty. With `--yes`, returns default events. */
  async #events(name: Name, yes: boolean): Promise<readonly string[]> {
    const defaults = defaultEvents(name)
    if (yes) return defaults
    const example = flag(`--event ${defaults[0]}`)
    if (!this.asks({ yes })) {
      throw new UsageError(`name the events of ${spellings.kebab(name)}`, [
        example,
        flag('--yes', 'starts with default events'),
      ])
    }
    const events: string[] = []
    for (;;) {
      const isFirst = events.length === 0
      const message = isFirst ? 'Which event creates the aggregate?' : 'Another event? (leave empty if there is none)'
      const why = (text: string) => (text === '' && !isFirst ? undefined : whyNoEvent([...events, text]))
      const event = await this.asker.text(message, why, isFirst ? defaults[0] : '')
      if (event === '') return events
      this.answered({ name: 'event', isFlag: true, value: event })
      events.push(event)
    }
  }
}
