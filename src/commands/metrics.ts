import { BaseCommand } from '../cli/base-command.ts'
import { busFlags, groupFlag, topicFlag } from '../cli/flags.ts'
import { type LagReport, measureLag } from '../operations/lag.ts'
import { formatMetrics } from '../ui/format-metrics.ts'

export default class Metrics extends BaseCommand {
  static override summary = 'print the lag of all groups as Prometheus text'
  static override description =
    'For the textfile collector of node_exporter, or anything else that reads the text format. Reads only and joins no group; with --json what "crbus lag --json" prints.'
  static override examples = [
    '<%= config.bin %> metrics > /var/lib/node_exporter/crbus.prom',
    "<%= config.bin %> metrics --group 'composable-rust-*'",
  ]
  static override flags = { ...busFlags, group: groupFlag, topic: topicFlag }

  async run(): Promise<LagReport> {
    const { flags } = await this.parse(Metrics)
    const { group: groups, topic: topics } = flags
    const bus = await this.openBus(flags)
    const report = await measureLag(bus, { groups, topics, now: this.context.now, signal: this.signal })
    for (const metric of formatMetrics(report)) await this.print(metric)
    return report
  }
}
