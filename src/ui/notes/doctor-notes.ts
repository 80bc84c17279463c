import { partitionName } from '../../bus/names/names.ts'
import type { ConnectionStage } from '../../bus/probe.ts'
import type { Fact } from '../../operations/doctor/finding.ts'
import { formatBytes } from '../text/format-bytes.ts'
import { formatDuration } from '../text/format-duration.ts'
import { listed, listedPartitions, plural } from '../text/listed.ts'
import { doctorReasons } from './doctor-reasons.ts'

/** The most names that a sentence lists. */
const MAX_LISTED = 8

const list = (names: readonly (string | number)[]): string => listed(names.map(String), MAX_LISTED)
const percent = (share: number): string => `${Math.round(share * 100)} %`
/** Shows slow rates with two digits that are not zero, because `0/s` would say that nothing comes. */
const rate = (perSecond: number): string =>
  `${Number(perSecond < 1 ? perSecond.toPrecision(2) : perSecond.toFixed(1))}/s`
const day = (time: string): string => time.slice(0, 10)
/** `milliseconds` as in `retention.ms`: -1 for no limit. */
const retention = (milliseconds: string | undefined): string => {
  if (milliseconds === undefined) return 'the default retention'
  const length = Number(milliseconds)
  return length < 0 ? 'no limit of retention' : `a retention of ${formatDuration(length)}`
}
const be = (count: number): string => (count === 1 ? 'is' : 'are')

const stageNames: Readonly<Record<ConnectionStage, string>> = {
  dns: 'name',
  tcp: 'TCP',
  tls: 'TLS',
  versions: 'requests',
  login: 'login',
  metadata: 'first request',
}

