import { Args, Flags } from '@oclif/core'
import { toPrincipal } from '../../cli/acls/acl-flags.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { ListCommand } from '../../cli/lists/list-command.ts'
import { listFlags, parseSort } from '../../cli/lists/list-flags.ts'
import { listAcls } from '../../operations/acls/list-acls.ts'
import { aclColumns } from '../../ui/acls/format-acls.ts'

export default class AclsList extends ListCommand {
  static override summary = 'List ACLs'
  static override document = 'acls/list'
  static override description =
    'With a topic or group, lists the ACLs that apply to it, also those with a prefix of its name. With a user, also those for all users.'
  static override examples = [
    '<%= config.bin %> acls list',
    '<%= config.bin %> acls list --topic order-events --principal alice',
  ]
  static override strict = false
  static override usage = 'acls list [NAME]...'
  static override args = {
    name: Args.string({ description: 'Only ACLs of these resource names; * and ? are wildcards', ignoreStdin: true }),
  }
  static override flags = {
    ...busFlags,
    ...listFlags,
    topic: Flags.string({
      char: 't',
      description: 'Only ACLs that apply to this topic',
      helpValue: 'TOPIC',
    }),
    group: Flags.string({
      char: 'g',
      description: 'Only ACLs that apply to this group',
      helpValue: 'GROUP',
    }),
    principal: Flags.string({
      description: 'Only ACLs of this user, such as alice',
      helpValue: 'USER',
    }),
  }

  async run() {
    const { argv, flags } = await this.parse(AclsList)
    const order = await parseSort(flags.sort, aclColumns)
    const { topic, group } = flags
    const principal = flags.principal === undefined ? undefined : toPrincipal(flags.principal)
    const isFiltered = topic !== undefined || group !== undefined || principal !== undefined
    const acls = await this.printList({
      noun: 'ACLs',
      items: await listAcls(await this.openBus(), { topic, group, principal }),
      columns: aclColumns,
      order,
      limit: flags.limit,
      nameOf: ({ name }) => name,
      patterns: argv as string[],
      whyEmpty: () =>
        isFiltered ? 'no ACL matches; "crbus acls list" lists all' : 'no ACLs yet; "crbus acls allow" creates one',
    })
    return { acls }
  }
}
