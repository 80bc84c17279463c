import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags } from '../../cli/base/flags.ts'
import { applyAddPartitions, planAddPartitions } from '../../operations/topics/add-partitions.ts'
import { PARTITIONS_ADDED } from '../../ui/notes/topic-notes.ts'
import { plural } from '../../ui/text/listed.ts'
import { formatTable } from '../../ui/text/table.ts'

export default class TopicsAddPartitions extends ChangeCommand {
  static override summary = 'Add partitions to a topic'
  static override document = 'topics/grow'
  static override description =
    'With more partitions, most keys map to another partition than before. The events of such a key are then in two partitions, so consumers may read them out of order. Partitions cannot be removed.'
  static override examples = ['<%= config.bin %> topics add-partitions order-events --to 6 --dry-run']
  static override args = { topic: Args.string({ description: 'Topic to change', required: true, ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...changeFlags,
    to: Flags.integer({
      description: 'Number of partitions that the topic has afterwards',
      required: true,
      min: 1,
      helpValue: 'NUMBER',
    }),
  }

  async run() {
    const { args, flags } = await this.parse(TopicsAddPartitions)
    const bus = await this.openBus()
    const plan = await planAddPartitions(bus, args.topic, flags.to)
    const { kind } = await bus.admin.describeCluster()
    const { topic, from, to, eventCount } = plan
    const table = formatTable(
      ['TOPIC', 'PARTITIONS', 'NEW-PARTITIONS', 'EVENTS'],
      [[topic, from, to, eventCount]],
      this.tableWidth,
    )
    return this.carryOut({
      plan,
      name: topic,
      shown: eventCount === 0n ? table : `${table}\nwarning: ${PARTITIONS_ADDED}\n`,
      isNothing: false,
      question: `Add ${plural(to - from, 'partition')} to topic ${topic} on ${kind}?`,
      apply: async () => ({ partitionCount: await applyAddPartitions(bus, topic, plan) }),
      done: ({ partitionCount }) => `${topic} has ${plural(partitionCount, 'partition')}`,
    })
  }
}
