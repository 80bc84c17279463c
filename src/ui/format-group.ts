import type { GroupOverview, GroupReport } from '../operations/groups/groups.ts'
import { printable } from './text/printable.ts'
import { formatTable } from './text/table.ts'

/** Groups, a line each. Names of several topics are joined by commas, which no topic holds. */
export const formatGroups = (groups: readonly GroupOverview[]): string =>
  formatTable(
    ['GROUP', 'STATE', 'TYPE', 'PROTOCOL', 'MEMBERS', 'AUTO-NAMED', 'TOPICS'],
    groups.map(({ group, state, type, protocol, members, isAutoNamed, topics }) => [
      group,
      state,
      type,
      protocol,
      members,
      isAutoNamed ? 'yes' : '-',
      topics.join(','),
    ]),
  )

/** A group for people: a head, then where it is on every partition and who reads it. */
export function formatGroup(report: GroupReport): string {
  const { group, state, type, protocol, members, topics, isAutoNamed, coordinator, offsets, totalLag } = report
  const head = [
    ['GROUP', isAutoNamed ? `${group} (named after its topics, as services are that name no group)` : group],
    ...(coordinator ? [['COORDINATOR', `${coordinator.id} (${coordinator.host}:${coordinator.port})`]] : []),
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
    offsets.map(({ topic, partition, offset, start, end, lag, memberId }) => {
      const member = members.find((one) => one.memberId === memberId)
      return [
        topic,
        partition,
        offset ?? '-',
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

/** What the figures do not tell, a sentence each. */
export function groupNotes({ offsets }: GroupReport): string[] {
  const named = (isMeant: (place: GroupReport['offsets'][number]) => boolean) =>
    offsets.filter(isMeant).map(({ topic, partition }) => `${topic}[${partition}]`)
  const [open, gone, compacted] = [
    named(({ end, lastStable }) => end !== lastStable),
    named((place) => place.gone > 0n),
    named(({ counts }) => counts === 'offsets'),
  ]
  return [
    ...(open.length > 0 ? [`read-committed consumers read up to an open transaction in ${open.join(', ')}`] : []),
    ...(gone.length > 0 ? [`events behind the committed offset were deleted unread from ${gone.join(', ')}`] : []),
    ...(compacted.length > 0 ? [`LAG counts offsets, at most as many events, in ${compacted.join(', ')}`] : []),
  ].map(printable)
}

/** The members of a group: `order-events:0,1` for what each reads. */
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
