import { principalArg } from '../../cli/acls/acl-flags.ts'
import { GrantCommand, grantFlags } from '../../cli/acls/grant-command.ts'

export default class AclsAllow extends GrantCommand {
  static override summary = 'Allow a user operations on topics, groups or the cluster'
  static override document = 'acls/change'
  static override examples = [
    '<%= config.bin %> acls allow alice --topic order-events --operation read,write',
    '<%= config.bin %> acls allow billing --consumer --topic order-events --group billing --dry-run',
    '<%= config.bin %> acls allow orders --producer --topic order- --prefix',
  ]
  static override args = principalArg
  static override flags = grantFlags

  run() {
    return this.grant('allow')
  }
}
