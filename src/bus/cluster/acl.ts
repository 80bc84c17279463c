/** An operation that an ACL allows or denies. `Unknown`: one that this release does not know. */
export type AclOperation =
  | 'All'
  | 'Read'
  | 'Write'
  | 'Create'
  | 'Delete'
  | 'Alter'
  | 'Describe'
  | 'ClusterAction'
  | 'DescribeConfigs'
  | 'AlterConfigs'
  | 'IdempotentWrite'
  | 'CreateTokens'
  | 'DescribeTokens'
  | 'TwoPhaseCommit'
  | 'Unknown'

/** The kind of thing that an ACL is about. */
export type AclResource = 'topic' | 'group' | 'cluster' | 'transactional-id' | 'delegation-token' | 'user' | 'unknown'

/** A rule that allows or denies a principal an operation. */
export interface Acl {
  /** The kind of resource. */
  readonly resource: AclResource
  /** The name of the resource, or its beginning; `*` for all. */
  readonly name: string
  /** `prefixed`: `name` is the beginning of the names of resources. */
  readonly pattern: 'literal' | 'prefixed'
  /** `User:alice`; `User:*` for all users. */
  readonly principal: string
  /** The address from which the client connects; `*` for any. */
  readonly host: string
  /** The operation; `All` for every one. */
  readonly operation: AclOperation
  /** A deny takes precedence over every allow. */
  readonly permission: 'allow' | 'deny'
}
