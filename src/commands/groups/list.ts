import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { type GroupOverview, listGroups } from '../../operations/groups/groups.ts'
import { formatGroups } from '../../ui/format-group.ts'

export default class GroupsList extends BaseCommand {
  static override summary = 'List the consumer groups on the bus'
  static override document = 'groups/list'
  static override examples = ['<%= config.bin %> groups list', '<%= config.bin %> groups list -b 127.0.0.1:9092 --json']
  static override flags = { ...busFlags }

  async run(): Promise<{ readonly groups: readonly GroupOverview[] }> {
    await this.parse(GroupsList)
    const bus = await this.openBus()
    const groups = await listGroups(bus)
    if (groups.length === 0) {
      const none = 'no groups yet; a subscriber or "crbus reset --new-group" creates one'
      await this.notice(await this.whyEmpty(bus, 'group', none))
    }
    await this.print(formatGroups(groups))
    return { groups }
  }
}
