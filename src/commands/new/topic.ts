import { Args, Flags } from '@oclif/core'
import { isEventTopic, topicNameError } from '../../bus/names/names.ts'
import { defaultInDescription } from '../../cli/base/flags.ts'
import { anyOf, toDuration } from '../../cli/base/parse-flags.ts'
import { ScaffoldCommand, type Scaffolded } from '../../cli/base/scaffold-command.ts'
import { writeFlags } from '../../cli/base/scaffold-flags.ts'
import { recordKeys, type TopicCodec, topicCodecs, topicEnvelopes } from '../../cli/config/config-file.ts'
import { UsageError } from '../../cli/errors.ts'
import { flag, run } from '../../cli/suggestions.ts'
import { planEdit } from '../../scaffold/plan/plan.ts'
import { readTarget } from '../../scaffold/plan/target.ts'

export default class NewTopic extends ScaffoldCommand {
  static override summary = 'Declare a topic in crbus.json'
  static override description =
    'Does not change the bus: "crbus topics apply" creates declared topics. A topic that is already declared keeps its settings and gets the settings that it lacks.'
  static override examples = [
    '<%= config.bin %> new topic order-events --partitions 6 --retention 30d',
    '<%= config.bin %> new topic order-commands --codec cbor --key aggregate --id order_id',
  ]
  static override args = { topic: Args.string({ description: 'Topic to declare', ignoreStdin: true }) }
  static override flags = {
    'dry-run': writeFlags['dry-run'],
    yes: writeFlags.yes,
    partitions: Flags.integer({
      description: 'Number of partitions (default: 3)',
      default: 3,
      ...defaultInDescription,
      min: 1,
      helpValue: 'NUMBER',
    }),
    replication: Flags.integer({
      description: 'Number of replicas of each partition (default: as configured on the broker)',
      min: 1,
      helpValue: 'NUMBER',
    }),
    retention: Flags.string({
      description: 'How long events are kept, such as 7d (default: as configured on the broker)',
      helpValue: 'DURATION',
    }),
    codec: Flags.option({ options: topicCodecs })({
      description: `Codec of the payloads for "crbus publish" and "crbus tail": ${anyOf(topicCodecs)}`,
      helpValue: 'CODEC',
    }),
    envelope: Flags.option({ options: topicEnvelopes })({
      description: 'Format of the envelope: bincode or cbor (default: bincode, which Rust services read)',
      helpValue: 'FORMAT',
    }),
    key: Flags.option({ options: recordKeys })({
      description: 'Record key: type for the event type, or aggregate for the id in the field of --id (default: type)',
      helpValue: 'KEY',
    }),
    id: Flags.string({
      description: 'Payload field with the id of the aggregate; implies --key aggregate',
      helpValue: 'FIELD',
    }),
  }

  async run(): Promise<Scaffolded> {
    const { args, flags } = await this.parse(NewTopic)
    const root = await this.serviceRoot()
    const topic = args.topic ?? (await this.#ask(flags.yes))
    const nameError = topicNameError(topic)
    if (nameError !== undefined) throw nameError
    const { partitions, replication, retention, codec, envelope } = flags
    // Only a check: crbus.json gets the duration as the user typed it.
    toDuration('--retention', retention, '7d')
    await this.#refuseSecondFormat(topic, codec)
    const settings = {
      partitions,
      ...(replication === undefined ? {} : { replication }),
      ...(retention === undefined ? {} : { retention }),
      ...(codec === undefined ? {} : { codec }),
      ...(envelope === undefined ? {} : { envelope }),
      ...keySettings(flags),
    }
    const before = readTarget(root, 'crbus.json')?.toString('utf8')
    const plan = planEdit(root, 'crbus.json', before, { topics: { [topic]: settings } })
    if (!isEventTopic(topic) && !topic.endsWith('-commands')) {
      await this.notice(`warning: '${topic}' does not follow the convention {aggregate}-events`)
    }
    const result = await this.write(plan, { ...flags, force: false })
    if (result.written.length > 0) await this.notice('declared; to create it on the bus: crbus topics apply')
    return result
  }

  /** Refuses a codec other than bincode for a topic with a schema, because crbus would reject the resulting crbus.json. */
  async #refuseSecondFormat(topic: string, codec: TopicCodec | undefined): Promise<void> {
    const declared = (await this.configuration()).topics.get(topic)
    if (declared?.value.schema === undefined || codec === undefined || codec === 'bincode') return
    throw new UsageError(`topic '${topic}' has a schema in ${declared.from}, and a schema needs the codec bincode`, [
      flag('--codec bincode'),
    ])
  }

  async #ask(yes: boolean): Promise<string> {
    if (!this.asks({ yes })) throw new UsageError('name the topic', [run('crbus new topic order-events')])
    const topic = await this.asker.text('Which topic?', (text) => topicNameError(text)?.message)
    this.answered({ name: 'topic', isFlag: false, value: topic })
    return topic
  }
}

type RecordKey = (typeof recordKeys)[number]

interface KeyFlags {
  readonly key?: RecordKey | undefined
  readonly id?: string | undefined
}

/** Returns the settings of the record key. `UsageError` for `--key aggregate` without `--id`, and for `--key type` with `--id`. */
function keySettings({ key, id }: KeyFlags): { readonly key?: RecordKey; readonly id?: string } {
  if (key === 'aggregate' && id === undefined) {
    throw new UsageError('--key aggregate needs --id, the field of payloads with the id of the aggregate', [
      flag('--key aggregate --id order_id'),
    ])
  }
  if (key === 'type' && id !== undefined) {
    throw new UsageError('--key type uses the event type as the record key, but --id names a field for it', [
      flag('--key aggregate'),
    ])
  }
  if (id !== undefined) return { key: 'aggregate', id }
  return key === undefined ? {} : { key }
}
