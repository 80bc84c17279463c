import { Args, Flags } from '@oclif/core'
import type { AclOperation } from '../../bus/cluster/acl.ts'
import { type AclTarget, operationsFor } from '../../operations/acls/change-acls.ts'
import { type AclRole, operationsOf, toOperation } from '../../operations/acls/operations-of-resources.ts'
import { busFlags, changeFlags } from '../base/flags.ts'
import { anyOf } from '../base/parse-flags.ts'
import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'

export const principalArg = {
  principal: Args.string({
    description: 'User, such as alice or User:alice; User:* for all users',
    required: true,
    ignoreStdin: true,
  }),
}

const repeatable = { multiple: true, multipleNonGreedy: true } as const

/** Flags of the commands that create and delete ACLs. */
export const aclFlags = {
  ...busFlags,
  ...changeFlags,
  topic: Flags.string({ char: 't', description: 'Topic; repeatable', ...repeatable, helpValue: 'TOPIC' }),
  group: Flags.string({ char: 'g', description: 'Consumer group; repeatable', ...repeatable, helpValue: 'GROUP' }),
  'transactional-id': Flags.string({ description: 'Transactional id; repeatable', ...repeatable, helpValue: 'ID' }),
  cluster: Flags.boolean({ description: 'The cluster as a whole' }),
  prefix: Flags.boolean({ description: 'Take the names as the beginnings of names' }),
  operation: Flags.string({
    description: 'Operations, separated by commas, such as read,write; each applies to the resources that have it',
    ...repeatable,
    helpValue: 'OPERATIONS',
  }),
  producer: Flags.boolean({
    description: 'What a producer needs: Write, Describe and Create on topics; Write and Describe on transactional ids',
  }),
  consumer: Flags.boolean({ description: 'What a consumer needs: Read and Describe on topics; Read on groups' }),
}

interface AclFlagValues {
  readonly topic?: readonly string[] | undefined
  readonly group?: readonly string[] | undefined
  readonly 'transactional-id'?: readonly string[] | undefined
  readonly cluster: boolean
  readonly prefix: boolean
  readonly operation?: readonly string[] | undefined
  readonly producer: boolean
  readonly consumer: boolean
}

/** The rules that flags name. */
interface ParsedRules {
  readonly targets: readonly AclTarget[]
  readonly operations: readonly AclOperation[]
  readonly roles: readonly AclRole[]
}

/** The name that Kafka has for the cluster in ACLs. */
const CLUSTER_NAME = 'kafka-cluster'

/** Parses the resources and operations of ACLs. Throws `UsageError` if an operation applies to none of the resources. */
export function toAclRules(flags: AclFlagValues): ParsedRules {
  const pattern = flags.prefix ? 'prefixed' : 'literal'
  const named = (resource: AclTarget['resource'], names: readonly string[] = []): AclTarget[] =>
    [...new Set(names)].map((name) => ({ resource, name, pattern }))
  const targets = [
    ...named('topic', flags.topic),
    ...named('group', flags.group),
    ...named('transactional-id', flags['transactional-id']),
    ...(flags.cluster ? [{ resource: 'cluster', name: CLUSTER_NAME, pattern: 'literal' } as const] : []),
  ]
  if (targets.length === 0) {
    throw new UsageError('name a resource', [flag('--topic order-events'), flag('--group billing'), flag('--cluster')])
  }
  const operations = (flags.operation ?? []).flatMap((words) => words.split(',')).map(parseOperation)
  const roles = (['producer', 'consumer'] as const).filter((role) => flags[role])
  const useless = operations.find((operation) => !targets.some(({ resource }) => has(resource, operation)))
  if (useless !== undefined) {
    const kinds = [...new Set(targets.map(({ resource }) => resource))].join(' and ')
    throw new UsageError(`operation ${useless} does not apply to a ${kinds}`, suggestOperations(targets))
  }
  return { targets, operations, roles }
}

const has = (resource: AclTarget['resource'], operation: AclOperation): boolean =>
  operationsOf[resource].includes(operation)

const suggestOperations = (targets: readonly AclTarget[]) => {
  const [{ resource } = { resource: 'topic' as const }] = targets
  return [flag(`--operation ${operationsOf[resource].join(',').toLowerCase()}`, 'some of these')]
}

/** Parses rules that must name operations, and that must not leave out a named resource. */
export function toGrantedRules(flags: AclFlagValues): ParsedRules {
  const rules = toAclRules(flags)
  if (rules.operations.length + rules.roles.length === 0) {
    throw new UsageError('name the operations', [
      flag('--operation read,describe'),
      flag('--producer'),
      flag('--consumer'),
    ])
  }
  const without = rules.targets.find(({ resource }) => operationsFor(resource, rules).length === 0)
  if (without !== undefined) {
    throw new UsageError(
      `none of the operations applies to ${without.resource} ${without.name}`,
      suggestOperations([without]),
    )
  }
  return rules
}

function parseOperation(word: string): AclOperation {
  const operation = toOperation(word.trim())
  if (operation !== undefined) return operation
  throw new UsageError(`--operation ${word} is not an operation; use ${anyOf(allOperations)}`, [
    flag('--operation read'),
  ])
}

const allOperations = [...new Set(Object.values(operationsOf).flat())].map((name) => name.toLowerCase())

/** Returns a principal as Kafka names it: a name without a type is a user. */
export const toPrincipal = (text: string): string => (text.includes(':') ? text : `User:${text}`)
