import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags, tableFlags } from '../../cli/base/flags.ts'
import { eventIndexPath } from '../../cli/event-index.ts'
import { indexStatus } from '../../operations/event-index/index-status.ts'
import { formatStatus } from '../../ui/event-index/format-index.ts'

export default class IndexStatus extends BaseCommand {
  static override summary = 'Show which events are indexed, and the size of the index'
  static override document = 'index/status'
  static override examples = ['<%= config.bin %> index status']
  static override flags = { ...busFlags, ...tableFlags }

  async run() {
    await this.parse(IndexStatus)
    const bus = await this.openBus()
    const status = await indexStatus(bus, await eventIndexPath(bus, this.context))
    await this.print(formatStatus(status, this.tableWidth))
    return status
  }
}
