import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { describeGroup, type GroupReport } from '../../operations/groups/groups.ts'
import { formatMembers } from '../../ui/format-group.ts'

export default class GroupsMembers extends BaseCommand {
  static override summary = 'show who is in a group and reads what'
  static override examples = ['<%= config.bin %> groups members billing']
  static override args = { group: Args.string({ description: 'group to show', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags }

  async run(): Promise<GroupReport['members']> {
    const { args, flags } = await this.parse(GroupsMembers)
    const bus = await this.openBus(flags)
    const { members, state } = await describeGroup(bus, args.group)
    if (members.length === 0) await this.notice(`nobody is in '${args.group}' now; its state is ${state}`)
    await this.print(formatMembers(members))
    return members
  }
}
