import { relative } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { duration } from '../../bus/time/duration.ts'
import { busFlags, toAnswers } from '../../cli/base/flags.ts'
import { NewCommand, type Scaffolded, templateFlags, topicsFlag } from '../../cli/base/scaffold-command.ts'
import { UsageError } from '../../cli/errors.ts'
import type { BusFlags } from '../../cli/process/context.ts'
import { findSchemas } from '../../operations/schemas/find.ts'
import { seenEvents } from '../../operations/topics/seen-events.ts'
import { type Role, roles } from '../../scaffold/events/roles.ts'
import { type Name, spellings } from '../../scaffold/name.ts'
import { refuseNamesake } from '../../scaffold/namesake.ts'
import { openFields, type SagaPlan, sagaScope } from '../../scaffold/scopes/saga-scope.ts'
import { missingEnums } from '../../scaffold/topics/rust-modules.ts'
import { type KnownTopic, type Step, stepOf } from '../../scaffold/topics/topic.ts'
import { topicFromSchema } from '../../scaffold/topics/topic-from-schema.ts'
import { topicFromSeen, topicsOfAggregates } from '../../scaffold/topics/topics-of-service.ts'

const sources = ['schemas', 'aggregates', 'bus'] as const

export default class NewSaga extends NewCommand {
  static override summary = 'add a saga to a service: steps over several topics, compensation, time-outs, tests'
  static override description = [
    'The first topic begins the conversation, the others are its steps, in the order given. Which events a topic carries is read from schemas/, from the aggregates of this service, or seen on the topic itself; --from names one of these.',
    'A field of a command is taken from the event before it that has a field of that name and type, or the one that --field names for it. Where there is none, a question stands in its place, which the compiler reports; the questions are listed at the end.',
    'An enum in Rust that marks neither its commands nor its events is told apart by names, ProcessPayment from PaymentCompleted; --as says what a name does not.',
    'Of each topic, the first event that is no failure and takes nothing back is what the step is for, those that end with Failed, Rejected, Declined, Refused or Denied are how it fails, and one such as OrderCancelled or PaymentRefunded takes it back.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> new saga checkout --on order-events,payment-events,inventory-events',
    '<%= config.bin %> new saga checkout --on order-events,payment-events --from schemas --timeout 5m',
  ]
  static override args = { name: Args.string({ description: 'name of the saga', ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...templateFlags,
    ...topicsFlag,
    on: Flags.string({
      description: 'the topics of its steps, in order',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'topic,…',
    }),
    from: Flags.option({ options: sources })({ description: 'where the events of the topics are read from' }),
    field: Flags.string({
      description: "the event field that a command's field is taken from",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'Command.field=field',
    }),
    as: Flags.string({
      description: 'what a variant of an enum without marks is: command, event or failure',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'Name=role',
    }),
    timeout: Flags.string({ description: 'how long a step may take', helpValue: '30s' }),
    partitions: Flags.string({ description: 'partitions of its own topic', helpValue: '3' }),
    retention: Flags.string({ description: 'how long its own events are kept', helpValue: '7d' }),
  }

  #bus: Promise<EventBus> | undefined
  /** By their files, from the service. */
  readonly #schemas = new Map<string, Parameters<typeof topicFromSchema>[0]>()
  /** What variants are, as told by `--as` or at the terminal. */
  #roles = new Map<string, Role>()

  async run(): Promise<Scaffolded> {
    const { args, flags } = await this.parse(NewSaga)
    const root = await this.serviceRoot()
    const lang = this.language(flags, root)
    const example = 'crbus new saga checkout --on order-events,payment-events'
    const name = await this.name(args.name, flags, 'saga', example)
    refuseNamesake(root, 'saga', name)
    const template = await this.template('saga', lang, flags)
    this.#roles = readRoles(flags.as)
    const known = await this.#known(root, flags.from)
    const topics = new Set(flags.on ?? (await this.#topics(known, flags.yes, example)))
    if (topics.size < 2) {
      throw new UsageError('a saga leads through several aggregates: name two topics or more', [example])
    }
    const steps: Step[] = []
    for (const topic of topics) steps.push(await this.#step(topic, known, flags))
    const { timeout, partitions, retention } = flags
    const answers = await this.answers(template, flags, { timeout, partitions, retention })
    const plan = await this.#withSources(
      {
        name,
        steps: steps as [Step, ...Step[]],
        timeout: duration(String(answers.timeout)),
        sources: toAnswers('--field', flags.field, 'CompletePayment.amount=total'),
      },
      flags.yes,
    )
    const scope = { name, lang, ...answers, ...sagaScope(plan) }
    const result = await this.write(this.plan(template, root, scope), flags)
    if (lang === 'rust') await this.#noticeOfRust(root, name, plan.steps)
    await this.finish(template, root, result, flags)
    await this.offerTopics(flags, flags)
    return result
  }

  /** The plan with a source for every field that was asked about and answered. */
  async #withSources(plan: SagaPlan, yes: boolean): Promise<SagaPlan> {
    const open = openFields(plan)
    if (!this.asks({ yes })) return plan
    const sources = new Map(plan.sources)
    for (const { place, candidates } of open) {
      if (candidates.length === 0) continue
      const choices = [...candidates, ''].map((value) => ({ value, label: value || 'none of these: leave it open' }))
      const source = await this.asker.oneOf(`Which field of an event is ${place}?`, choices, '')
      if (source !== '') sources.set(place, source)
    }
    return { ...plan, sources }
  }

  async #noticeOfRust(root: string, name: Name, steps: readonly Step[]): Promise<void> {
    for (const { file, name: missing } of missingEnums(root, steps)) {
      await this.notice(
        `note: the saga reads and writes by ${missing} in ${file}, which is not there; "crbus schema show" has its types to begin with`,
      )
    }
    const topic = `${spellings.kebab(name)}-events`
    const command = `crbus schema import . --root ${spellings.pascal(name)}Action --topic ${topic}`
    await this.notice(`note: what it says on ${topic} is read with a schema: ${command}`)
  }

  /** What files tell; a schema goes before the source it may have been made of. */
  async #known(root: string, from: (typeof sources)[number] | undefined): Promise<readonly KnownTopic[]> {
    const found = from === undefined || from === 'schemas' ? await findSchemas(await this.schemaPlace({})) : undefined
    if (found?.ok === false) throw new UsageError(found.reason)
    for (const { schema, path } of found?.files ?? []) {
      this.#schemas.set(relative(root, path).replaceAll('\\', '/'), schema)
    }
    const ofSchemas = [...this.#schemas].map(([file, schema]) => topicFromSchema(schema, file, { roles: this.#roles }))
    const ofAggregates = from === undefined || from === 'aggregates' ? topicsOfAggregates(root) : []
    const others = ofAggregates.filter(({ topic }) => !ofSchemas.some((known) => known.topic === topic))
    return [...ofSchemas, ...others]
  }

  async #topics(known: readonly KnownTopic[], yes: boolean, example: string): Promise<readonly string[]> {
    if (!this.asks({ yes }) || known.length < 2) throw new UsageError('name the topics of its steps', [example])
    const first = await this.asker.oneOf('Whose events begin it?', known.map(toChoice), known[0]?.topic ?? '')
    const rest = known.filter(({ topic }) => topic !== first)
    return [first, ...(await this.asker.someOf('Which follow, in this order?', rest.map(toChoice)))]
  }

  async #step(topic: string, known: readonly KnownTopic[], flags: StepFlags): Promise<Step> {
    const read = known.find((one) => one.topic === topic)
    if (read !== undefined) await this.#clear(read, flags.yes)
    const found = (await this.#whole(read)) ?? (await this.#seen(topic, flags))
    const step = found && stepOf(found)
    if (step !== undefined) return step
    if (found !== undefined && found.events.length > 0) {
      const names = found.events.map(({ name }) => spellings.pascal(name)).join(', ')
      throw new UsageError(`${topic} has no event that a step could be for, only ${names} (${found.source})`)
    }
    const aggregate = topic.replace(/-events$/, '')
    throw new UsageError(`nothing is known of ${topic}: no schema, no aggregate of this service, no event on it`, [
      ...(known.length === 0 ? [] : [`--on ${known.map((one) => one.topic).join(',')}`]),
      `crbus new aggregate ${aggregate}`,
      'crbus schema import services/orders',
    ])
  }

  /** Asks what the variants are that no name tells apart. `UsageError` when nobody can be asked. */
  async #clear({ unclear = [], source }: KnownTopic, yes: boolean): Promise<void> {
    const [first] = unclear
    if (first === undefined) return
    if (!this.asks({ yes })) {
      throw new UsageError(
        `the source of ${source} does not say whether ${unclear.join(', ')} is a command or an event`,
        [unclear.map((variant) => `--as ${variant}=event`).join(' '), `--as ${first}=command`, `--as ${first}=failure`],
      )
    }
    for (const variant of unclear) {
      const role = await this.asker.oneOf(`What is ${variant}?`, roleChoices, 'event')
      this.#roles.set(variant, role as Role)
    }
  }

