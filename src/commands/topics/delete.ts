import { Args } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags } from '../../cli/base/flags.ts'
import { applyDeleteTopics, type DeleteTopicPlan, planDeleteTopics } from '../../operations/topics/topics.ts'
import { counted, plural } from '../../ui/text/listed.ts'
import { printable } from '../../ui/text/printable.ts'
import { formatTable } from '../../ui/text/table.ts'

export default class TopicsDelete extends ChangeCommand {
  static override summary = 'Delete topics and all their events'
  static override document = 'topics/delete'
  static override strict = false
  static override usage = 'topics delete TOPIC...'
  static override examples = ['<%= config.bin %> topics delete old-events --dry-run']
  static override args = { topic: Args.string({ description: 'Topics to delete', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags, ...changeFlags }

  async run(): Promise<DeleteTopicPlan & { readonly applied: boolean }> {
    const { argv } = await this.parse(TopicsDelete)
    const bus = await this.openBus()
    const plan = await planDeleteTopics(bus, [...new Set(argv as string[])])
    const names = plan.topics.map(({ topic }) => topic)
    const rows = plan.topics.map(({ topic, partitionCount, eventCount }) => [topic, partitionCount, eventCount])
    const compacted = plan.topics.filter(({ counts }) => counts === 'offsets').map(({ topic }) => topic)
    const inexact =
      compacted.length === 0
        ? ''
        : `\nnote: EVENTS-LOST counts offsets of compacted topics, so there may be fewer events: ${printable(compacted.join(', '))}\n`
    const eventCount = plan.topics.reduce((sum, topic) => sum + topic.eventCount, 0n)
    const events = `${compacted.length === 0 ? '' : 'up to '}${plural(eventCount, 'event')}`
    return this.carryOut({
      plan,
      name: names.join(','),
      shown: formatTable(['TOPIC', 'PARTITIONS', 'EVENTS-LOST'], rows, this.tableWidth) + inexact,
      isNothing: false,
      question: `Delete ${counted(names, 'topic')} with ${events} on ${plan.bus.kind}?`,
      apply: async () => {
        await applyDeleteTopics(bus, plan)
        return {}
      },
      done: () => `deleted ${names.join(', ')}`,
    })
  }
}
