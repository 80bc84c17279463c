import { Flags } from '@oclif/core'
import { toPrincipal } from '../../cli/acls/acl-flags.ts'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { nonEmpty } from '../../cli/base/parse-flags.ts'
import { listAcls } from '../../operations/acls/list-acls.ts'
import { formatAcls } from '../../ui/acls/format-acls.ts'

export default class AclsList extends BaseCommand {
  static override summary = 'List ACLs'
  static override document = 'acls/list'
  static override description =
    'With a topic or group, lists the ACLs that apply to it, also those with a prefix of its name. With a user, also those for all users.'
  static override examples = [
    '<%= config.bin %> acls list',
    '<%= config.bin %> acls list --topic order-events --principal alice',
  ]
  static override flags = {
    ...busFlags,
    topic: Flags.string({
      char: 't',
      description: 'Only ACLs that apply to this topic',
      parse: nonEmpty,
      helpValue: 'TOPIC',
    }),
    group: Flags.string({
      char: 'g',
      description: 'Only ACLs that apply to this group',
      parse: nonEmpty,
      helpValue: 'GROUP',
    }),
    principal: Flags.string({
      description: 'Only ACLs of this user, such as alice',
      parse: nonEmpty,
      helpValue: 'USER',
    }),
  }

  async run() {
    const { flags } = await this.parse(AclsList)
    const { topic, group } = flags
    const principal = flags.principal === undefined ? undefined : toPrincipal(flags.principal)
    const acls = await listAcls(await this.openBus(), { topic, group, principal })
    await this.print(formatAcls(acls))
    if (acls.length === 0) await this.notice('no ACL matches')
    return { acls }
  }
}
