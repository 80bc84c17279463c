import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags, tableFlags } from '../../cli/base/flags.ts'
import { describeGroup, type GroupReport } from '../../operations/groups/groups.ts'
import { formatGroup, groupNotes } from '../../ui/format-group.ts'

export default class GroupsDescribe extends BaseCommand {
  static override summary = 'Show the state, members, offsets and lag of a group'
  static override document = 'groups/describe'
  static override description =
    'Save the --json document to return to these offsets later with "crbus reset --to file.json".'
  static override examples = ['<%= config.bin %> groups describe billing']
  static override args = { group: Args.string({ description: 'Group to describe', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags, ...tableFlags }

  async run(): Promise<GroupReport> {
    const { args } = await this.parse(GroupsDescribe)
    const bus = await this.openBus()
    const report = await describeGroup(bus, args.group)
    await this.print(formatGroup(report, this.tableWidth))
    for (const note of groupNotes(report)) await this.notice(`note: ${note}`)
    return report
  }
}
