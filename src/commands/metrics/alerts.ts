import { BaseCommand } from '../../cli/base/base-command.ts'

export default class MetricsAlerts extends BaseCommand {
  static override summary = 'Print alert rules for Prometheus'
  static override document = 'metrics/file'
  static override description =
    'Prints a file for rule_files of Prometheus, with alerts about the metrics of "crbus metrics --listen": groups that have stopped, stalled or fall behind, events that were lost, partitions without a leader, the outbox, timers, dead letters, and crbus itself. The command connects to nothing.'
  static override examples = ['<%= config.bin %> metrics alerts > crbus-alerts.yml']
  static override flags = {}

  async run(): Promise<{ readonly name: string; readonly text: string }> {
    await this.parse(MetricsAlerts)
    const { formatAlertRules } = await import('../../ui/metrics/alert-rules.ts')
    const text = formatAlertRules()
    await this.print(text)
    return { name: 'crbus-alerts.yml', text }
  }
}
