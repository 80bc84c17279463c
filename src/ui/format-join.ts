import type { CommittedOffset } from '../bus/admin.ts'
import { comparePartitions } from '../bus/compare.ts'
import { partitionName } from '../bus/names/names.ts'
import type { JoinPlan } from '../operations/tail/read-as-member.ts'
import { listed, plural } from './text/listed.ts'
import { printable } from './text/printable.ts'

/** The most members or partitions that a line lists. */
const MAX_LISTED = 5

/** Formats what joining a group means: its members, its committed offsets, and whether offsets will be committed. */
export function formatJoinPlan({ group, topics, state, memberIds, committed, commits }: JoinPlan): string {
  const offsets = committed.map((own) => `${partitionName(own)}@${own.offset}`)
  const lines = [
    ['GROUP', state === 'Dead' ? `${group} (new)` : `${group} (${state})`],
    ['TOPICS', topics.join(', ')],
    [
      'MEMBERS',
      memberIds.length === 0 ? '-' : `${listed(memberIds, MAX_LISTED)}: this tail takes partitions from them`,
    ],
    ['STARTS', offsets.length === 0 ? 'at the oldest events' : `at ${listed(offsets, MAX_LISTED)}`],
    ['COMMITS', commits ? 'the offsets of events after they are shown' : 'nothing'],
  ] as const
  return lines.map(([name, value]) => `${name.padEnd(7)}  ${printable(value)}\n`).join('')
}

/** Asks whether to join a group that has members. `undefined` for a group without members, which the tail disturbs in no way. */
export const joinQuestion = ({ group, memberIds, commits }: JoinPlan): string | undefined =>
  memberIds.length === 0
    ? undefined
    : printable(
        `Join group ${group}, take partitions from ${plural(memberIds.length, 'running member')}${commits ? ', and commit what is read' : ''}?`,
      )

/** Returns the JSON document of a plan. */
export const joinDocument = ({ group, topics, state, memberIds, committed, commits }: JoinPlan) => ({
  group,
  topics,
  state,
  memberIds,
  offsets: committed.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
  commits,
})

/** Formats the offsets that a group has committed since the plan: `committed order-events[0]@52 (12 offsets) for group billing`. */
export function formatCommitted({ group, committed }: JoinPlan, now: readonly CommittedOffset[]): string {
  const before = new Map(committed.map((own) => [partitionName(own), own.offset]))
  const changed = now.filter((own) => before.get(partitionName(own)) !== own.offset).sort(comparePartitions)
  if (changed.length === 0) return `committed nothing for group ${group}`
  const names = changed.map((own) => {
    const from = before.get(partitionName(own))
    return `${partitionName(own)} ${from === undefined ? '' : `from ${from} `}to ${own.offset}`
  })
  return `committed for group ${group}: ${listed(names, MAX_LISTED)}`
}
