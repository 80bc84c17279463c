import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, defaultInDescription } from '../../cli/base/flags.ts'
import { toPair } from '../../cli/base/parse-flags.ts'
import { applyCreateTopic, planCreateTopic } from '../../operations/topics/topics.ts'
import { withWarningMessages } from '../../ui/notes/topic-notes.ts'
import { formatTable } from '../../ui/text/table.ts'

export default class TopicsCreate extends ChangeCommand {
  static override summary = 'Create a topic'
  static override document = 'topics/create'
  static override examples = [
    '<%= config.bin %> topics create order-events',
    '<%= config.bin %> topics create order-events --partitions 6 --replication 3 --config retention.ms=604800000',
  ]
  static override args = { topic: Args.string({ description: 'Topic to create', required: true, ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
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
    config: Flags.string({
      description: 'Topic setting; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME=VALUE',
    }),
    'dry-run': changeFlags['dry-run'],
    confirm: changeFlags.confirm,
    wide: changeFlags.wide,
  }

  protected override readonly mayPrecedeBus = true

  async run() {
    const { args, flags } = await this.parse(TopicsCreate)
    const settings = (flags.config ?? []).map((one) => toPair('--config', one, 'retention.ms=604800000'))
    const config = Object.fromEntries(settings)
    const { partitions: partitionCount, replication } = flags
    const bus = await this.openBus()
    const plan = withWarningMessages(await planCreateTopic(bus, args.topic, { partitionCount, replication, config }))
    for (const { message } of plan.warnings) await this.notice(`warning: ${message}`)
    const { topic } = plan
    return this.carryOut({
      plan,
      name: topic,
      shown: formatTable(
        ['TOPIC', 'PARTITIONS', 'REPLICAS'],
        [[topic, partitionCount, replication ?? '-']],
        this.tableWidth,
      ),
      isNothing: false,
      apply: async () => {
        await applyCreateTopic(bus, plan)
        return {}
      },
      done: () => `created ${topic}`,
    })
  }
}
