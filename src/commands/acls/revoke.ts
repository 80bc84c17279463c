import { Flags } from '@oclif/core'
import { aclFlags, principalArg, toAclRules, toPrincipal } from '../../cli/acls/acl-flags.ts'
import { AclCommand } from '../../cli/acls/grant-command.ts'
import { applyAcls, planRevocation } from '../../operations/acls/change-acls.ts'

export default class AclsRevoke extends AclCommand {
  static override summary = 'Delete ACLs of a user'
  static override document = 'acls/change'
  static override description =
    'Deletes the ACLs, allow and deny, that name exactly these resources. Without --operation, --producer and --consumer, it deletes those of all operations.'
  static override examples = [
    '<%= config.bin %> acls revoke alice --topic order-events --operation write',
    '<%= config.bin %> acls revoke alice --topic order- --prefix --dry-run',
  ]
  static override args = principalArg
  static override flags = {
    ...aclFlags,
    host: Flags.string({
      description: 'Only the ACLs for clients that connect from this address',
      helpValue: 'HOST',
    }),
  }

  async run() {
    const { args, flags } = await this.parse(AclsRevoke)
    const rules = { principal: toPrincipal(args.principal), ...toAclRules(flags), host: flags.host }
    const bus = await this.openBus()
    const plan = await planRevocation(bus, rules)
    const { kind } = await bus.admin.describeCluster()
    return this.changeAcls(plan, () => applyAcls(bus, plan), kind)
  }
}