  /** A topic of a schema with examples, of which its tests are made. */
  async #whole(topic: KnownTopic | undefined): Promise<KnownTopic | undefined> {
    const schema = topic?.schema === undefined ? undefined : this.#schemas.get(topic.schema)
    if (topic?.schema === undefined || schema === undefined) return topic
    const { variantExamples } = await import('../../operations/schemas/variant-examples.ts')
    return topicFromSchema(schema, topic.schema, { examples: await variantExamples(schema), roles: this.#roles })
  }

  async #seen(topic: string, flags: StepFlags): Promise<KnownTopic | undefined> {
    if (flags.from !== undefined && flags.from !== 'bus') return undefined
    try {
      return topicFromSeen(topic, await seenEvents(await this.#reader(flags), topic))
    } catch (error) {
      if (error instanceof EventBusError && error.code === 'TOPIC_NOT_FOUND') return undefined
      throw error
    }
  }

  /** The bus, for looking only: a read-only profile has nothing against that. */
  #reader(flags: StepFlags): Promise<EventBus> {
    this.#bus ??= this.openBus({ ...flags, 'dry-run': true })
    return this.#bus
  }
}

interface StepFlags extends BusFlags {
  readonly from: (typeof sources)[number] | undefined
  readonly yes: boolean
}

const roleChoices = [
  { value: 'command', label: 'a command' },
  { value: 'event', label: 'an event' },
  { value: 'failure', label: 'an event that says that a command failed' },
]

function readRoles(texts: readonly string[] | undefined): Map<string, Role> {
  const read = new Map<string, Role>()
  for (const [variant, text] of toAnswers('--as', texts, 'ProcessPayment=command')) {
    const role = roles.find((one) => one === text)
    if (role === undefined) {
      throw new UsageError(`--as ${variant}=${text}: '${text}' is not one of ${roles.join(', ')}`, [
        `--as ${variant}=command`,
      ])
    }
    read.set(variant, role)
  }
  return read
}

const toChoice = ({ topic, source }: KnownTopic) => ({ value: topic, label: topic, hint: source })
