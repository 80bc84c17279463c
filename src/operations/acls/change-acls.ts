import type { Acl, AclOperation } from '../../bus/cluster/acl.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { aclKey, listAcls } from './list-acls.ts'
import { type AclRole, type GrantableResource, operationsOf, operationsOfRoles } from './operations-of-resources.ts'

/** The resources that ACLs are about. */
export type AclTarget = Pick<Acl, 'name' | 'pattern'> & { readonly resource: GrantableResource }

interface AclRules {
  /** As `User:alice`. */
  readonly principal: string
  readonly targets: readonly AclTarget[]
  readonly operations: readonly AclOperation[]
  readonly roles: readonly AclRole[]
}

/** ACLs to create. */
export interface AclGrant extends AclRules {
  readonly permission: Acl['permission']
  /** `*` for any host. */
  readonly host: string
}

/** ACLs to delete. Without operations and roles, those of all operations. */
export interface AclRevocation extends AclRules {
  /** Absent: those of every host. */
  readonly host?: string | undefined
}

export interface AclPlan {
  readonly principal: string
  readonly action: 'create' | 'delete'
  /** The ACLs to create or delete. */
  readonly acls: readonly Acl[]
  /** ACLs that exist already and need not be created. */
  readonly same: readonly Acl[]
}

/** Plans to create ACLs. Each operation applies to the resources that have it. Only reads. */
export async function planGrant(bus: EventBus, grant: AclGrant): Promise<AclPlan> {
  const { principal, permission, host } = grant
  const wanted = grant.targets.flatMap((target) =>
    operationsFor(target.resource, grant).map(
      (operation): Acl => ({ ...target, principal, host, operation, permission }),
    ),
  )
  const known = new Set((await listAcls(bus)).map(aclKey))
  return {
    ...{ principal, action: 'create' },
    acls: wanted.filter((acl) => !known.has(aclKey(acl))),
    same: wanted.filter((acl) => known.has(aclKey(acl))),
  }
}

/** Plans to delete the ACLs, of either permission, that name these resources and operations. Only reads. */
export async function planRevocation(bus: EventBus, revocation: AclRevocation): Promise<AclPlan> {
  const { principal, targets, host } = revocation
  const isAll = revocation.operations.length + revocation.roles.length === 0
  const matches = (acl: Acl, target: AclTarget) =>
    acl.resource === target.resource &&
    acl.name === target.name &&
    acl.pattern === target.pattern &&
    (isAll || operationsFor(target.resource, revocation).includes(acl.operation))
  const acls = (await listAcls(bus)).filter(
    (acl) =>
      acl.principal === principal &&
      (host === undefined || acl.host === host) &&
      targets.some((target) => matches(acl, target)),
  )
  return { principal, action: 'delete', acls, same: [] }
}

/** Returns the operations of a request on one kind of resource, each once. */
export function operationsFor(
  resource: GrantableResource,
  { operations, roles }: Pick<AclRules, 'operations' | 'roles'>,
): readonly AclOperation[] {
  const own = operations.filter((operation) => operationsOf[resource].includes(operation))
  return [...new Set([...own, ...roles.flatMap((role): readonly AclOperation[] => operationsOfRoles[role][resource])])]
}

/** Applies a plan. The bus reads the ACLs back. Returns their number. */
export async function applyAcls(bus: EventBus, { action, acls }: AclPlan): Promise<{ readonly changedCount: number }> {
  await (action === 'create' ? bus.admin.createAcls(acls) : bus.admin.deleteAcls(acls))
  return { changedCount: acls.length }
}
