import type { Acl } from '../../bus/cluster/acl.ts'
import { compareText } from '../../bus/compare.ts'
import type { EventBus } from '../../bus/event-bus.ts'

/** Which ACLs to list. An absent field does not restrict them. */
export interface AclFilter {
  /** ACLs that apply to this topic, also by a prefix or to all topics. With `group`, those of either. */
  readonly topic?: string | undefined
  readonly group?: string | undefined
  /** As `User:alice`. */
  readonly principal?: string | undefined
}

/** Lists ACLs, sorted by resource, name, principal and operation. */
export async function listAcls(bus: EventBus, { topic, group, principal }: AclFilter = {}): Promise<readonly Acl[]> {
  const wanted = [
    ...(topic === undefined ? [] : [{ resource: 'topic', name: topic }]),
    ...(group === undefined ? [] : [{ resource: 'group', name: group }]),
  ]
  const acls = await bus.admin.listAcls()
  return acls
    .filter((acl) => wanted.length === 0 || wanted.some(({ resource, name }) => appliesTo(acl, resource, name)))
    .filter((acl) => principal === undefined || acl.principal === principal || acl.principal === 'User:*')
    .sort((a, b) => compareText(sortKey(a), sortKey(b)))
}

function appliesTo({ resource, name, pattern }: Acl, wanted: string, wantedName: string): boolean {
  if (resource !== wanted) return false
  return pattern === 'prefixed' ? wantedName.startsWith(name) : name === '*' || name === wantedName
}

const sortKey = ({ resource, name, pattern, principal, operation, permission, host }: Acl): string =>
  [resource, name, pattern, principal, operation, permission, host].join('\0')

/** Returns a key that equal ACLs share. */
export const aclKey = sortKey
