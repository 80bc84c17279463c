import { BaseCommand } from '../../cli/base/base-command.ts'

export default class MetricsDashboard extends BaseCommand {
  static override summary = 'Print a dashboard for Grafana'
  static override document = 'metrics/file'
  static override description =
    'Prints the JSON of a dashboard about the metrics of "crbus metrics --listen", for Grafana 9 and later: import it, or put it into a folder that Grafana provisions. A variable chooses the Prometheus data source. The command connects to nothing.'
  static override examples = ['<%= config.bin %> metrics dashboard > crbus-dashboard.json']
  static override flags = {}

  async run(): Promise<{ readonly name: string; readonly text: string }> {
    await this.parse(MetricsDashboard)
    const { formatDashboard } = await import('../../ui/metrics/dashboard.ts')
    const text = formatDashboard()
    await this.print(text)
    return { name: 'crbus-dashboard.json', text }
  }
}
