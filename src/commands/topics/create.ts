import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, toPair } from '../../cli/base/flags.ts'
import { applyCreateTopic, type CreateTopicPlan, planCreateTopic } from '../../operations/topics/topics.ts'
import { formatTable } from '../../ui/text/table.ts'

export default class TopicsCreate extends ChangeCommand {
  static override summary = 'create a topic'
  static override examples = [
    '<%= config.bin %> topics create order-events',
    '<%= config.bin %> topics create order-events --partitions 6 --replication 3 --config retention.ms=604800000',
  ]
  static override args = { topic: Args.string({ description: 'topic to create', required: true, ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    partitions: Flags.integer({ description: 'number of partitions', default: 3, min: 1 }),
    replication: Flags.integer({ description: 'copies of each partition; default: what the broker is set to', min: 1 }),
    config: Flags.string({
      description: 'a setting of the topic',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'name=value',
    }),
    'dry-run': changeFlags['dry-run'],
    confirm: changeFlags.confirm,
  }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<CreateTopicPlan & { readonly applied: boolean }> {
    const { args, flags } = await this.parse(TopicsCreate)
    const settings = (flags.config ?? []).map((one) => toPair('--config', one, 'retention.ms=604800000'))
    const config = Object.fromEntries(settings)
    const { partitions, replication } = flags
    const bus = await this.openBus(flags)
    const plan = await planCreateTopic(bus, args.topic, { partitions, replication, config })
    for (const warning of plan.warnings) await this.notice(`warning: ${warning}`)
    const { topic } = plan
    return this.carryOut(flags, {
      plan,
      name: topic,
      shown: formatTable(['TOPIC', 'PARTITIONS', 'REPLICAS'], [[topic, partitions, replication ?? '-']]),
      isNothing: false,
      apply: async () => {
        await applyCreateTopic(bus, plan)
        return {}
      },
      done: () => `created ${topic}`,
    })
  }
}
