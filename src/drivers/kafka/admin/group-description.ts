import type { GroupDescription, GroupState } from '../../../bus/admin.ts'
import { comparePartitions } from '../../../bus/compare.ts'
import { protocolFailure } from '../connection/wire.ts'
import { isNoGroup } from '../kafka-errors.ts'
import { type DescribedConsumerGroup, describeConsumerGroupsApi } from '../protocol/consumer-groups.ts'
import { decodeAssignment, decodeSubscription } from '../protocol/consumer-protocol.ts'
import { type DescribedGroup, describeGroupsApi } from '../protocol/groups.ts'

const groupStates: ReadonlySet<string> = new Set<GroupState>([
  'Empty',
  'Stable',
  'PreparingRebalance',
  'CompletingRebalance',
  'Assigning',
  'Reconciling',
  'Dead',
])

const toState = (state: string): GroupState => (groupStates.has(state) ? (state as GroupState) : 'Unknown')

/** Removes the slash that Java writes before an address without a host name: `/127.0.0.1`. */
const toHost = (host: string): string => host.replace(/^\//, '')

/** The description of a group that does not exist. */
export const deadGroup = (group: string): GroupDescription => ({
  group,
  protocolType: '',
  state: 'Dead',
  protocol: '',
  members: [],
})

/** Describes a group of the classic protocol. Throws the error in the answer, if it has one. */
export function toDescription(found: DescribedGroup): GroupDescription {
  const { group, error, state } = found
  if (isNoGroup(error) || (error === 0 && state === 'Dead')) return deadGroup(group)
  if (error !== 0) throw protocolFailure(error, null, { request: describeGroupsApi.name, group })
  // Groups of other types (Kafka Connect, Schema Registry) exchange bytes of another format.
  const isConsumerGroup = found.protocolType === 'consumer'
  return {
    group,
    protocolType: found.protocolType,
    state: toState(state),
    protocol: found.protocol,
    members: found.members.map(({ memberId, clientId, host, subscription, assignment }) => ({
      memberId,
      clientId,
      host: toHost(host),
      assignment: isConsumerGroup ? decodeAssignment(assignment).sort(comparePartitions) : [],
      // Empty while the member is still joining.
      subscription: isConsumerGroup && subscription.length > 0 ? decodeSubscription(subscription).sort() : undefined,
    })),
  }
}

/** Describes a group of the KIP-848 protocol. Returns `undefined` for a group of another protocol. */
export function toConsumerGroupDescription(found: DescribedConsumerGroup): GroupDescription | undefined {
  if (isNoGroup(found.error)) return undefined
  if (found.error !== 0)
    throw protocolFailure(found.error, null, { request: describeConsumerGroupsApi.name, group: found.group })
  return {
    group: found.group,
    protocolType: 'consumer',
    groupType: 'consumer',
    state: toState(found.state),
    protocol: found.assignor,
    members: found.members.map(({ host, assignment, subscription, ...member }) => ({
      ...member,
      host: toHost(host),
      assignment: [...assignment].sort(comparePartitions),
      subscription: [...subscription].sort(),
    })),
  }
}