/** Returns the sentence of a finding: what is true, without a full stop. */
export function findingText(fact: Fact): string {
  switch (fact.code) {
    case 'name-resolved':
      return `${fact.address} resolves to ${list(fact.addresses)}`
    case 'port-open':
      return `${fact.address} accepts TCP connections (${fact.duration} ms)`
    case 'certificate-valid':
      return `${fact.address} has the certificate '${fact.subject}', issued by '${fact.issuer}', valid until ${day(fact.expires)}`
    case 'certificate-expires-soon':
      return `${fact.address} has the certificate '${fact.subject}', which expires on ${day(fact.expires)}`
    case 'certificate-not-verified':
      return `${fact.address} has the certificate '${fact.subject}', which does not pass verification (${fact.reason}), and the settings ignore that`
    case 'requests-supported': {
      const release = fact.release === undefined ? '' : `, as Kafka ${fact.release} or later does`
      return `${fact.address} supports all requests that crbus needs${release}`
    }
    case 'requests-missing':
      return `${fact.address} does not support ${list(fact.requests)}`
    case 'logged-in':
      return `${fact.address} accepts the login (${fact.mechanism})`
    case 'connection-failed':
      return `${stageNames[fact.stage]}: ${fact.reason}`
    case 'advertised-unreachable':
      return `broker ${fact.broker} advertises ${fact.address}, which fails from here: ${stageNames[fact.stage]}: ${fact.reason}`
    case 'other-cluster':
      return `${fact.address} belongs to cluster ${fact.clusterId}, not ${fact.expected}`
    case 'cluster-described':
      return `cluster ${fact.clusterId} has ${plural(fact.brokerCount, 'broker')}`
    case 'no-controller':
      return `cluster ${fact.clusterId} has no controller`
    case 'partitions-offline':
      return `${plural(fact.partitions.length, 'partition')} without a leader: ${listedPartitions(fact.partitions, MAX_LISTED)}`
    case 'replicas-out-of-sync':
      return `${plural(fact.partitions.length, 'partition')} with replicas out of sync, on broker ${list(fact.brokers)}: ${listedPartitions(fact.partitions, MAX_LISTED)}`
    case 'replicas-in-sync':
      return `${plural(fact.partitionCount, 'partition')}: each has a leader, and all replicas are in sync`
    case 'bus-missing':
      return `the bus ${fact.path} does not exist yet`
    case 'bus-read-only':
      return `${fact.path} or its folder is not writable`
    case 'integrity-unchecked':
      return `${fact.path} was not checked for damage, because it is large`
    case 'bus-readable':
      return `${fact.path} is readable (${formatBytes(fact.bytes)})`
    case 'bus-failed':
    case 'store-failed':
    case 'declaration-impossible':
    case 'topics-unchecked':
      return fact.reason
    case 'bus-damaged':
      return `${fact.path} is damaged: ${list(fact.damage)}`
    case 'disk-nearly-full':
      return `the disk of ${fact.path} has ${formatBytes(fact.free)} left`
    case 'topics-as-declared':
      return `topics are as declared: ${list(fact.topics)}`
    case 'declared-topic-missing':
      return `topic '${fact.topic}' is declared, but does not exist`
    case 'partitions-differ':
      return `topic '${fact.topic}' has ${fact.is} partitions, but ${fact.expected} are declared`
    case 'replication-differs':
      return `topic '${fact.topic}' has ${fact.is} replicas, but ${fact.expected} are declared`
    case 'retention-differs':
      return `topic '${fact.topic}' has ${retention(fact.is)}, but ${retention(fact.expected)} is declared`
    case 'store-complete':
      return `the event store at ${fact.location} has all its tables`
    case 'store-incomplete':
      return `the event store at ${fact.location} lacks ${list(fact.missing)}`
    case 'store-keeps-up':
      return 'no message or timer of the event store is overdue, and no event has failed'
    case 'outbox-abandoned':
      return `${overdueMessages(fact)}, and no process holds the lease to publish them`
    case 'outbox-stuck':
      return fact.processId === undefined
        ? `${overdueMessages(fact)}; which process holds the lease to publish them is not known here`
        : `${overdueMessages(fact)}, although ${holderText(fact)} holds the lease to publish them`
    case 'timers-overdue':
      return `${plural(fact.count, 'timer')} of '${fact.owner}' ${be(fact.count)} overdue, the oldest by ${formatDuration(fact.age)}`
    case 'dead-letters-open':
      return `${plural(fact.count, 'event')} could not be handled or published, the oldest since ${day(fact.oldest)}`
    case 'commands-rejected':
      return `${plural(fact.count, 'command')} ${fact.count === 1 ? 'was' : 'were'} rejected, the oldest since ${day(fact.oldest)}`
    case 'group-missing':
      return `group '${fact.group}' does not exist`
    case 'group-not-consumer':
      return `group '${fact.group}' is not a group of consumers${fact.protocolType === '' ? '' : ` (its type is ${fact.protocolType})`}`
    case 'group-without-members':
      return `group '${fact.group}' has no members`
    case 'group-rebalancing':
      return `group '${fact.group}' is assigning its partitions (${fact.state})`
    case 'group-has-members':
      return `group '${fact.group}' has ${plural(fact.memberCount, 'member')}`
    case 'topic-not-subscribed':
      return `no member of '${fact.group}' subscribes to '${fact.topic}', but to ${fact.topics.length === 0 ? 'nothing' : list(fact.topics)}`
    case 'partitions-unassigned':
      return `no member of '${fact.group}' reads ${listedPartitions(fact.partitions, MAX_LISTED)}`
    case 'position-beyond-end':
      return `'${fact.group}' has committed an offset beyond the end of ${listedPartitions(fact.partitions, MAX_LISTED)}`
    case 'position-before-start':
      return `'${fact.group}' has committed an offset before the start of ${listedPartitions(fact.partitions, MAX_LISTED)}`
    case 'held-by-transaction':
      return `'${fact.group}' waits for an open transaction in ${listedPartitions(fact.partitions, MAX_LISTED)}`
    case 'starts-at-latest':
      return `'${fact.group}' has committed nothing on ${listedPartitions(fact.partitions, MAX_LISTED)}, although events are there`
    case 'never-committed':
      return `'${fact.group}' reads ${listedPartitions(fact.partitions, MAX_LISTED)}, but has committed nothing there`
    case 'nothing-waits':
      return `'${fact.group}' is at the end: no event waits`
    case 'events-wait':
      return `${plural(fact.lag, 'event')} ${fact.lag === 1n ? 'waits' : 'wait'} for '${fact.group}'`
    case 'waiting-event-unreadable':
      return `'${fact.group}' is at ${at(fact)}, which cannot be read: ${fact.reason}`
    case 'waiting-event-undecodable':
      return `'${fact.group}' is at ${at(fact)}, which cannot be decoded: ${fact.reason}`
    case 'topic-missing':
      return `topic '${fact.topic}' does not exist`
    case 'topic-empty':
      return fact.gone === 0n
        ? `topic '${fact.topic}' has never held an event`
        : `topic '${fact.topic}' is empty: its ${plural(fact.gone, 'event')} were deleted`
    case 'partitions-empty':
      return `${fact.empty} of ${plural(fact.partitionCount, 'partition')} of '${fact.topic}' ${be(fact.empty)} empty`
    case 'topic-has-events':
      return `topic '${fact.topic}' holds ${plural(fact.eventCount, 'event')} in ${plural(fact.partitionCount, 'partition')}`
    case 'published-twice':
      return `${fact.count} of the newest ${plural(fact.sampled, 'event')} of '${fact.topic}' ${be(fact.count)} there twice, such as ${fact.positions.map(at).join(' and ')}`
    case 'falling-behind':
    case 'catching-up':
    case 'lag-steady': {
      const trend = { 'falling-behind': 'more than', 'catching-up': 'fewer than', 'lag-steady': 'about as many as' }[
        fact.code
      ]
      const rates =
        fact.in === 0 && fact.out === 0
          ? 'none were published or committed'
          : `${rate(fact.in)} are published, ${rate(fact.out)} are committed`
      return `${plural(fact.lag, 'event')} ${fact.lag === 1n ? 'waits' : 'wait'} for '${fact.group}', ${trend} ${formatDuration(fact.duration)} before: ${rates}`
    }
    case 'lag-skewed':
      return `${percent(fact.share)} of the waiting events of '${fact.group}' are in ${partitionName(fact)}`
    case 'key-frequent':
      return `${percent(fact.share)} of ${plural(fact.sampled, 'waiting event')} of '${fact.topic}' have the record key '${fact.key}'`
    case 'members-idle':
      return `${plural(fact.memberIds.length, 'member')} of '${fact.group}' without a partition, of ${plural(fact.partitionCount, 'partition')}: ${list(fact.memberIds)}`
    case 'members-too-few':
      return `'${fact.group}' has ${plural(fact.memberCount, 'member')} for ${plural(fact.partitionCount, 'partition')}`
    case 'partition-stalled':
      return `'${fact.group}' has committed nothing on ${partitionName(fact)} for ${formatDuration(fact.duration)}, although ${plural(fact.lag, 'event')} ${fact.lag === 1n ? 'waits' : 'wait'} at offset ${fact.offset}${fact.othersMove ? ', while other partitions move' : ''}`
    case 'no-rebalance':
      return `${plural(fact.memberCount, 'member')} of '${fact.group}' stayed for ${formatDuration(fact.duration)}, without a rebalance`
    case 'rebalanced': {
      const changes = [
        ...(fact.joined.length === 0 ? [] : [`joined: ${list(fact.joined)}`]),
        ...(fact.left.length === 0 ? [] : [`left: ${list(fact.left)}`]),
      ]
      return `'${fact.group}' rebalanced ${plural(fact.count, 'time')} in ${formatDuration(fact.duration)}${changes.map((text) => `; ${text}`).join('')}`
    }
    case 'offset-moved-back':
      return `the offset of '${fact.group}' on ${partitionName(fact)} moved back from ${fact.from} to ${fact.to}`
    case 'commits-late':
    case 'commits-seen': {
      const after = fact.longest === 0 ? '' : `, after waiting for up to ${formatDuration(fact.longest)}`
      return `'${fact.group}' committed up to ${plural(fact.largest, 'event')} of ${partitionName(fact)} at once${after}`
    }
  }
}

const overdueMessages = (fact: { readonly owner: string; readonly count: number; readonly age: number }): string =>
  `${plural(fact.count, 'message')} of '${fact.owner}' ${fact.count === 1 ? 'waits' : 'wait'} to be published, the oldest for ${formatDuration(fact.age)}`

/** Only Postgres tells the application or the host of a process, and then the id is that of its own process. */
function holderText({ processId, application, host }: Extract<Fact, { code: 'outbox-stuck' }>): string {
  const more = [...(application === undefined ? [] : [application]), ...(host === undefined ? [] : [`from ${host}`])]
  return more.length === 0 ? `process ${processId}` : `${more.join(' ')} (Postgres process ${processId})`
}

const at = (position: { readonly topic: string; readonly partition: number; readonly offset: bigint }): string =>
  `offset ${position.offset} of ${partitionName(position)}`

/** Returns why a finding matters; `undefined` for facts that need no explanation. */
export const findingWhy = ({ code }: Pick<Fact, 'code'>): string | undefined =>
  (doctorReasons as Partial<Record<string, string>>)[code]
