import { principalArg } from '../../cli/acls/acl-flags.ts'
import { GrantCommand, grantFlags } from '../../cli/acls/grant-command.ts'

export default class AclsDeny extends GrantCommand {
  static override summary = 'Deny a user operations on topics, groups or the cluster'
  static override document = 'acls/change'
  static override description =
    'A deny takes precedence over every allow. To take back an allow, use "acls revoke": without an allow, Kafka denies too.'
  static override examples = ['<%= config.bin %> acls deny alice --topic payment-events --operation read']
  static override args = principalArg
  static override flags = grantFlags

  run() {
    return this.grant('deny')
  }
}
