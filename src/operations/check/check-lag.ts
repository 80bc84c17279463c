import type { TopicPartition } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { isGlob } from '../../bus/names/glob.ts'
import { type LagRequest, measureLag } from '../lag/lag.ts'
import type { GroupLag, PartitionLag } from '../lag/report.ts'
import { isWorse, type LagVerdict, oneSnapshotTells } from '../lag/verdict.ts'
import {
  type Check,
  conclude,
  exceeded,
  type Finding,
  inSeconds,
  type Measure,
  type OpenTransactionAt,
  type WorstGroup,
} from './check.ts'

/** Limits of a check. Exceeding a `max` is critical, exceeding a `warn` is a warning. */
export interface LagLimits {
  readonly maxEvents?: number | undefined
  /** Age of the oldest waiting event, in milliseconds. */
  readonly maxAge?: number | undefined
  readonly warnEvents?: number | undefined
  /** Age of the oldest waiting event, in milliseconds. */
  readonly warnAge?: number | undefined
  /** The worst verdict that is not critical. */
  readonly maxVerdict?: LagVerdict | undefined
  /** The worst verdict that is not a warning. */
  readonly warnVerdict?: LagVerdict | undefined
  /** Fewer members are critical. Absent: a group without members is critical while events wait for it. */
  readonly minMembers?: number | undefined
}

/** Compares the lag of groups with limits. A value equal to a limit does not exceed it. */
export async function checkLag(bus: EventBus, request: LagRequest & LagLimits): Promise<Check> {
  const { groups } = await measureLag(bus, request)
  const topics = request.topics ?? []
  const measured = new Set(groups.map(({ group }) => group))
  // measureLag throws for a named group that does not exist, so a group missing from its report does not use the topics.
  const absent = (request.groups ?? []).filter((name) => !isGlob(name) && !measured.has(name))
  const findings: Finding[] = [
    ...groups.flatMap((group) => lagFindings(group, request)),
    ...absent.map((group): Finding => ({ status: 'unknown', code: 'group-without-topics', group, topics })),
  ]
  const check = conclude(
    'lag',
    findings.length === 0 ? [{ status: 'unknown', code: 'no-group-matches', topics }] : findings,
    groups.flatMap((group) => lagMeasures(group, request)),
  )
  return { ...check, worst: worstGroup(check, groups) }
}

/** Returns the condition of the group with the worst finding. If several groups have one, that with the worst verdict. */
function worstGroup({ status, findings }: Check, groups: readonly GroupLag[]): WorstGroup | undefined {
  const decisive = findings.filter((finding) => finding.status === status)
  const found = groups.find(({ group }) => decisive.some((finding) => 'group' in finding && finding.group === group))
  if (found === undefined) return undefined
  const { group, state, memberCount, verdict } = found
  return { group, state, memberCount, verdict }
}

type NamedPartition = TopicPartition & PartitionLag

/** Returns only the topic and the number of a partition, without its lag. */
const referenceOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition })

function lagFindings(measured: GroupLag, limits: LagLimits): Finding[] {
  const { group, lag, counts = 'records', gone, age, topics } = measured
  const partitions = topics.flatMap(({ topic, partitions: own }) => own.map((partition) => ({ topic, ...partition })))
  const withVerdict = (verdict: LagVerdict) => partitions.filter((own) => own.verdict === verdict).map(referenceOf)
  const outside = withVerdict('beyond-the-log')
  const findings: Finding[] =
    outside.length === 0
      ? []
      : [{ status: 'critical', code: 'committed-outside-log', group, partitions: outside, gone }]
  findings.push(...memberFindings(measured, limits), ...verdictFindings(measured, limits))
  if (lag === undefined) {
    return outside.length === 0 ? [...findings, { status: 'unknown', code: 'never-committed', group }] : findings
  }
  const transactions = transactionsIn(partitions)
  const { warnEvents, maxEvents, warnAge, maxAge } = limits
  const tooMany = exceeded(Number(lag), { warn: warnEvents, max: maxEvents })
  if (tooMany) findings.push({ code: 'lag-above-limit', group, lag, counts, transactions, ...tooMany })
  const oldest = inSeconds(age)
  const tooOld = exceeded(oldest ?? 0, { warn: inSeconds(warnAge), max: inSeconds(maxAge) })
  if (tooOld) findings.push({ code: 'age-above-limit', group, age: oldest ?? 0, transactions, ...tooOld })
  const unknownAge = warnAge === undefined && maxAge === undefined ? undefined : ageUnknown(group, partitions)
  if (unknownAge) findings.push(unknownAge)
  if (findings.length > 0) return findings
  const uncommitted = withVerdict('never-committed')
  return [{ status: 'ok', code: 'lag-within-limits', group, lag, counts, age: oldest, transactions, uncommitted }]
}

