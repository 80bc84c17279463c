import { addressText } from '../bus/names/address-text.ts'
import { partitionName } from '../bus/names/names.ts'
import type { GroupOverview, GroupReport } from '../operations/groups/groups.ts'
import type { ListColumn } from './text/list-columns.ts'
import { printable } from './text/printable.ts'
import { formatTable } from './text/table.ts'

/** A column that is left out first where a terminal is too narrow. */
const extra = (title: string) => ({ title, isExtra: true }) as const

/** The columns of a list of groups. Topics are joined by commas, which topic names cannot contain. */
export const groupColumns: readonly ListColumn<GroupOverview>[] = [
  { header: { title: 'GROUP', min: 24 }, cell: ({ group }) => group },
  { header: 'STATE', cell: ({ state }) => state },
  { header: extra('TYPE'), cell: ({ type }) => type },
  { header: extra('PROTOCOL'), cell: ({ protocol }) => protocol },
  { header: 'MEMBERS', cell: ({ memberCount }) => memberCount },
  { header: extra('AUTO-NAMED'), cell: ({ isAutoNamed }) => (isAutoNamed ? 'yes' : '-') },
  { header: 'TOPICS', cell: ({ topics }) => topics.join(',') },
]

/** Formats a group for people: a head, then its offset, lag and member on every partition. `width` is that of the terminal. */
export function formatGroup(report: GroupReport, width: number | undefined): string {
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
      extra('LOG-START-OFFSET'),
      'LOG-END-OFFSET',
      'LAG',
      'MEMBER-ID',
      extra('CLIENT-ID'),
      extra('HOST'),
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
    width,
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

type Member = GroupReport['members'][number]

/** The columns of a list of members. Their partitions are shown as `order-events:0,1`. */
export const memberColumns: readonly ListColumn<Member>[] = [
  { header: { title: 'MEMBER-ID', min: 24 }, cell: ({ memberId }) => memberId },
  { header: 'CLIENT-ID', cell: ({ clientId }) => clientId },
  { header: extra('HOST'), cell: ({ host }) => host },
  { header: 'PARTITIONS', cell: ({ assignment }) => assignment.length },
  { header: 'READS', cell: readText },
  { header: extra('SUBSCRIBED'), cell: ({ subscription = [] }) => subscription.join(',') },
]

function readText({ assignment }: Member): string {
  return [...Map.groupBy(assignment, ({ topic }) => topic)]
    .map(([topic, own]) => `${topic}:${own.map(({ partition }) => partition).join(',')}`)
    .join(';')
}
