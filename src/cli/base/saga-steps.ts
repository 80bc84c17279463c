import { type Role, roles } from '../../scaffold/events/roles.ts'
import { spellings } from '../../scaffold/name.ts'
import { openFields, type SagaPlan } from '../../scaffold/scopes/saga-scope.ts'
import { type KnownTopic, type Step, stepOf } from '../../scaffold/topics/topic.ts'
import { topicFromSchema } from '../../scaffold/topics/topic-from-schema.ts'
import { UsageError } from '../errors.ts'
import type { AddedValue } from '../pickers/completed-words.ts'
import type { Asker } from '../process/ask.ts'
import { flag, run } from '../suggestions.ts'
import { toAnswers } from './parse-flags.ts'

type Schema = Parameters<typeof topicFromSchema>[0]
type Examples = NonNullable<NonNullable<Parameters<typeof topicFromSchema>[2]>['examples']>

/** Where the events of topics are read from. */
interface EventSources {
  /** Schemas by the path of their file, relative to the folder of the service. */
  readonly schemas: ReadonlyMap<string, Schema>
  /** The topics of the service's own aggregates. */
  readonly aggregates: readonly KnownTopic[]
  /** Makes example values of the variants of a schema. */
  readonly examplesOf: (schema: Schema) => Promise<Examples>
  /** Reads the newest events of a topic; `undefined` if the bus is not a source or does not have the topic. */
  readonly readTopic: (topic: string) => Promise<KnownTopic | undefined>
}

/** Finds the steps of a saga: the events of each topic, and the role of each event. Asks the user about unclear roles. */
export class SagaSteps {
  readonly #sources: EventSources
  /** The role of each variant that `--as` or the user named. */
  readonly #roles: Map<string, Role>
  /** Absent: the user cannot be asked. */
  readonly #asker: Asker | undefined
  /** The topics of the schemas and of the service's aggregates. */
  readonly #known: readonly KnownTopic[]
  /** What the user has answered, as it can stand on the command line. */
  readonly answers: AddedValue[] = []

  constructor(sources: EventSources, roleOf: Map<string, Role>, asker: Asker | undefined) {
    this.#sources = sources
    this.#roles = roleOf
    this.#asker = asker
    const ofSchemas = [...sources.schemas].map(([file, schema]) => topicFromSchema(schema, file, { roles: roleOf }))
    // A topic may have both. Its schema is more exact, as it includes the user's answers to what the source leaves open.
    const others = sources.aggregates.filter(({ topic }) => !ofSchemas.some((known) => known.topic === topic))
    this.#known = [...ofSchemas, ...others]
  }

  /**
   * Asks for the topics of the saga. Returns the topic that starts the saga, then the topics of the later steps in order.
   * `UsageError` with the command line `example` if the user cannot be asked or fewer than two topics are known.
   */
  async chooseTopics(example: string): Promise<readonly string[]> {
    if (this.#asker === undefined || this.#known.length < 2) {
      throw new UsageError('name the topics of the saga', [run(example)])
    }
    const first = await this.#asker.oneOf(
      'Which topic starts the saga?',
      this.#known.map(toChoice),
      this.#known[0]?.topic ?? '',
    )
    const rest = this.#known.filter(({ topic }) => topic !== first)
    const topics = [first, ...(await this.#asker.someOf('Which topics follow, in this order?', rest.map(toChoice)))]
    this.answers.push({ name: 'on', isFlag: true, value: topics.join(',') })
    return topics
  }

  /** Returns the step that a topic stands for. `UsageError` if its events are unknown or none of them can be a step. */
  async stepOn(topic: string): Promise<Step> {
    const known = this.#known.find((one) => one.topic === topic)
    if (known !== undefined) await this.#askForRoles(known)
    const found = (await this.#withExamples(known)) ?? (await this.#sources.readTopic(topic))
    const step = found && stepOf(found)
    if (step !== undefined) return step
    if (found !== undefined && found.events.length > 0) {
      const names = found.events.map(({ name }) => spellings.pascal(name)).join(', ')
      throw new UsageError(`no event of ${topic} can be a step, only ${names} (${found.source})`)
    }
    const aggregate = topic.replace(/-events$/, '')
    throw new UsageError(
      `the events of ${topic} are unknown: no schema, no aggregate of this service and no event on the topic`,
      [
        ...(this.#known.length === 0 ? [] : [flag(`--on ${this.#known.map((one) => one.topic).join(',')}`)]),
        run(`crbus new aggregate ${aggregate}`),
        run('crbus schema import services/orders'),
      ],
    )
  }

  /** Asks for the event field that fills each command field without a source. Returns the plan with the answers. */
  async withSources(plan: SagaPlan): Promise<SagaPlan> {
    // `openFields` also checks the sources that `--field` names, so it runs even if the user cannot be asked.
    const open = openFields(plan)
    if (this.#asker === undefined) return plan
    const sources = new Map(plan.sources)
    for (const { path, candidates } of open) {
      if (candidates.length === 0) continue
      const choices = [...candidates, ''].map((value) => ({
        value,
        label: value || 'none of these: leave the field open',
      }))
      const source = await this.#asker.oneOf(`Which event field is ${path}?`, choices, '')
      if (source === '') continue
      sources.set(path, source)
      this.answers.push({ name: 'field', isFlag: true, value: `${path}=${source}` })
    }
    return { ...plan, sources }
  }

  /** Asks for the role of each variant whose name does not show it. `UsageError` if the user cannot be asked. */
  async #askForRoles({ unclear = [], source }: KnownTopic): Promise<void> {
    const [first] = unclear
    if (first === undefined) return
    if (this.#asker === undefined) {
      throw new UsageError(
        `the source of ${source} does not say whether ${unclear.join(', ')} is a command or an event`,
        [
          flag(unclear.map((variant) => `--as ${variant}=event`).join(' ')),
          flag(`--as ${first}=command`),
          flag(`--as ${first}=failure`),
        ],
      )
    }
    for (const variant of unclear) {
      const role = await this.#asker.oneOf(`What is ${variant}?`, roleChoices, 'event')
      this.#roles.set(variant, role as Role)
      this.answers.push({ name: 'as', isFlag: true, value: `${variant}=${role}` })
    }
  }

  /** Derives a topic from its schema again, now with all roles and with example values for the tests of the saga. */
  async #withExamples(topic: KnownTopic | undefined): Promise<KnownTopic | undefined> {
    const schema = topic?.schema === undefined ? undefined : this.#sources.schemas.get(topic.schema)
    if (topic?.schema === undefined || schema === undefined) return topic
    const examples = await this.#sources.examplesOf(schema)
    return topicFromSchema(schema, topic.schema, { examples, roles: this.#roles })
  }
}

const roleChoices = [
  { value: 'command', label: 'a command' },
  { value: 'event', label: 'an event' },
  { value: 'failure', label: 'an event that reports a failed command' },
]

const toChoice = ({ topic, source }: KnownTopic) => ({ value: topic, label: topic, hint: source })

/** Parses every `--as VARIANT=ROLE` into a map by variant. */
export function readRoles(texts: readonly string[] | undefined): Map<string, Role> {
  const read = new Map<string, Role>()
  for (const [variant, text] of toAnswers('--as', texts, 'ProcessPayment=command')) {
    const role = roles.find((one) => one === text)
    if (role === undefined) {
      throw new UsageError(`--as ${variant}=${text}: '${text}' is not one of ${roles.join(', ')}`, [
        flag(`--as ${variant}=command`),
      ])
    }
    read.set(variant, role)
  }
  return read
}
