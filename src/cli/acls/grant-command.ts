import { Flags } from '@oclif/core'
import type { Acl } from '../../bus/cluster/acl.ts'
import { type AclPlan, applyAcls, planGrant } from '../../operations/acls/change-acls.ts'
import { formatAclPlan } from '../../ui/acls/format-acls.ts'
import { plural } from '../../ui/text/listed.ts'
import { ChangeCommand } from '../base/change-command.ts'
import { aclFlags, principalArg, toGrantedRules, toPrincipal } from './acl-flags.ts'

/** The flags of the commands that create ACLs. */
export const grantFlags = {
  ...aclFlags,
  host: Flags.string({
    description: 'Address from which the client connects (default: any)',
    helpValue: 'HOST',
  }),
}

/** Base class of the commands that change ACLs. */
export abstract class AclCommand extends ChangeCommand {
  /** Shows a plan, asks and applies it. */
  protected async changeAcls(plan: AclPlan, apply: () => ReturnType<typeof applyAcls>, kind: string) {
    const { principal, action, acls } = plan
    const verb = action === 'create' ? 'Create' : 'Delete'
    return this.carryOut({
      plan,
      name: principal,
      shown: formatAclPlan(plan, this.tableWidth),
      isNothing: acls.length === 0,
      question: `${verb} ${plural(acls.length, 'ACL')} of ${principal} on ${kind}?`,
      apply,
      done: ({ changedCount }) => `${action === 'create' ? 'created' : 'deleted'} ${plural(changedCount, 'ACL')}`,
    })
  }
}

/** Base class of the commands that create ACLs. */
export abstract class GrantCommand extends AclCommand {
  static override args = principalArg
  static override flags = grantFlags

  protected async grant(permission: Acl['permission']) {
    const { args, flags } = await this.parse(this.ctor as typeof GrantCommand)
    const { host = '*' } = flags
    const rules = { principal: toPrincipal(args.principal), ...toGrantedRules(flags), host, permission }
    const bus = await this.openBus()
    const plan = await planGrant(bus, rules)
    const { kind } = await bus.admin.describeCluster()
    return this.changeAcls(plan, () => applyAcls(bus, plan), kind)
  }
}
