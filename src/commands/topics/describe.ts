import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { describeTopic, type TopicReport } from '../../operations/topics/topics.ts'
import { formatTopic } from '../../ui/format-topic.ts'

export default class TopicsDescribe extends BaseCommand {
  static override summary = 'Show the partitions, offsets, settings and event types of a topic'
  static override examples = ['<%= config.bin %> topics describe order-events']
  static override args = { topic: Args.string({ description: 'Topic to describe', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags }

  async run(): Promise<TopicReport> {
    const { args } = await this.parse(TopicsDescribe)
    const bus = await this.openBus()
    const report = await describeTopic(bus, args.topic)
    await this.print(formatTopic(report))
    for (const warning of report.warnings) await this.notice(`warning: ${warning}`)
    return report
  }
}
