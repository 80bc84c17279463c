import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { groupFlag, parseListen, readFlags, topicFlag } from '../cli/base/flags.ts'
import { type LagReport, measureLag } from '../operations/lag/lag.ts'
import { formatMetrics } from '../ui/format-metrics.ts'

export default class Metrics extends BaseCommand {
  static override summary = 'print or serve the lag of all groups as Prometheus text'
  static override description = [
    'For the textfile collector of node_exporter, or anything else that reads the text format. Reads only and joins no group; with --json what "crbus lag --json" prints.',
    'With --listen Prometheus itself fetches it, at /metrics: every scrape measures anew, and a bus that cannot be measured is a 503 with the reason, by which Prometheus sets "up" to 0. Serves this machine alone unless a host is named. Ctrl-C or SIGTERM ends it.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> metrics > /var/lib/node_exporter/crbus.prom',
    "<%= config.bin %> metrics --group 'composable-rust-*'",
    '<%= config.bin %> metrics --listen 9464',
  ]
  static override flags = {
    ...readFlags,
    group: groupFlag,
    topic: topicFlag,
    listen: Flags.string({
      description: 'serve it instead; port 0 takes any that is free',
      helpValue: '[host:]port',
      exclusive: ['json'],
    }),
  }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<LagReport | undefined> {
    const { flags } = await this.parse(Metrics)
    const { group: groups, topic: topics, listen } = flags
    const address = listen === undefined ? undefined : parseListen(listen)
    const bus = await this.openBus(flags)
    const measure = () => measureLag(bus, { groups, topics, now: this.context.now, signal: this.signal })
    if (address === undefined) {
      const report = await measure()
      await this.print(formatMetrics(report))
      return report
    }
    const { serveMetrics } = await import('../cli/metrics-server.ts')
    await serveMetrics({
      ...address,
      measure: async () => [...formatMetrics(await measure())].join(''),
      signal: this.signal,
      onNotice: (notice) => void this.notice(notice),
    })
    return undefined
  }
}
