import { BaseCommand } from '../cli/base/base-command.ts'
import { busFlags, tableFlags } from '../cli/base/flags.ts'
import { inspectCluster } from '../operations/cluster/inspect-cluster.ts'
import { formatCluster } from '../ui/cluster/format-cluster.ts'

export default class Cluster extends BaseCommand {
  static override summary = 'Show the brokers, disks, quotas and partition health of a cluster'
  static override document = 'cluster'
  static override description =
    'Of an embedded bus, shows the file. Parts that the user may not see are named, with the ACL that is missing. RELEASE is what the cluster was upgraded to, and of a broker the oldest release that supports its requests.'
  static override examples = ['<%= config.bin %> cluster', '<%= config.bin %> cluster -b kafka-1:9092 --json']
  static override flags = { ...busFlags, ...tableFlags }

  protected override readonly namesBus = true

  async run() {
    await this.parse(Cluster)
    const report = await inspectCluster(await this.openBus())
    await this.print(formatCluster(report, this.tableWidth))
    const { underReplicated, offline } = report
    if (underReplicated.length + offline.length > 0) {
      await this.notice(
        `warning: ${underReplicated.length} under-replicated and ${offline.length} offline partitions; "crbus doctor" judges them`,
      )
    }
    return report
  }
}
