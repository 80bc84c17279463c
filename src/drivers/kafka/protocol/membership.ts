/** The requests of a member of a group of the classic protocol. */
import type { Api } from './api.ts'

interface JoinGroup {
  readonly group: string
  /** Milliseconds without a heartbeat after which the coordinator removes the member. */
  readonly sessionTimeout: number
  /** Milliseconds that the coordinator waits in a rebalance for members to join again. */
  readonly rebalanceTimeout: number
  /** Empty for a new member. */
  readonly memberId: string
  /** The name of the assignment strategy. */
  readonly protocol: string
  readonly subscription: Buffer
}

export interface JoinedGroup {
  readonly error: number
  readonly generation: number
  readonly leader: string
  readonly memberId: string
  /** All members, for the leader to assign partitions to; empty in the answers to other members. */
  readonly members: readonly { readonly memberId: string; readonly subscription: Buffer }[]
}

/** JoinGroup (https://kafka.apache.org/protocol#The_Messages_JoinGroup). */
export const joinGroupApi: Api<JoinGroup, JoinedGroup> = {
  key: 11,
  version: 4,
  name: 'JoinGroup',
  write(to, { group, sessionTimeout, rebalanceTimeout, memberId, protocol, subscription }) {
    to.string(group) // group_id
      .int32(sessionTimeout) // session_timeout_ms
      .int32(rebalanceTimeout) // rebalance_timeout_ms
      .string(memberId) // member_id
      .string('consumer') // protocol_type
    to.list([protocol], (name) => to.string(name).block(subscription)) // protocols: name, metadata
  },
  read(from) {
    from.int32() // throttle_time_ms
    const error = from.int16() // error_code
    const generation = from.int32() // generation_id
    from.string() // protocol_name
    return {
      error,
      generation,
      leader: from.text(),
      memberId: from.text(), // member_id
      members: from.list(() => ({ memberId: from.text(), subscription: from.block() })), // member_id, metadata
    }
  },
}

interface SyncGroup {
  readonly group: string
  readonly generation: number
  readonly memberId: string
  /** Of all members when the leader sends it; empty when another member does. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

/** SyncGroup (https://kafka.apache.org/protocol#The_Messages_SyncGroup). */
export const syncGroupApi: Api<SyncGroup, { readonly error: number; readonly assignment: Buffer }> = {
  key: 14,
  version: 2,
  name: 'SyncGroup',
  write(to, { group, generation, memberId, assignments }) {
    to.string(group) // group_id
      .int32(generation) // generation_id
      .string(memberId) // member_id
    to.list(assignments, ({ memberId: id, assignment }) => to.string(id).block(assignment)) // member_id, assignment
  },
  read(from) {
    from.int32() // throttle_time_ms
    return { error: from.int16(), assignment: from.block() } // error_code, assignment
  },
}

interface Membership {
  readonly group: string
  readonly memberId: string
}

/** Heartbeat (https://kafka.apache.org/protocol#The_Messages_Heartbeat); answered with an error code. */
export const heartbeatApi: Api<Membership & { readonly generation: number }, number> = {
  key: 12,
  version: 2,
  name: 'Heartbeat',
  write(to, { group, generation, memberId }) {
    to.string(group) // group_id
      .int32(generation) // generation_id
      .string(memberId) // member_id
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.int16() // error_code
  },
}

/** LeaveGroup (https://kafka.apache.org/protocol#The_Messages_LeaveGroup); answered with an error code. */
export const leaveGroupApi: Api<Membership, number> = {
  key: 13,
  version: 2,
  name: 'LeaveGroup',
  write(to, { group, memberId }) {
    to.string(group) // group_id
      .string(memberId) // member_id
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.int16() // error_code
  },
}
