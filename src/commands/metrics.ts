import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { groupFlag, readFlags, topicFlag } from '../cli/base/flags.ts'
import { parseListen } from '../cli/base/parse-flags.ts'
import { measureLag } from '../operations/lag/lag.ts'
import { formatMetrics } from '../ui/format-metrics.ts'
import { type LagDocument, lagDocument } from '../ui/notes/lag-notes.ts'

export default class Metrics extends BaseCommand {
  static override summary = 'Print or serve the lag of consumer groups as Prometheus metrics'
  static override document = 'lag'
  static override description = [
    'Prints the Prometheus text format, for example for the textfile collector of node_exporter. With --json, prints the document of "crbus lag --json". The command only reads, and does not join a group.',
    'With --listen, serves the metrics at /metrics for Prometheus to scrape. Every scrape measures again. If the bus cannot be measured, the response is a 503 with the reason, so Prometheus sets "up" to 0. Without a host, only this machine can connect. Ctrl-C or SIGTERM ends the command.',
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
      description: 'Address to serve the metrics at; port 0 selects a free port',
      helpValue: '[HOST:]PORT',
      exclusive: ['json'],
    }),
  }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<LagDocument | undefined> {
    const { flags } = await this.parse(Metrics)
    const { group: groups, topic: topics, listen } = flags
    const address = listen === undefined ? undefined : parseListen(listen)
    const bus = await this.openBus()
    const measure = () => measureLag(bus, { groups, topics, now: this.context.now, signal: this.signal })
    if (address === undefined) {
      const report = await measure()
      await this.print(formatMetrics(report))
      return lagDocument(report, this.context.now())
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
