import { ChangeCommand } from '../../cli/base/change-command.ts'
import { changeFlags, storeFlags } from '../../cli/base/flags.ts'
import { applyStoreInit, planStoreInit, type StoreInitPlan } from '../../operations/store/init.ts'
import { formatStoreInit } from '../../ui/format-store-init.ts'

export default class StoreInit extends ChangeCommand {
  static override summary = 'Create the missing tables of an event store'
  static override document = 'store/init'
  static override description =
    "In Postgres, these are the tables of Composable Rust (events, snapshots, failed_events), which Rust services may share, and two tables of crbus. Existing tables are not altered, except that crbus's own tables get the columns that a newer version needs. If a table of the same name has another layout, the command lists the differences and changes nothing."
  static override examples = [
    '<%= config.bin %> store init --dry-run',
    '<%= config.bin %> store init --store postgres://crbus@localhost/orders --yes',
    '<%= config.bin %> store init --store data/store.db',
  ]
  static override flags = { ...storeFlags, ...changeFlags }

  async run(): Promise<StoreInitPlan & { readonly applied: boolean }> {
    await this.parse(StoreInit)
    await using setup = await this.openStoreSetup()
    const plan = await planStoreInit(setup)
    const { location } = plan
    const missing = plan.parts.filter(({ exists }) => !exists)
    const isNothing = missing.length === 0
    await this.notice(isNothing ? `the event store at ${location} has all its tables` : `event store: ${location}`)
    // `await`, because `setup` is closed when the function returns.
    return await this.carryOut({
      plan,
      name: location.split(/[\\/]/).at(-1) ?? location,
      shown: formatStoreInit(plan, this.tableWidth),
      isNothing,
      question: `Create these ${missing.length} parts at ${location}?`,
      apply: () => applyStoreInit(setup),
      done: ({ created }) => `created ${created.map(({ name }) => name).join(', ')}`,
    })
  }
}
