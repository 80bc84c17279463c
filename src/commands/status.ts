import { LocalCommand, localDocument } from '../cli/base/local-command.ts'
import { inspectLocal } from '../local/status.ts'
import { formatLocalStatus } from '../ui/format-local.ts'

export default class Status extends LocalCommand {
  static override summary = 'Show the local broker and Postgres of "crbus up"'
  static override document = 'status'
  static override description =
    'Asks the broker for its cluster and Postgres for its tables. Exits with code 0 if both answer, and with code 10 otherwise, also if they are stopped.'
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json']
  static override flags = {}

  async run() {
    await this.parse(Status)
    const report = await inspectLocal(this.local())
    await this.print(formatLocalStatus(report))
    if (report.state !== 'healthy') this.foundSomething()
    return localDocument(report)
  }
}
