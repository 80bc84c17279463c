import { Args, Flags } from '@oclif/core'
import { busFlags } from '../../cli/base/flags.ts'
import { ListCommand } from '../../cli/lists/list-command.ts'
import { listFlags, parseSort } from '../../cli/lists/list-flags.ts'
import { listTopics, type TopicOverview } from '../../operations/topics/topics.ts'
import type { ListColumn } from '../../ui/text/list-columns.ts'

const COLUMNS: readonly ListColumn<TopicOverview>[] = [
  { header: 'TOPIC', cell: ({ topic }) => topic },
  { header: 'PARTITIONS', cell: ({ partitionCount }) => partitionCount },
  { header: 'REPLICAS', cell: ({ replication }) => replication },
  { header: 'EVENTS', cell: ({ eventCount }) => eventCount },
]

export default class TopicsList extends ListCommand {
  static override summary = 'List the topics on the bus'
  static override document = 'topics/list'
  static override aliases = ['ls']
  static override strict = false
  static override usage = 'topics list [TOPIC]...'
  static override examples = [
    '<%= config.bin %> topics list',
    "<%= config.bin %> topics list 'order-*' --sort events:desc --limit 10",
    '<%= config.bin %> topics list -b 127.0.0.1:9092 --json',
  ]
  static override args = {
    topic: Args.string({ description: 'Only these topics; * and ? are wildcards', ignoreStdin: true }),
  }
  static override flags = {
    ...busFlags,
    ...listFlags,
    internal: Flags.boolean({ description: 'Include internal topics of the broker' }),
  }

  async run(): Promise<{ readonly topics: readonly TopicOverview[] }> {
    const { argv, flags } = await this.parse(TopicsList)
    const order = await parseSort(flags.sort, COLUMNS)
    const bus = await this.openBus()
    const none = 'no topics yet; "crbus topics create" creates one'
    const topics = await this.printList({
      noun: 'topics',
      items: await listTopics(bus, { internal: flags.internal }),
      columns: COLUMNS,
      order,
      limit: flags.limit,
      nameOf: ({ topic }) => topic,
      patterns: argv as string[],
      whyEmpty: async () => (this.busExists ? this.whyEmpty(bus, 'topic', none) : undefined),
    })
    const compacted = topics.filter(({ counts }) => counts === 'offsets').map(({ topic }) => topic)
    if (compacted.length > 0) {
      await this.notice(
        `EVENTS counts offsets of compacted topics, so there may be fewer events: ${compacted.join(', ')}`,
      )
    }
    const { rememberNames } = await import('../../cli/completion/names-cache.ts')
    rememberNames(this.context, await this.configuration(), { topics: topics.map(({ topic }) => topic) })
    return { topics }
  }
}
