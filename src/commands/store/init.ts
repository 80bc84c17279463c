import { ChangeCommand } from '../../cli/base/change-command.ts'
import { changeFlags, storeFlags } from '../../cli/base/flags.ts'
import { applyStoreInit, planStoreInit, type StoreInitPlan } from '../../operations/store/init.ts'
import { formatStoreInit } from '../../ui/format-store-init.ts'

export default class StoreInit extends ChangeCommand {
  static override summary = 'create the tables of an event store, those that are missing'
  static override description =
    "In Postgres they are Composable Rust's own (events, snapshots, failed_events), which its services may share, and two of crbus's beside them. What is there is not altered, except that crbus's own tables get the columns that a newer version needs. When a table of those names is another one, nothing is done."
  static override examples = [
    '<%= config.bin %> store init --dry-run',
    '<%= config.bin %> store init --store postgres://crbus@localhost/orders --yes',
    '<%= config.bin %> store init --store data/store.db',
  ]
  static override flags = { ...storeFlags, ...changeFlags }

  async run(): Promise<StoreInitPlan & { readonly applied: boolean }> {
    const { flags } = await this.parse(StoreInit)
    await using setup = await this.openStoreSetup(flags)
    const plan = await planStoreInit(setup)
    const { location } = plan
    const missing = plan.parts.filter(({ exists }) => !exists)
    const isNothing = missing.length === 0
    await this.notice(isNothing ? `the event store at ${location} has all its tables` : `event store: ${location}`)
    // Awaited here, while it is open.
    return await this.carryOut(flags, {
      plan,
      name: location.split(/[\\/]/).at(-1) ?? location,
      shown: formatStoreInit(plan),
      isNothing,
      question: `Create these ${missing.length} at ${location}?`,
      apply: () => applyStoreInit(setup),
      done: ({ created }) => `created ${created.map(({ name }) => name).join(', ')}`,
    })
  }
}
