import type { Api } from './api.ts'

interface ListedGroups {
  readonly error: number
  readonly groups: readonly { readonly group: string; readonly protocolType: string }[]
}

/** ListGroups (https://kafka.apache.org/protocol#The_Messages_ListGroups): the groups that one broker coordinates. */
export const listGroupsApi: Api<undefined, ListedGroups> = {
  key: 16,
  version: 1,
  name: 'ListGroups',
  write: () => undefined,
  read(from) {
    from.int32() // throttle_time_ms
    return {
      error: from.int16(), // error_code
      groups: from.list(() => ({ group: from.text(), protocolType: from.text() })), // group_id, protocol_type
    }
  },
}

export interface DescribedGroup {
  readonly error: number
  readonly group: string
  readonly state: string
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly clientId: string
    readonly host: string
    readonly subscription: Buffer
    readonly assignment: Buffer
  }[]
}

/** DescribeGroups (https://kafka.apache.org/protocol#The_Messages_DescribeGroups): groups of the classic protocol. */
export const describeGroupsApi: Api<readonly string[], readonly DescribedGroup[]> = {
  key: 15,
  version: 1,
  name: 'DescribeGroups',
  write(to, groups) {
    to.list(groups, (name) => to.string(name))
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.list(() => ({
      error: from.int16(), // error_code
      group: from.text(), // group_id
      state: from.text(), // group_state
      protocolType: from.text(), // protocol_type
      protocol: from.text(), // protocol_data
      members: from.list(() => ({
        memberId: from.text(), // member_id
        clientId: from.text(), // client_id
        host: from.text(), // client_host
        subscription: from.block(), // member_metadata
        assignment: from.block(), // member_assignment
      })),
    }))
  },
}

/** DeleteGroups (https://kafka.apache.org/protocol#The_Messages_DeleteGroups). */
export const deleteGroupApi: Api<string, readonly { readonly group: string; readonly error: number }[]> = {
  key: 42,
  version: 1,
  name: 'DeleteGroups',
  write(to, group) {
    to.list([group], (name) => to.string(name)) // groups_names
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.list(() => ({ group: from.text(), error: from.int16() })) // group_id, error_code
  },
}
