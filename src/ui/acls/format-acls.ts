import type { Acl } from '../../bus/cluster/acl.ts'
import type { AclPlan } from '../../operations/acls/change-acls.ts'
import { formatList, type ListColumn } from '../text/list-columns.ts'

/** The columns of a list of ACLs. */
export const aclColumns: readonly ListColumn<Acl>[] = [
  { header: 'PERMISSION', cell: ({ permission }) => permission },
  { header: 'PRINCIPAL', cell: ({ principal }) => principal },
  { header: 'OPERATION', cell: ({ operation }) => operation },
  { header: 'RESOURCE', cell: ({ resource }) => resource },
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'PATTERN', cell: ({ pattern }) => pattern },
  { header: 'HOST', cell: ({ host }) => host },
]

/** Formats a plan: the ACLs to create or delete, then those that exist already. */
export function formatAclPlan({ action, acls, same }: AclPlan, width: number | undefined): string {
  const table = (some: readonly Acl[]) => formatList(aclColumns, some, width)
  const parts = [
    ...(acls.length === 0 ? [] : [`${action}:\n${table(acls)}`]),
    ...(same.length === 0 ? [] : [`exists already:\n${table(same)}`]),
  ]
  if (parts.length === 0) return 'no ACL matches\n'
  const isDeny = action === 'create' && acls.some(({ permission }) => permission === 'deny')
  return parts.join('\n') + (isDeny ? '\nwarning: a deny takes precedence over every allow\n' : '')
}
