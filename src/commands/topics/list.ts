import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { listTopics, type TopicOverview } from '../../operations/topics/topics.ts'
import { formatTable } from '../../ui/text/table.ts'

export default class TopicsList extends BaseCommand {
  static override summary = 'List the topics on the bus'
  static override document = 'topics/list'
  static override aliases = ['ls']
  static override examples = ['<%= config.bin %> topics list', '<%= config.bin %> topics list -b 127.0.0.1:9092 --json']
  static override flags = {
    ...busFlags,
    internal: Flags.boolean({ description: 'Include internal topics of the broker' }),
  }

  async run(): Promise<{ readonly topics: readonly TopicOverview[] }> {
    const { flags } = await this.parse(TopicsList)
    const bus = await this.openBus()
    const topics = await listTopics(bus, { internal: flags.internal })
    if (topics.length === 0 && this.busExists) {
      await this.notice(await this.whyEmpty(bus, 'topic', 'no topics yet; "crbus topics create" creates one'))
    }
    const rows = topics.map(({ topic, partitionCount, replication, eventCount }) => [
      topic,
      partitionCount,
      replication,
      eventCount,
    ])
    await this.print(formatTable(['TOPIC', 'PARTITIONS', 'REPLICAS', 'EVENTS'], rows))
    const compacted = topics.filter(({ counts }) => counts === 'offsets').map(({ topic }) => topic)
    if (compacted.length > 0) {
      await this.notice(
        `EVENTS counts offsets of compacted topics, so there may be fewer events: ${compacted.join(', ')}`,
      )
    }
    return { topics }
  }
}
