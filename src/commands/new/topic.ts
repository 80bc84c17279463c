import { Args, Flags } from '@oclif/core'
import { isEventTopic, topicNameError } from '../../bus/names.ts'
import { UsageError } from '../../cli/errors.ts'
import { toDuration } from '../../cli/flags.ts'
import { NewCommand, type Scaffolded, writeFlags } from '../../cli/new-command.ts'
import { planEdit } from '../../scaffold/plan.ts'
import { readTarget } from '../../scaffold/target.ts'

export default class NewTopic extends NewCommand {
  static override summary = 'declare a topic of a service in crbus.json'
  static override description =
    'The bus is left as it is: "crbus topics apply" makes declared topics. A topic that is declared already stays as it is.'
  static override examples = ['<%= config.bin %> new topic order-events --partitions 6 --retention 30d']
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
  }

  async run(): Promise<Scaffolded> {
    const { args, flags } = await this.parse(NewTopic)
    const root = await this.serviceRoot()
    const topic = args.topic ?? (await this.#ask(flags.yes))
    const wrong = topicNameError(topic)
    if (wrong !== undefined) throw wrong
    const { partitions, replication, retention } = flags
    toDuration('--retention', retention, '7d')
    const settings = {
      partitions,
      ...(replication === undefined ? {} : { replication }),
      ...(retention === undefined ? {} : { retention }),
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

  #ask(yes: boolean): Promise<string> {
    if (!this.asks({ yes })) throw new UsageError('name the topic', ['crbus new topic order-events'])
    return this.asker.text('Which topic?', (text) => topicNameError(text)?.message)
  }
}
