import type { TopicPartition } from '../../bus/admin.ts'
import { partitionName } from '../../bus/names/names.ts'
import type {
  Check,
  CheckResult,
  Finding,
  NoAgeReason,
  OpenTransactionAt,
  WorstGroup,
} from '../../operations/check/check.ts'
import { listed, listedPartitions, plural } from '../text/listed.ts'

/** The most partitions or transactions that a finding lists. It is small because a check prints one line. */
const MAX_LISTED = 3

const partitionList = (partitions: readonly TopicPartition[]): string => listedPartitions(partitions, MAX_LISTED)

const noAge: Readonly<Record<NoAgeReason, string>> = {
  unreadable: 'cannot be read',
  'future-timestamp': 'is dated in the future',
  'no-timestamp': 'has no timestamp',
}

const noAgeOfSeveral: Readonly<Record<NoAgeReason, string>> = {
  unreadable: 'cannot be read',
  'future-timestamp': 'are dated in the future',
  'no-timestamp': 'have no timestamp',
}

/** Returns the sentence of a finding, without a full stop. */
function findingText(result: CheckResult): string {
  switch (result.code) {
    case 'group-without-topics':
      return `${result.group} neither reads ${result.topics.join(', ')} nor has committed on it`
    case 'no-group-matches':
      return result.topics.length === 0
        ? 'no group has a matching name'
        : `no matching group reads ${result.topics.join(', ')}`
    case 'committed-outside-log': {
      const { group, partitions, gone } = result
      const lost = gone === undefined ? '' : `, where ${plural(gone, 'event')} were deleted unread`
      return `${group} committed outside the log of ${partitionList(partitions)}${lost}`
    }
    case 'never-committed':
      return `${result.group} has committed no offsets`
    case 'lag-above-limit':
      return `${result.group}: ${waiting(result)}, above ${result.limit}${heldBackBy(result.transactions)}`
    case 'age-above-limit': {
      const { group, age, limit, transactions } = result
      return `${group}: the oldest waiting event is ${Math.floor(age)}s old, above ${limit}s${heldBackBy(transactions)}`
    }
    case 'age-unknown': {
      const { group, partitions, reason } = result
      return `${group}: no age is known in ${partitionList(partitions)}: the first waiting event ${noAge[reason]}`
    }
    case 'group-without-members':
      return `${result.group}: ${waiting(result)}, and no member reads them`
    case 'too-few-members':
      return `${result.group} has ${plural(result.memberCount, 'member')}, fewer than ${result.limit}`
    case 'verdict-worse-than-limit':
      return `${result.group}: the verdict is ${result.verdict}, worse than ${result.limit}`
    case 'verdict-unknown':
      return `${result.group}: the verdict is not known, because the two measurements cannot be compared`
    case 'lag-within-limits': {
      const { group, age, transactions, uncommitted } = result
      const oldest = age === undefined ? '' : `, the oldest ${Math.floor(age)}s old`
      const never = uncommitted.length === 0 ? '' : `, no offset committed on ${partitionList(uncommitted)}`
      return `${group}: ${waiting(result)}${oldest}${heldBackBy(transactions)}${never}`
    }
    case 'topic-missing':
      return `${result.topic} does not exist`
    case 'partitions-differ':
      return `${result.topic} has ${plural(result.is, 'partition')}, not ${result.expected}`
    case 'replication-differs':
      return `${result.topic} has ${plural(result.is, 'replica')}, not ${result.expected}`
    case 'replicas-out-of-sync':
      return `${result.topic} has ${plural(result.partitionCount, 'partition')} with replicas out of sync`
    case 'topic-empty':
      return `${result.topic} holds no events${uncommittedIn(result.transactions)}`
    case 'silence-unknown': {
      const { topic, reason, unreadable, transactions } = result
      const why = unreadable === undefined ? '' : ` (${unreadable})`
      return `the newest events of ${topic} ${noAgeOfSeveral[reason]}${why}, so their age is not known${uncommittedIn(transactions)}`
    }
    case 'silence-above-limit': {
      const { topic, silence, aheadCount, limit, unreadable, transactions } = result
      const which = unreadable === undefined ? 'its newest event' : 'the newest event that can be read'
      const why = unreadable === undefined ? '' : ` (${unreadable})`
      return `${topic} had ${which} ${Math.floor(silence)}s ago, above ${limit}s${why}${newerIn(aheadCount)}${uncommittedIn(transactions)}`
    }
    case 'topic-as-expected': {
      const { topic, partitionCount, replication, silence, aheadCount = 0 } = result
      const newest = silence === undefined ? '' : `, the newest event ${Math.floor(silence)}s ago`
      return `${topic} has ${plural(partitionCount, 'partition')} and ${plural(replication, 'replica')}${newest}${newerIn(aheadCount)}`
    }
    case 'check-failed':
      return result.reason
  }
}

const waiting = ({ lag, counts }: { readonly lag: bigint; readonly counts: string }): string =>
  `${counts === 'offsets' ? 'at most ' : ''}${plural(lag, 'event')} waiting`

/** Names the transactions that hold the group back if its consumers read committed records only. */
function heldBackBy(transactions: readonly OpenTransactionAt[]): string {
  if (transactions.length === 0) return ''
  return `, read-committed consumers held back by a transaction open in ${transactionList(transactions)}`
}

const uncommittedIn = (transactions: readonly OpenTransactionAt[]): string =>
  transactions.length === 0 ? '' : `, events of a transaction open in ${transactionList(transactions)} not counted`

const newerIn = (count: number): string =>
  count === 0 ? '' : `, ${plural(count, 'newer event')} dated in the future and not counted`

const transactionList = (transactions: readonly OpenTransactionAt[]): string =>
  listed(
    transactions.map((transaction) => {
      const { offset, since } = transaction
      const began = since === undefined ? '' : ` since ${new Date(since).toISOString()}`
      return `${partitionName(transaction)} at offset ${offset}${began}`
    }),
    MAX_LISTED,
  )

/** Returns the sentences of all findings of a check in one line, and the condition of the worst group. */
export const checkMessage = ({ findings, worst }: Pick<Check, 'findings' | 'worst'>): string =>
  `${findings.map(findingText).join('; ')}${worst === undefined ? '' : ` (${conditionOf(worst)})`}`

const conditionOf = ({ group, state, memberCount, verdict }: WorstGroup): string =>
  [
    `${group} is ${state}`,
    plural(memberCount, 'member'),
    ...(verdict === undefined ? [] : [`verdict ${verdict}`]),
  ].join(', ')

/** Returns the JSON document of a check. `message` is the line for people; every finding has its own, and times are RFC 3339. */
export const checkDocument = ({ check, status, findings, measures, worst }: Check) => ({
  check,
  status,
  message: checkMessage({ findings, worst }),
  worst,
  findings: findings.map((finding) => ({ ...withTimes(finding), message: findingText(finding) })),
  measures,
})

export type CheckDocument = ReturnType<typeof checkDocument>

/** Converts the times of a finding from milliseconds to RFC 3339. */
function withTimes(finding: Finding) {
  if (!('transactions' in finding)) return finding
  const transactions = finding.transactions.map(({ since, ...transaction }) => ({
    ...transaction,
    since: since === undefined ? undefined : new Date(since).toISOString(),
  }))
  return { ...finding, transactions }
}
