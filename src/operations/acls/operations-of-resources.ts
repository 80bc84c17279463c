import type { AclOperation, AclResource } from '../../bus/cluster/acl.ts'

/** A resource for which ACLs can be created. */
export type GrantableResource = Exclude<AclResource, 'unknown' | 'delegation-token' | 'user'>

/** The operations that Kafka checks on each kind of resource: https://kafka.apache.org/documentation/#resources_in_kafka */
export const operationsOf: Readonly<Record<GrantableResource, readonly AclOperation[]>> = {
  topic: ['All', 'Read', 'Write', 'Create', 'Delete', 'Alter', 'Describe', 'DescribeConfigs', 'AlterConfigs'],
  group: ['All', 'Read', 'Describe', 'Delete', 'DescribeConfigs', 'AlterConfigs'],
  cluster: [
    ...(['All', 'Create', 'Alter', 'Describe', 'ClusterAction', 'DescribeConfigs', 'AlterConfigs'] as const),
    'IdempotentWrite',
  ],
  'transactional-id': ['All', 'Describe', 'Write', 'TwoPhaseCommit'],
}

/** What a producer and a consumer need, as `kafka-acls --producer` and `--consumer` grant it. */
export const operationsOfRoles = {
  producer: {
    topic: ['Write', 'Describe', 'Create'],
    group: [],
    cluster: [],
    'transactional-id': ['Write', 'Describe'],
  },
  consumer: { topic: ['Read', 'Describe'], group: ['Read'], cluster: [], 'transactional-id': [] },
} as const satisfies Readonly<Record<string, Readonly<Record<GrantableResource, readonly AclOperation[]>>>>

export type AclRole = keyof typeof operationsOfRoles

const byWord = new Map(
  Object.values(operationsOf)
    .flat()
    .map((operation) => [normalized(operation), operation] as const),
)

/** Parses the name of an operation, in any case and with or without separators: `describe-configs`, `DescribeConfigs`. */
export const toOperation = (word: string): AclOperation | undefined => byWord.get(normalized(word))

function normalized(word: string): string {
  return word.replaceAll(/[-_]/g, '').toLowerCase()
}
