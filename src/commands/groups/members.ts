import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { describeGroup, type GroupReport } from '../../operations/groups/groups.ts'
import { formatMembers } from '../../ui/format-group.ts'

export default class GroupsMembers extends BaseCommand {
  static override summary = 'Show the members of a group and their partitions'
  static override document = 'groups/members'
  static override examples = ['<%= config.bin %> groups members billing']
  static override args = { group: Args.string({ description: 'Group to show', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags }

  async run(): Promise<Pick<GroupReport, 'group' | 'members'>> {
    const { args } = await this.parse(GroupsMembers)
    const bus = await this.openBus()
    const { group, members, state } = await describeGroup(bus, args.group)
    if (members.length === 0) await this.notice(`group '${group}' has no members; its state is ${state}`)
    await this.print(formatMembers(members))
    return { group, members }
  }
}
