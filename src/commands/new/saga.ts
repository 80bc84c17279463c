import { relative } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { duration } from '../../bus/time/duration.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { anyOf, toAnswers } from '../../cli/base/parse-flags.ts'
import { readRoles, SagaSteps } from '../../cli/base/saga-steps.ts'
import { ScaffoldCommand, type Scaffolded } from '../../cli/base/scaffold-command.ts'
import { templateFlags, topicsFlag } from '../../cli/base/scaffold-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { run } from '../../cli/suggestions.ts'
import { findSchemas } from '../../operations/schemas/find.ts'
import { seenEvents } from '../../operations/topics/seen-events.ts'
import { type Name, spellings } from '../../scaffold/name.ts'
import { refuseNamesake } from '../../scaffold/namesake.ts'
import { sagaScope } from '../../scaffold/scopes/saga-scope.ts'
import { missingEnums } from '../../scaffold/topics/rust-modules.ts'
import type { KnownTopic, Step } from '../../scaffold/topics/topic.ts'
import { topicFromSeen, topicsOfAggregates } from '../../scaffold/topics/topics-of-service.ts'

const sources = ['schemas', 'aggregates', 'bus'] as const
type Source = (typeof sources)[number]

export default class NewSaga extends ScaffoldCommand {
  static override summary = 'Add a saga with tests to a service'
  static override description = [
    'Creates the steps, compensation, time-outs and tests of a saga. The first topic of --on starts the saga; the other topics are its steps, in this order. The events of a topic are read from the schemas folder, from the aggregates of this service, or from the newest events on the topic itself; --from selects one of these sources.',
    'A command field gets its value from an earlier event that has a field of the same name and type, or from the event field that --field names. If there is no such field, the generated code has a question in its place, which the compiler reports. All open questions are listed at the end.',
    'If a Rust enum does not mark commands and events, crbus derives the roles from the names: ProcessPayment is a command, PaymentCompleted an event. Use --as for other names.',
    'The first event of a topic that is neither a failure nor a compensation completes the step. Events whose name ends with Failed, Rejected, Declined, Refused or Denied are failures. Events such as OrderCancelled or PaymentRefunded are compensations.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> new saga checkout --on order-events,payment-events,inventory-events',
    '<%= config.bin %> new saga checkout --on order-events,payment-events --from schemas --timeout 5m',
  ]
  static override args = { name: Args.string({ description: 'Name of the saga', ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...templateFlags,
    ...topicsFlag,
    on: Flags.string({
      description: 'Topics of its steps in order, separated by commas',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'TOPICS',
    }),
    from: Flags.option({ options: sources })({
      description: `Where to read the events of the topics: ${anyOf(sources)} (default: the first of these that has the events)`,
      helpValue: 'SOURCE',
    }),
    field: Flags.string({
      description: 'Event field that is the source of a command field; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'COMMAND.FIELD=EVENT_FIELD',
    }),
    as: Flags.string({
      description: 'Role of an enum variant: command, event or failure; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'VARIANT=ROLE',
    }),
    timeout: Flags.string({ description: 'How long a step may take, such as 30s', helpValue: 'DURATION' }),
    partitions: Flags.string({ description: 'Number of partitions of its event topic', helpValue: 'NUMBER' }),
    retention: Flags.string({
      description: 'How long events are kept, such as 7d',
      helpValue: 'DURATION',
    }),
  }

  #bus: Promise<EventBus> | undefined

  async run(): Promise<Scaffolded> {
    const { args, flags } = await this.parse(NewSaga)
    const root = await this.serviceRoot()
    const lang = this.language(flags, root)
    const example = 'crbus new saga checkout --on order-events,payment-events'
    const name = await this.name(args.name, flags, 'saga', example)
    refuseNamesake(root, 'saga', name)
    const template = await this.template('saga', lang, flags)
    const sagaSteps = await this.#sagaSteps(root, flags)
    const topics = new Set(flags.on ?? (await sagaSteps.chooseTopics(example)))
    if (topics.size < 2)
      throw new UsageError('a saga spans several aggregates: name two topics or more', [run(example)])
    const steps: Step[] = []
    for (const topic of topics) steps.push(await sagaSteps.stepOn(topic))
    const { timeout, partitions, retention } = flags
    const answers = await this.answers(template, flags, { timeout, partitions, retention })
    const plan = await sagaSteps.withSources({
      name,
      steps: steps as [Step, ...Step[]],
      timeout: duration(String(answers.timeout)),
      sources: toAnswers('--field', flags.field, 'CompletePayment.amount=total'),
    })
    for (const answer of sagaSteps.answers) this.answered(answer)
    const scope = { name, lang, ...answers, ...sagaScope(plan) }
    const result = await this.write(this.plan(template, root, scope), flags)
    if (lang === 'rust') await this.#noteRustTypes(root, name, plan.steps)
    await this.finish(template, root, result, flags)
    await this.offerTopics(flags)
    return result
  }

  /** Collects the sources of events that `--from` allows. */
  async #sagaSteps(
    root: string,
    flags: {
      readonly from?: Source | undefined
      readonly as?: readonly string[] | undefined
      readonly yes: boolean
    },
  ): Promise<SagaSteps> {
    const { from } = flags
    const roles = readRoles(flags.as)
    const reads = (source: Source) => from === undefined || from === source
    const found = reads('schemas') ? await findSchemas(await this.schemaLocation()) : undefined
    if (found?.ok === false) throw new UsageError(found.reason)
    const files = (found?.files ?? []).map(
      ({ schema, path }) => [relative(root, path).replaceAll('\\', '/'), schema] as const,
    )
    const eventSources = {
      schemas: new Map(files),
      aggregates: reads('aggregates') ? topicsOfAggregates(root) : [],
      examplesOf: async (schema: (typeof files)[number][1]) =>
        (await import('../../operations/schemas/sample-fields.ts')).sampleFieldsByVariant(schema),
      readTopic: async (topic: string) => (reads('bus') ? this.#readTopic(topic) : undefined),
    }
    return new SagaSteps(eventSources, roles, this.asks(flags) ? this.asker : undefined)
  }

  /** Reads the newest events of a topic; `undefined` if the bus does not have it. `planOnly`: a read-only profile allows reading. */
  async #readTopic(topic: string): Promise<KnownTopic | undefined> {
    this.#bus ??= this.openBus({ planOnly: true })
    try {
      return topicFromSeen(topic, await seenEvents(await this.#bus, topic))
    } catch (error) {
      if (error instanceof EventBusError && error.code === 'TOPIC_NOT_FOUND') return undefined
      throw error
    }
  }

  /** Prints notices about the Rust types that the saga needs, and how to read the events that it publishes. */
  async #noteRustTypes(root: string, name: Name, steps: readonly Step[]): Promise<void> {
    for (const { file, name: missing } of missingEnums(root, steps)) {
      await this.notice(
        `note: the saga needs the type ${missing} in ${file}, which does not exist; "crbus schema show" prints its fields`,
      )
    }
    const topic = `${spellings.kebab(name)}-events`
    const command = `crbus schema import . --root ${spellings.pascal(name)}Action --topic ${topic}`
    await this.notice(`note: to read the events that the saga publishes on ${topic}, import their schema: ${command}`)
  }
}