/**
 * Judges the number of members. Without a limit, no members and waiting events are critical: for the guidelines of Nagios
 * plugins, a service that does not run is.
 */
function memberFindings({ group, memberCount, lag = 0n, counts = 'records' }: GroupLag, limits: LagLimits): Finding[] {
  const { minMembers: limit } = limits
  if (limit === undefined) {
    const isDeserted = memberCount === 0 && lag > 0n
    return isDeserted ? [{ status: 'critical', code: 'group-without-members', group, lag, counts }] : []
  }
  return memberCount < limit ? [{ status: 'critical', code: 'too-few-members', group, memberCount, limit }] : []
}

/** Compares the verdict with its limits. A committed offset outside the log has a finding of its own. */
function verdictFindings({ group, verdict }: GroupLag, { maxVerdict, warnVerdict }: LagLimits): Finding[] {
  const limits = [
    { status: 'critical', limit: maxVerdict },
    { status: 'warning', limit: warnVerdict },
  ] as const
  const code = 'verdict-worse-than-limit'
  for (const { status, limit } of limits) {
    if (limit === undefined || verdict === 'beyond-the-log') continue
    if (verdict === undefined && !oneSnapshotTells(limit))
      return [{ status: 'unknown', code: 'verdict-unknown', group }]
    if (verdict !== undefined && isWorse(verdict, limit)) return [{ status, code, group, verdict, limit }]
  }
  return []
}

/** Returns the open transactions that hold the group back if its consumers read only committed records. */
const transactionsIn = (partitions: readonly NamedPartition[]): OpenTransactionAt[] =>
  partitions.flatMap(({ topic, partition, transaction }) =>
    transaction === undefined ? [] : [{ topic, partition, ...transaction }],
  )

/** Returns a finding if the first waiting event of a partition has no known age to compare with a limit. */
function ageUnknown(group: string, partitions: readonly NamedPartition[]): Finding | undefined {
  const undated = partitions.filter(({ lag = 0n, age }) => lag > 0n && age === undefined)
  if (undated.length === 0) return undefined
  const reason = undated.some(({ unreadable }) => unreadable !== undefined)
    ? 'unreadable'
    : undated.some(({ ahead }) => ahead !== undefined)
      ? 'future-timestamp'
      : 'no-timestamp'
  return { status: 'unknown', code: 'age-unknown', group, partitions: undated.map(referenceOf), reason }
}

function lagMeasures({ group, memberCount, lag, age, rates }: GroupLag, limits: LagLimits): Measure[] {
  const { maxEvents: max, warnEvents: warn, maxAge, warnAge, minMembers: min } = limits
  const ages = { warn: inSeconds(warnAge), max: inSeconds(maxAge) }
  const measure = (name: string, value: number | undefined, more: Partial<Measure> = {}): Measure[] =>
    value === undefined ? [] : [{ name, labels: { group }, value, unit: '', ...more }]
  // A lag of 0 has no age, and counts as an age of 0.
  const seconds = inSeconds(lag === 0n ? 0 : age)
  return [
    ...measure('lag_events', lag === undefined ? undefined : Number(lag), { warn, max }),
    ...measure('lag_seconds', lag === undefined ? undefined : seconds, { unit: 's', ...ages }),
    ...measure('members', memberCount, { min }),
    ...measure('in_events_per_second', rates?.in),
    ...measure('out_events_per_second', rates?.out),
  ]
}
