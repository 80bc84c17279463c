import { Args } from '@oclif/core'
import { busFlags } from '../../cli/base/flags.ts'
import { ListCommand } from '../../cli/lists/list-command.ts'
import { listFlags, parseSort } from '../../cli/lists/list-flags.ts'
import { shellWord } from '../../cli/suggestions.ts'
import { describeGroup, type GroupReport } from '../../operations/groups/groups.ts'
import { memberColumns } from '../../ui/format-group.ts'

export default class GroupsMembers extends ListCommand {
  static override summary = 'Show the members of a group and their partitions'
  static override document = 'groups/members'
  static override examples = ['<%= config.bin %> groups members billing']
  static override args = { group: Args.string({ description: 'Group to show', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags, ...listFlags }

  async run(): Promise<Pick<GroupReport, 'group' | 'members'>> {
    const { args, flags } = await this.parse(GroupsMembers)
    const order = await parseSort(flags.sort, memberColumns)
    const bus = await this.openBus()
    const { group, members, state } = await describeGroup(bus, args.group)
    const shown = await this.printList({
      noun: 'members',
      items: members,
      columns: memberColumns,
      order,
      limit: flags.limit,
      nameOf: ({ memberId }) => memberId,
      whyEmpty: () =>
        `group '${group}' has no members; its state is ${state}; "crbus groups describe ${shellWord(group)}" shows its offsets`,
    })
    return { group, members: shown }
  }
}
