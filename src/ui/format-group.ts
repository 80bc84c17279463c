import { addressText } from '../bus/names/address-text.ts'
import { partitionName } from '../bus/names/names.ts'
import type { GroupOverview, GroupReport } from '../operations/groups/groups.ts'
import { printable } from './text/printable.ts'
import { formatTable } from './text/table.ts'

/** Formats groups, one line each. Topics are joined by commas, which topic names cannot contain. */
export const formatGroups = (groups: readonly GroupOverview[]): string =>
  formatTable(
    ['GROUP', 'STATE', 'TYPE', 'PROTOCOL', 'MEMBERS', 'AUTO-NAMED', 'TOPICS'],
    groups.map(({ group, state, type, protocol, memberCount, isAutoNamed, topics }) => [
      group,
      state,
      type,
      protocol,
      memberCount,
      isAutoNamed ? 'yes' : '-',
      topics.join(','),
    ]),
  )

/** Formats a group for people: a head, then its offset, lag and member on every partition. */
export function formatGroup(report: GroupReport): string {
  const { group, state, type, protocol, members, topics, isAutoNamed, coordinator, offsets, lag: totalLag } = report
  const head = [
    ['GROUP', isAutoNamed ? `${group} (the default name, made of its topics)` : group],
    ...(coordinator ? [['COORDINATOR', `${coordinator.id} (${addressText(coordinator)})`]] : []),
    ['STATE', state],
    ['TYPE', type],
    ['PROTOCOL', protocol || '-'],
    ['MEMBERS', String(members.length)],
    ['TOPICS', topics.join(',') || '-'],
    ['TOTAL-LAG', String(totalLag ?? '-')],
  ] as const
  const lines = head.map(([name = '', value = '']) => `${name.padEnd(11)}  ${printable(value)}\n`)
  const table = formatTable(
    [
      'TOPIC',
      'PARTITION',
      'CURRENT-OFFSET',
      'LOG-START-OFFSET',
      'LOG-END-OFFSET',
      'LAG',
      'MEMBER-ID',
      'CLIENT-ID',
      'HOST',
    ],
    offsets.map(({ topic, partition, committed, start, end, lag, memberId }) => {
      const member = members.find((own) => own.memberId === memberId)
      return [
        topic,
        partition,
        committed ?? '-',
        start ?? '-',
        end ?? '-',
        lag ?? '-',
        memberId ?? '-',
        member?.clientId ?? '-',
        member?.host ?? '-',
      ]
    }),
  )
  return offsets.length === 0 ? lines.join('') : `${lines.join('')}\n${table}`
}

/** Returns sentences about what the figures of a group do not show. */
export function groupNotes({ offsets }: GroupReport): string[] {
  const partitionsWith = (condition: (offset: GroupReport['offsets'][number]) => boolean) =>
    offsets.filter(condition).map(partitionName).join(', ')
  const open = partitionsWith(({ end, lastStable }) => end !== lastStable)
  const deleted = partitionsWith(({ gone }) => gone > 0n)
  const compacted = partitionsWith(({ counts }) => counts === 'offsets')
  return [
    ...(open === '' ? [] : [`read-committed consumers read up to an open transaction in ${open}`]),
    ...(deleted === '' ? [] : [`events after the committed offset were deleted unread from ${deleted}`]),
    ...(compacted === '' ? [] : [`LAG counts offsets in ${compacted}, so fewer events may wait`]),
  ].map(printable)
}

/** Formats the members of a group, with their partitions as `order-events:0,1`. */
export const formatMembers = (members: GroupReport['members']): string =>
  formatTable(
    ['MEMBER-ID', 'CLIENT-ID', 'HOST', 'PARTITIONS', 'READS', 'SUBSCRIBED'],
    members.map(({ memberId, clientId, host, assignment, subscription = [] }) => [
      memberId,
      clientId,
      host,
      assignment.length,
      [...Map.groupBy(assignment, ({ topic }) => topic)]
        .map(([topic, own]) => `${topic}:${own.map(({ partition }) => partition).join(',')}`)
        .join(';'),
      subscription.join(','),
    ]),
  )
