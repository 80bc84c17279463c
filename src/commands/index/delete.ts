import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags } from '../../cli/base/flags.ts'
import { eventIndexPath } from '../../cli/event-index.ts'
import { type DeleteIndexPlan, deleteIndex, planDeleteIndex } from '../../operations/event-index/delete-index.ts'
import { formatDeletion } from '../../ui/event-index/format-index.ts'
import { formatBytes } from '../../ui/text/format-bytes.ts'

export default class IndexDelete extends ChangeCommand {
  static override summary = 'Delete the index of a bus'
  static override document = 'index/delete'
  static override description =
    'Deletes the local file. The events on the bus stay, and "crbus index" builds the index again.'
  static override examples = ['<%= config.bin %> index delete', '<%= config.bin %> index delete --yes']
  static override flags = { ...busFlags, ...changeFlags }

  async run(): Promise<DeleteIndexPlan & { readonly applied: boolean }> {
    await this.parse(IndexDelete)
    // Only a local file changes, so a profile that protects the bus does not matter.
    const bus = await this.openBusToRead()
    const plan = planDeleteIndex(await eventIndexPath(bus, this.context))
    return this.carryOut({
      plan,
      name: plan.file,
      shown: formatDeletion(plan),
      isNothing: !plan.exists,
      question: `Delete the index ${plan.file} (${formatBytes(plan.bytes)})?`,
      apply: async () => {
        deleteIndex(plan)
        return {}
      },
      done: () => `deleted ${plan.file}`,
    })
  }
}
