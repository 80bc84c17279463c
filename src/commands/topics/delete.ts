import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { confirmOrRefuse } from '../../cli/confirm.ts'
import { busFlags, changeFlags } from '../../cli/flags.ts'
import { applyDeleteTopics, type DeleteTopicPlan, planDeleteTopics } from '../../operations/topics.ts'
import { formatTable } from '../../ui/table.ts'

export default class TopicsDelete extends BaseCommand {
  static override summary = 'delete topics and every event on them'
  static override strict = false
  static override usage = 'topics delete TOPIC...'
  static override examples = ['<%= config.bin %> topics delete old-events --dry-run']
  static override args = { topic: Args.string({ description: 'topics to delete', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags, ...changeFlags }

  async run(): Promise<DeleteTopicPlan & { readonly deleted: boolean }> {
    const { argv, flags } = await this.parse(TopicsDelete)
    const bus = await this.openBus(flags)
    const plan = await planDeleteTopics(bus, argv as string[])
    const rows = plan.topics.map(({ topic, partitions, events }) => [topic, partitions, events])
    await this.print(formatTable(['TOPIC', 'PARTITIONS', 'EVENTS-LOST'], rows))
    if (flags['dry-run']) return { ...plan, deleted: false }
    const many = plan.topics.length === 1 ? 'this topic' : `these ${plan.topics.length} topics`
    await confirmOrRefuse(this.context, `Delete ${many} on ${plan.cluster.kind}?`, flags.yes)
    await applyDeleteTopics(bus, plan)
    await this.notice(`deleted ${plan.topics.map(({ topic }) => topic).join(', ')}`)
    return { ...plan, deleted: true }
  }
}
