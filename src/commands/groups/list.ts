import { Args } from '@oclif/core'
import { busFlags } from '../../cli/base/flags.ts'
import { ListCommand } from '../../cli/lists/list-command.ts'
import { listFlags, parseSort } from '../../cli/lists/list-flags.ts'
import { type GroupOverview, listGroups } from '../../operations/groups/groups.ts'
import { groupColumns } from '../../ui/format-group.ts'

export default class GroupsList extends ListCommand {
  static override summary = 'List the consumer groups on the bus'
  static override document = 'groups/list'
  static override strict = false
  static override usage = 'groups list [GROUP]...'
  static override examples = [
    '<%= config.bin %> groups list',
    "<%= config.bin %> groups list 'billing-*' --sort members:desc",
    '<%= config.bin %> groups list -b 127.0.0.1:9092 --json',
  ]
  static override args = {
    group: Args.string({ description: 'Only these groups; * and ? are wildcards', ignoreStdin: true }),
  }
  static override flags = { ...busFlags, ...listFlags }

  async run(): Promise<{ readonly groups: readonly GroupOverview[] }> {
    const { argv, flags } = await this.parse(GroupsList)
    const order = await parseSort(flags.sort, groupColumns)
    const bus = await this.openBus()
    const none = 'no groups yet; a subscriber or "crbus reset --new-group" creates one'
    const all = await listGroups(bus)
    const { rememberNames } = await import('../../cli/completion/names-cache.ts')
    rememberNames(this.context, await this.configuration(), { groups: all.map(({ group }) => group) })
    const groups = await this.printList({
      noun: 'groups',
      items: all,
      columns: groupColumns,
      order,
      limit: flags.limit,
      nameOf: ({ group }) => group,
      patterns: argv as string[],
      whyEmpty: async () => (this.busExists ? this.whyEmpty(bus, 'group', none) : undefined),
    })
    return { groups }
  }
}
