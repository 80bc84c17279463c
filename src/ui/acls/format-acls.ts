import type { Acl } from '../../bus/cluster/acl.ts'
import type { AclPlan } from '../../operations/acls/change-acls.ts'
import { formatTable } from '../text/table.ts'

/** Formats ACLs as a table. */
export const formatAcls = (acls: readonly Acl[]): string =>
  formatTable(
    ['PERMISSION', 'PRINCIPAL', 'OPERATION', 'RESOURCE', 'NAME', 'PATTERN', 'HOST'],
    acls.map(({ permission, principal, operation, resource, name, pattern, host }) => [
      ...[permission, principal, operation],
      ...[resource, name, pattern, host],
    ]),
  )

/** Formats a plan: the ACLs to create or delete, then those that exist already. */
export function formatAclPlan({ action, acls, same }: AclPlan): string {
  const parts = [
    ...(acls.length === 0 ? [] : [`${action}:\n${formatAcls(acls)}`]),
    ...(same.length === 0 ? [] : [`exists already:\n${formatAcls(same)}`]),
  ]
  if (parts.length === 0) return 'no ACL matches\n'
  const isDeny = action === 'create' && acls.some(({ permission }) => permission === 'deny')
  return parts.join('\n') + (isDeny ? '\nwarning: a deny takes precedence over every allow\n' : '')
}
