import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags, tableFlags } from '../../cli/base/flags.ts'
import { describeTopic } from '../../operations/topics/topics.ts'
import { withWarningMessages } from '../../ui/notes/topic-notes.ts'
import { formatTopic } from '../../ui/topics/format-topic.ts'

export default class TopicsDescribe extends BaseCommand {
  static override summary = 'Show the partitions, offsets, settings and event types of a topic'
  static override document = 'topics/describe'
  static override examples = ['<%= config.bin %> topics describe order-events']
  static override args = { topic: Args.string({ description: 'Topic to describe', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags, ...tableFlags }

  async run() {
    const { args } = await this.parse(TopicsDescribe)
    const bus = await this.openBus()
    const report = withWarningMessages(await describeTopic(bus, args.topic))
    await this.print(formatTopic(report, this.tableWidth))
    for (const { message } of report.warnings) await this.notice(`warning: ${message}`)
    return report
  }
}
