import type { Acl, AclOperation, AclResource } from '../../../../bus/cluster/acl.ts'
import type { Api } from '../api.ts'
import type { Reader, Writer } from '../bytes.ts'

// The numbers of org.apache.kafka.common.acl and org.apache.kafka.common.resource. 0 is unknown and 1 matches any value.

/** The operations by their numbers. */
const operations: readonly (AclOperation | undefined)[] = [
  ...['Unknown', undefined, 'All', 'Read', 'Write', 'Create', 'Delete', 'Alter', 'Describe', 'ClusterAction'],
  ...['DescribeConfigs', 'AlterConfigs', 'IdempotentWrite', 'CreateTokens', 'DescribeTokens', 'TwoPhaseCommit'],
] as (AclOperation | undefined)[]

/** The kinds of resources by their numbers. */
const resources: readonly (AclResource | undefined)[] = [
  ...['unknown', undefined, 'topic', 'group', 'cluster', 'transactional-id', 'delegation-token', 'user'],
] as (AclResource | undefined)[]

const ANY = 1
const LITERAL = 3
const PREFIXED = 4
const DENY = 2
const ALLOW = 3

/** Returns the operations that are set in a field of bits. `undefined` for a broker that does not tell. */
export function operationsIn(bits: number): readonly AclOperation[] | undefined {
  if (bits === -(2 ** 31)) return undefined
  return operations.flatMap((operation, at) =>
    operation !== undefined && at > ANY && (bits >> at) % 2 !== 0 ? [operation] : [],
  )
}

/** An answer to a request about ACLs. */
interface AclResult {
  readonly error: number
  readonly message: string | null
}

/** DescribeAcls (https://kafka.apache.org/protocol#The_Messages_DescribeAcls): all ACLs. */
export const describeAclsApi: Api<undefined, AclResult & { readonly acls: readonly Acl[] }> = {
  key: 29,
  version: 1,
  name: 'DescribeAcls',
  write(to) {
    to.int8(ANY).int16(-1).int8(ANY) // resource_type_filter, resource_name_filter, pattern_type_filter
    to.int16(-1).int16(-1) // principal_filter, host_filter
    to.int8(ANY).int8(ANY) // operation, permission_type
  },
  read(from) {
    from.int32() // throttle_time_ms
    const error = from.int16() // error_code
    const message = from.string() // error_message
    const acls = from.list(() => {
      const about = readResource(from)
      return from.list((): Acl => ({ ...about, ...readRule(from) }))
    })
    return { error, message, acls: acls.flat() }
  },
}

/** CreateAcls (https://kafka.apache.org/protocol#The_Messages_CreateAcls), answered with one result for each ACL. */
export const createAclsApi: Api<readonly Acl[], readonly AclResult[]> = {
  key: 30,
  version: 1,
  name: 'CreateAcls',
  write: (to, acls) => void to.list(acls, (acl) => writeAcl(to, acl)),
  read(from) {
    from.int32() // throttle_time_ms
    return from.list(() => ({ error: from.int16(), message: from.string() })) // error_code, error_message
  },
}

/** DeleteAcls (https://kafka.apache.org/protocol#The_Messages_DeleteAcls) of exactly these ACLs. */
export const deleteAclsApi: Api<readonly Acl[], readonly AclResult[]> = {
  key: 31,
  version: 1,
  name: 'DeleteAcls',
  // Filters without a wildcard have the form of ACLs.
  write: createAclsApi.write,
  read(from) {
    from.int32() // throttle_time_ms
    return from.list(() => {
      const own = { error: from.int16(), message: from.string() } // error_code, error_message
      const deleted = from.list(() => {
        const result = { error: from.int16(), message: from.string() }
        readResource(from)
        readRule(from)
        return result
      })
      return own.error === 0 ? (deleted.find(({ error }) => error !== 0) ?? own) : own
    })
  },
}

function writeAcl(to: Writer, { resource, name, pattern, principal, host, operation, permission }: Acl): void {
  to.int8(resources.indexOf(resource)) // resource_type
    .string(name) // resource_name
    .int8(pattern === 'prefixed' ? PREFIXED : LITERAL) // resource_pattern_type
    .string(principal)
    .string(host)
    .int8(operations.indexOf(operation))
    .int8(permission === 'deny' ? DENY : ALLOW) // permission_type
}

/** Reads resource_type, resource_name and pattern_type. */
const readResource = (from: Reader): Pick<Acl, 'resource' | 'name' | 'pattern'> => ({
  resource: resources[from.int8()] ?? 'unknown',
  name: from.text(),
  pattern: from.int8() === PREFIXED ? 'prefixed' : 'literal',
})

/** Reads principal, host, operation and permission_type. */
const readRule = (from: Reader): Pick<Acl, 'principal' | 'host' | 'operation' | 'permission'> => ({
  principal: from.text(),
  host: from.text(),
  operation: operations[from.int8()] ?? 'Unknown',
  permission: from.int8() === DENY ? 'deny' : 'allow',
})
