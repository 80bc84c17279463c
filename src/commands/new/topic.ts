import { Args, Flags } from '@oclif/core'
import { isEventTopic, topicNameError } from '../../bus/names/names.ts'
import { parseName, toDuration } from '../../cli/base/flags.ts'
import { NewCommand, type Scaffolded, writeFlags } from '../../cli/base/scaffold-command.ts'
import { recordKeys, type TopicCodec, topicCodecs, topicEnvelopes } from '../../cli/config/config-file.ts'
import { UsageError } from '../../cli/errors.ts'
import { planEdit } from '../../scaffold/plan/plan.ts'
import { readTarget } from '../../scaffold/plan/target.ts'

export default class NewTopic extends NewCommand {
  static override summary = 'declare a topic of a service in crbus.json'
  static override description =
    'The bus is left as it is: "crbus topics apply" makes declared topics. A topic that is declared already keeps its settings, and gets those it does not have.'
  static override examples = [
    '<%= config.bin %> new topic order-events --partitions 6 --retention 30d',
    '<%= config.bin %> new topic order-commands --codec cbor --key aggregate --id order_id',
  ]
  static override args = { topic: Args.string({ description: 'topic to declare', ignoreStdin: true }) }
  static override flags = {
    'dry-run': writeFlags['dry-run'],
    yes: writeFlags.yes,
    partitions: Flags.integer({ description: 'number of partitions', default: 3, min: 1 }),
    replication: Flags.integer({ description: 'copies of each partition; default: what the broker is set to', min: 1 }),
    retention: Flags.string({
      description: 'how long its events are kept; default: as the broker is set to',
      helpValue: '7d',
    }),
    codec: Flags.option({ options: topicCodecs })({
      description: 'codec of its payloads, which "crbus publish" and "crbus tail" then use',
    }),
    envelope: Flags.option({ options: topicEnvelopes })({
      description: 'format of its envelopes; default: bincode, which Rust services read',
    }),
    key: Flags.option({ options: recordKeys })({
      description: 'record key: the event type (default), or the id of the aggregate, in the field that --id names',
    }),
    id: Flags.string({
      parse: parseName,
      description: 'field of its payloads with the id of the aggregate; implies --key aggregate',
      helpValue: 'field',
    }),
  }

  async run(): Promise<Scaffolded> {
    const { args, flags } = await this.parse(NewTopic)
    const root = await this.serviceRoot()
    const topic = args.topic ?? (await this.#ask(flags.yes))
    const wrong = topicNameError(topic)
    if (wrong !== undefined) throw wrong
    const { partitions, replication, retention, codec, envelope } = flags
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
    if (result.written.length > 0) await this.notice('declared; the bus is changed by: crbus topics apply')
    return result
  }

  /** A topic with a schema is written in bincode: crbus.json with another codec beside it would not be read any more. */
  async #refuseSecondFormat(topic: string, codec: TopicCodec | undefined): Promise<void> {
    const declared = (await this.configOf({})).topics.get(topic)
    if (declared?.value.schema === undefined || codec === undefined || codec === 'bincode') return
    throw new UsageError(`topic '${topic}' has a schema in ${declared.from}, which is for the codec bincode`, [
      '--codec bincode',
    ])
  }

  #ask(yes: boolean): Promise<string> {
    if (!this.asks({ yes })) throw new UsageError('name the topic', ['crbus new topic order-events'])
    return this.asker.text('Which topic?', (text) => topicNameError(text)?.message)
  }
}

type RecordKey = (typeof recordKeys)[number]

interface KeyFlags {
  readonly key?: RecordKey | undefined
  readonly id?: string | undefined
}

/** The settings of the record key. `UsageError` for an aggregate without the field of its id, and for a field without use. */
function keySettings({ key, id }: KeyFlags): { readonly key?: RecordKey; readonly id?: string } {
  if (key === 'aggregate' && id === undefined) {
    throw new UsageError('--key aggregate needs --id, the field of payloads with the id of the aggregate', [
      '--key aggregate --id order_id',
    ])
  }
  if (key === 'type' && id !== undefined) {
    throw new UsageError('--id names the field to key records by, and --key type keys them by event type', [
      '--key aggregate',
    ])
  }
  if (id !== undefined) return { key: 'aggregate', id }
  return key === undefined ? {} : { key }
}
